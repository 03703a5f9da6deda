// The folder that holds everything a server keeps: its objects and its secret.
// One server at a time: two on the same SQLite files would not see each other.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { secretIn } from "../lib/secret.mjs";
import { Stop } from "../lib/say.mjs";
import { takeLock } from "./lock.mjs";

/** Makes the folder where needed, and takes it for this process until close(). */
export function openDataFolder(folder) {
  const objects = path.join(folder, "objects");
  fs.mkdirSync(objects, { recursive: true, mode: 0o700 });
  fs.chmodSync(folder, 0o700);
  const lockFile = path.join(folder, "serve.lock");
  const lock = takeLock(lockFile);
  if (lock === undefined) throw new Stop(inUse(folder, holderOf(lockFile)));
  // For the sentence that another server says; the lock itself is the kernel's.
  const write = (holder) => {
    fs.ftruncateSync(lock);
    fs.writeSync(lock, JSON.stringify(holder), 0);
  };
  write({ server: process.pid, ...here() });
  return {
    folder,
    objects,
    config: path.join(folder, "workerd.capnp"),
    secret: secretIn(path.join(folder, "server-secret")),
    /** The open file that carries the lock: while a process that inherits it lives, the folder is taken. */
    lock,
    /** Says which runtime has the folder too: should this process be killed, the next server names it. */
    nowUsedBy: (runtime) => write({ server: process.pid, runtime, ...here() }),
    close: () => fs.closeSync(lock),
  };
}

function inUse(folder, { server, runtime, host, namespace }) {
  const otherwise = "or set DATA_DIR to another folder.";
  if (!Number.isInteger(server)) return `${folder} is in use by another server: stop that one, ${otherwise}`;
  // A pid says something here only where it was given.
  if (host !== here().host || namespace !== here().namespace) return `${folder} is in use by another server, process ${server} of ${host} (another container or machine): stop that one, ${otherwise}`;
  if (Number.isInteger(runtime) && !isAlive(server) && isAlive(runtime)) return `${folder} is in use by process ${runtime}, the runtime of a server that was killed: end it with \`kill ${runtime}\` and start again, ${otherwise}`;
  return `${folder} is in use by process ${server}, another server: stop that one, ${otherwise}`;
}

/** What the file says of who has the lock; nothing where that cannot be read. */
function holderOf(lockFile) {
  try {
    return JSON.parse(fs.readFileSync(lockFile, "utf8")) ?? {};
  } catch {
    return {};
  }
}

/** Where this process's pid means something. */
function here() {
  return { host: os.hostname(), namespace: pidNamespace() };
}

function pidNamespace() {
  try {
    return fs.readlinkSync("/proc/self/ns/pid");
  } catch {
    // Not Linux: there is one.
    return "";
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return error.code === "EPERM";
  }
}
