// A lock that the kernel holds. It belongs to the open file: it lasts until the last
// process that has the file open ends, however that ends, and it is seen by every process
// of the machine, in whichever container and namespace of pids.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { find } from "../lib/environment.mjs";
import { Stop } from "../lib/say.mjs";

/** The lock's file, as the programs below see it. */
const FD = 3;
/** What they say when somebody else has the lock. */
const TAKEN = 1;
/** How long it is waited for, in milliseconds: a server that was killed takes a moment to be gone. */
const WAIT_MS = 2_000;
const AGAIN_AFTER_MS = 50;

// Node has no flock(2). A child that inherits the open file can lock it and end:
// the lock stays with the file that is open here.
export const LOCKERS = [
  { program: "flock", args: ["-n", String(FD)] },
  // macOS has no flock, and has perl.
  { program: "perl", args: ["-MFcntl=:flock", "-e", `open(my $file, "+<&=", ${FD}) or exit 2; exit(flock($file, LOCK_EX | LOCK_NB) ? 0 : $!{EWOULDBLOCK} ? ${TAKEN} : 2)`] },
];

/** Takes the lock of a file, which is made where needed: the open file, or undefined if another process has it. */
export function takeLock(file, lockers = LOCKERS) {
  const locker = lockers.find(({ program }) => find(program));
  if (!locker) throw new Stop("Neither flock (of util-linux) nor perl is installed: one of them is needed to lock the data folder.");
  const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
  const lock = () => spawnSync(find(locker.program), locker.args, { stdio: ["ignore", "ignore", "pipe", fd], encoding: "utf8" });
  let answer = lock();
  for (const end = performance.now() + WAIT_MS; answer.status === TAKEN && performance.now() < end; answer = lock()) sleep(AGAIN_AFTER_MS);
  if (answer.status === 0) return fd;
  fs.closeSync(fd);
  if (answer.status === TAKEN) return undefined;
  throw new Stop(`${file} cannot be locked (${answer.stderr?.trim() || `${locker.program}: ${answer.status}`}): put the data folder on a file system with locks.`);
}

function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
