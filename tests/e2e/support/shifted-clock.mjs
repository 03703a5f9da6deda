// A server whose clock a test sets, as an operator sets a machine's.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { find } from "../../../scripts/lib/environment.mjs";

const compiler = find("cc", "gcc", "clang");

/** Why a clock cannot be shifted here; false where it can. Rust needs a C compiler for its linker, so on Linux there is one. */
export const cannotShift = process.platform === "linux" ? !compiler && "there is no C compiler" : "it needs Linux's LD_PRELOAD";

/** { env, set(seconds), remove() }: with `env` in its environment a program's clock is `seconds` ahead. */
export function shiftedClock() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-clock-"));
  const [library, shift] = ["shifted-clock.so", "shift"].map((name) => path.join(folder, name));
  execFileSync(compiler, ["-shared", "-fPIC", "-O2", "-o", library, fileURLToPath(new URL("shifted-clock.c", import.meta.url))]);
  const write = (seconds, flags) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds * 1000));
    const file = fs.openSync(shift, flags);
    fs.writeSync(file, bytes, 0, 8, 0);
    fs.closeSync(file);
  };
  write(0, "w");
  return {
    env: { LD_PRELOAD: library, CLOCK_SHIFT_FILE: shift },
    // In place: the programs have the file in their memory.
    set: (seconds) => write(seconds, "r+"),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}
