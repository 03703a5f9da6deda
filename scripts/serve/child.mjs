// How `serve` starts the programs that serve: with all the descriptors there are, in a
// group of their own, and so that they end when `serve` does, even by SIGKILL.
import { ask } from "../lib/processes.mjs";
import { find } from "../lib/environment.mjs";

// Every object that is awake holds three open files, every connection one or two: as many
// as the system allows. macOS says "unlimited" and then refuses it. exec keeps the pid.
const RAISE_LIMIT = 'ulimit -n "$(ulimit -Hn)" 2>/dev/null || ulimit -n 10240 2>/dev/null; exec "$@"';

// The kernel kills the program when its parent ends. A parent that had ended before it was
// asked to is seen here: the shell has another one.
const UNLESS_ORPHANED = 'test "$PPID" = "$1" || exit 1; shift; exec "$@"';

/** The command that runs `command` that way: [program, arguments]. Node's main thread must start it: the kernel watches that. */
export function servingCommand(command) {
  const bound = canDieWithParent() ? ["setpriv", "--pdeathsig", "KILL", "sh", "-c", UNLESS_ORPHANED, "sh", String(process.pid), ...command] : command;
  return ["sh", ["-c", RAISE_LIMIT, "sh", ...bound]];
}

let dies;

/** Linux with util-linux's setpriv. Elsewhere the lock tells the next server of what was left. */
export function canDieWithParent() {
  dies ??= find("setpriv") !== undefined && ask("setpriv", ["--pdeathsig", "KILL", "true"], { stdio: "ignore" }).code === 0;
  return dies;
}

/** How many descriptors such a program has. */
export function descriptors() {
  const text = ask("sh", ["-c", RAISE_LIMIT, "sh", "sh", "-c", "ulimit -n"]).output.trim();
  return text === "unlimited" ? Infinity : Number(text);
}
