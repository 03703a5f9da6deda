// What a run depends on besides the code: the machine, who else is busy on it,
// and which core is whose.
import os from "node:os";
import { find } from "../lib/environment.mjs";
import { ask } from "../lib/processes.mjs";
import { Stop } from "../lib/say.mjs";

export const SERVER_CORE = 0;
export const BOTS_CORE = 1;

const canPin = process.platform === "linux" && os.cpus().length >= 2 && find("taskset") !== undefined;

/** What is saved beside the results, and what is to be said of it. */
export function surroundings() {
  if (process.platform !== "linux") throw new Stop("CPU time and memory are read from /proc: the benchmark runs on Linux.");
  const [load] = os.loadavg();
  const remarks = [];
  if (!canPin) remarks.push("no taskset or one core alone: server and bots are not pinned, and share what there is");
  if (load > 0.5) remarks.push(`others are busy on this machine (load ${load.toFixed(1)}): trust the ratios, not the figures`);
  return {
    at: new Date().toISOString(),
    commit: ask("git", ["describe", "--always", "--dirty"]).output.trim(),
    cpu: `${os.cpus().length} × ${os.cpus()[0]?.model}`,
    kernel: os.release(),
    load,
    pinned: canPin,
    remarks,
  };
}

/** A command that runs on one core. */
export function pinned(core, [command, ...args]) {
  return canPin ? ["taskset", ["-c", `${core}`, command, ...args]] : [command, args];
}

/** Moves a process with all its threads to one core. */
export function pin(pid, core) {
  if (canPin && ask("taskset", ["-a", "-p", "-c", `${core}`, `${pid}`]).code !== 0) throw new Stop(`taskset could not pin process ${pid}.`);
}
