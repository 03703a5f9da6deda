// Starting other programs, and never leaving one behind.
import { spawn, spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { childEnvironment } from "./environment.mjs";
import { root } from "./paths.mjs";
import { Stop } from "./say.mjs";

const running = new Set();

/** On a signal, the programs started here end too: npm passes SIGTERM to us alone. */
export function endWithChildren() {
  for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]]) {
    process.on(signal, () => {
      for (const child of running) child.kill(signal);
      process.exit(128 + number);
    });
  }
}

/** Replaces what endWithChildren does: for commands that stop a server in their own way. */
export function onStopSignal(stop) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.removeAllListeners(signal);
    process.on(signal, () => stop(signal));
  }
}

/** Runs a program to its end, showing what it prints. Throws a Stop when it fails. */
export async function run(command, args, options = {}) {
  const code = await execute(command, args, { ...options, stdio: ["ignore", process.stderr, process.stderr] });
  if (code !== 0) throw new Stop(`${options.label ?? [command, ...args].join(" ")} failed (${code}); what it printed stands above.`);
}

/** Runs a program to its end, showing and also returning what it prints on stdout, there without colours. */
export async function tee(command, args, options = {}) {
  let output = "";
  const code = await execute(command, args, { ...options, stdio: ["ignore", "pipe", process.stderr] }, (child) => {
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (text) => {
      output += text;
      process.stdout.write(text);
    });
  });
  return { code, output: stripVTControlCharacters(output) };
}

/** Runs a program to its end and returns what it prints on stdout; what it says on stderr is shown. */
export async function capture(command, args, options = {}) {
  let output = "";
  const code = await execute(command, args, { ...options, stdio: ["ignore", "pipe", process.stderr] }, (child) => {
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  });
  return { code, output };
}

/** Asks a program something short. Never throws: a program that is not there has code -1. */
export function ask(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, env: childEnvironment(), encoding: "utf8", ...options });
  return { code: result.status ?? -1, output: result.stdout ?? "" };
}

function execute(command, args, options, started = () => {}) {
  const { cwd = root, env = childEnvironment(), stdio } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio });
    running.add(child);
    child.on("error", (error) => reject(new Stop(`${command} could not be started: ${error.message}.`)));
    // "close" and not "exit": then its whole output has been read.
    child.on("close", (code, signal) => {
      running.delete(child);
      resolve(code ?? signal);
    });
    started(child);
  });
}
