// How much memory the runtime may take. It buffers what clients send before any code of ours
// sees it (an unfinished WebSocket message: 32 MiB for each socket), so this is the bound
// that holds whatever is sent.
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { Stop } from "../lib/say.mjs";

const MIB = 1024 * 1024;
/** What a runtime that has just started and signed somebody in may need. */
const LEAST = 256;
/** The least that is taken by itself, on however small a machine. */
const LEAST_BY_DEFAULT = 512;
const MOST = 1024 * 1024;

/** Between two looks, in milliseconds. Reading /proc takes some 20 µs; `ps` takes a process. */
const EVERY_MS = process.platform === "linux" ? 100 : 1_000;
/** Players are sent away for memory at most this often, in milliseconds. */
const NOT_AGAIN_FOR = 30_000;
/** Above this many times the limit there is no time left for an orderly stop. */
const TOO_FAR = 1.5;

/** The limit in bytes, from MEMORY_LIMIT in MiB; half of the machine's, or the container's, memory by default. */
export function memoryLimit(text, machine = { total: os.totalmem(), constrained: process.constrainedMemory?.() }) {
  if (text) {
    if (!/^\d{1,7}$/.test(text) || Number(text) < LEAST || Number(text) > MOST) throw new Stop(`MEMORY_LIMIT is ${text}: give MiB, from ${LEAST} to ${MOST}.`);
    return Number(text) * MIB;
  }
  // Where there is no limit Node says 0 or more than there is.
  const available = machine.constrained > 0 ? Math.min(machine.total, machine.constrained) : machine.total;
  return Math.max(Math.floor(available / 2), LEAST_BY_DEFAULT * MIB);
}

/**
 * Decides about one server, over all its runtimes. The times are milliseconds of a clock
 * that does not jump, the amounts bytes.
 */
export class MemoryRule {
  #limit;
  #least = 0;
  #restarted = -Infinity;

  constructor(limit) {
    this.#limit = limit;
  }

  /** Tells what a runtime takes when it is ready: whether that is above the limit already. */
  began(used) {
    this.#least = used;
    return used >= this.#limit;
  }

  /** What is to be done: "restart" in order, "kill" at once, or nothing. */
  judge(used, now) {
    if (used >= TOO_FAR * Math.max(this.#limit, this.#least)) return "kill";
    if (used < this.#limit || now - this.#restarted < NOT_AGAIN_FOR) return undefined;
    this.#restarted = now;
    return "restart";
  }
}

/** Looks at a process again and again until stop(): told are the bytes it takes. */
export function watchMemory(pid, told) {
  let stopped = false;
  const look = async () => {
    const used = await memoryOf(pid);
    if (stopped) return;
    if (used !== undefined) told(used);
    timer = setTimeout(look, EVERY_MS);
  };
  let timer = setTimeout(look, 0);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** What a process takes, in bytes, swapped or not; undefined once it has ended. */
export async function memoryOf(pid) {
  if (process.platform !== "linux") return residentByPs(pid);
  try {
    return inStatus(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return undefined;
  }
}

/** The same out of the text of /proc/<pid>/status. */
export function inStatus(text) {
  const kilobytes = (name) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m"))?.[1] ?? Number.NaN);
  const used = kilobytes("VmRSS") * 1024;
  // A zombie has none; a kernel without swap does not say.
  return Number.isNaN(used) ? undefined : used + (kilobytes("VmSwap") || 0) * 1024;
}

function residentByPs(pid) {
  return new Promise((resolve) => {
    execFile("ps", ["-o", "rss=", "-p", String(pid)], (error, stdout) => resolve(error ? undefined : Number(stdout.trim()) * 1024));
  });
}
