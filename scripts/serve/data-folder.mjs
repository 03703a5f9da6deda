// The folder that holds everything a server keeps: its objects and its secret.
// One server at a time: two on the same SQLite files would not see each other.
import fs from "node:fs";
import path from "node:path";
import { secretIn } from "../lib/secret.mjs";
import { Stop } from "../lib/say.mjs";

/** Makes the folder where needed, and takes it for this process until close(). */
export function openDataFolder(folder) {
  const objects = path.join(folder, "objects");
  fs.mkdirSync(objects, { recursive: true, mode: 0o700 });
  fs.chmodSync(folder, 0o700);
  const lock = path.join(folder, "serve.lock");
  take(lock, folder);
  return {
    objects,
    config: path.join(folder, "workerd.capnp"),
    secret: secretIn(path.join(folder, "server-secret")),
    /** From here the folder is taken while either of the two lives: workerd can survive a killed parent. */
    nowUsedBy: (pid) => fs.writeFileSync(lock, JSON.stringify([identity(process.pid), identity(pid)])),
    close: () => fs.rmSync(lock, { force: true }),
  };
}

function take(lock, folder) {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      fs.writeFileSync(lock, JSON.stringify([identity(process.pid)]), { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = owners(lock).find(isAlive);
    if (holder) throw new Stop(`${folder} is in use by process ${holder.pid}, another server: stop that one, or set DATA_DIR to another folder.`);
    // Left by one that was killed.
    fs.rmSync(lock, { force: true });
  }
  throw new Stop(`${lock} is being taken by another server that starts at this moment.`);
}

function owners(lock) {
  try {
    const list = JSON.parse(fs.readFileSync(lock, "utf8"));
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

/** A pid and when it started: pids are used again, after a reboot from low numbers. */
const identity = (pid) => ({ pid, started: startTime(pid) });

function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    if (error.code !== "EPERM") return false;
  }
  const now = stat(pid);
  return now === undefined || (now.state !== "Z" && now.started === started);
}

const startTime = (pid) => stat(pid)?.started;

/** On Linux: its state and its start in clock ticks since boot. The name, in parentheses, may hold spaces. */
function stat(pid) {
  try {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
    return { state: fields[0], started: fields[19] };
  } catch {
    return undefined;
  }
}
