// Schemathesis, which is Python, in a virtual environment of its own: nothing
// else of the machine's Python is used or changed.
import fs from "node:fs";
import path from "node:path";
import { find, isExecutable } from "../lib/environment.mjs";
import { inRoot } from "../lib/paths.mjs";
import { ask, run } from "../lib/processes.mjs";
import { fingerprint } from "../lib/products.mjs";
import { Stop, step } from "../lib/say.mjs";
import { python as minimum } from "../versions.mjs";
import { debianPackages } from "./debian.mjs";

const REQUIREMENTS = "tests/contract/requirements.txt";
const WHY = "the contract tests ask the server what its OpenAPI document allows, by Schemathesis";

const venv = inRoot(".venv");
const stamp = path.join(venv, ".shardlink-stamp");

/** The path of Schemathesis, once python() has installed it. */
export const schemathesis = path.join(venv, "bin/schemathesis");

/** The path of that environment's Python, likewise. */
export const interpreter = path.join(venv, "bin/python");

export async function python() {
  // The platform counts too: a folder shared with a container holds the other's Python.
  const wanted = fingerprint([REQUIREMENTS], [process.platform, process.arch]);
  if (read(stamp) === wanted && ask(schemathesis, ["--version"]).code === 0) return;
  const found = await usable();
  step(`Installing what ${REQUIREMENTS} lists into .venv: ${WHY}`);
  await run(found, ["-m", "venv", "--clear", venv]);
  // Wheels alone: nothing is compiled, and no package's script runs.
  const options = ["--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
  await run(interpreter, ["-m", "pip", "install", ...options, "--requirement", inRoot(REQUIREMENTS)], { label: "pip install" });
  fs.writeFileSync(stamp, wanted);
}

async function usable() {
  const found = search();
  if (found) return found;
  if (process.platform === "darwin") throw new Stop(`Python ${minimum} or newer is missing, and ${WHY}: \`brew install python\`.`);
  await debianPackages(["python3", "python3-venv"], WHY);
  const installed = search();
  if (!installed) throw new Stop(`There is no Python ${minimum} or newer that can make virtual environments, and ${WHY}: install one.`);
  return installed;
}

/** The first Python that is new enough and whole: Debian's comes without venv, and may stand behind another on PATH. */
function search() {
  const [major, minor] = minimum.split(".");
  const check = `import ensurepip, sys, venv; sys.exit(sys.version_info < (${major}, ${minor}))`;
  return [find("python3"), "/usr/bin/python3"].find((file) => file && isExecutable(file) && ask(file, ["-c", check]).code === 0);
}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
