// Installing packages of Debian and Ubuntu, where that is possible without asking.
import { find } from "../lib/environment.mjs";
import { ask, run } from "../lib/processes.mjs";
import { Stop, step } from "../lib/say.mjs";

/** Installs them as root or with a sudo that asks no password; else a Stop says what to install. */
export async function debianPackages(names, why) {
  const prefix = rootPrefix();
  if (!find("apt-get") || !prefix) {
    throw new Stop(`${why}: install ${names.join(" and ")} (Debian, Ubuntu: \`sudo apt-get install ${names.join(" ")}\`), then run this again.`);
  }
  step(`Installing ${names.join(" and ")} with apt-get: ${why}`);
  const [command, ...args] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"];
  await run(command, [...args, "update"], { label: "apt-get update" });
  await run(command, [...args, "install", "--no-install-recommends", ...names], { label: `apt-get install ${names.join(" ")}` });
}

function rootPrefix() {
  if (process.getuid() === 0) return [];
  if (find("sudo") && ask("sudo", ["-n", "true"]).code === 0) return ["sudo", "-n"];
  return undefined;
}
