// The built server under workerd, for one test: its own port and data folder.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { root } from "../../../scripts/lib/paths.mjs";

/** Longer than `serve` itself waits for the server's first answer. */
const READY_MS = 40_000;

/**
 * Starts `npm run serve`'s script and resolves once it answers:
 * { url, dataDir, pid, workerdPid, output(), ended, stop(), kill9(), crash() }.
 *
 * `env` is added to its environment. Without `dataDir` the data is in a new
 * folder, which stop() removes; give the `dataDir` of an earlier server to
 * start again on what that one kept. `within` is a command that runs it, such as prlimit
 * with its options; `checkout` is another built checkout to start.
 */
export async function startServer({ dataDir, env = {}, within = [], checkout = root } = {}) {
  const folder = dataDir ?? fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-e2e-"));
  const pidFile = path.join(folder, "workerd.pid");
  const [command, ...args] = [...within, process.execPath, path.join(checkout, "scripts/main.mjs"), "serve"];
  const serve = spawn(command, args, {
    cwd: checkout,
    env: { ...process.env, PORT: "0", HOST: "127.0.0.1", DATA_DIR: folder, SHARDLINK_PID_FILE: pidFile, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  serve.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const ended = new Promise((resolve) => serve.on("exit", (code, signal) => resolve({ code, signal })));
  // A test that fails before stop() must not leave a server behind.
  const atExit = () => serve.kill("SIGTERM");
  process.once("exit", atExit);
  ended.then(() => process.removeListener("exit", atExit));

  const url = await firstLine(serve.stdout, ended, () => log).catch((error) => {
    serve.kill("SIGTERM");
    throw error;
  });
  return {
    url,
    dataDir: folder,
    pid: serve.pid,
    /** The runtime's, as it is now: serve starts another when one ends. */
    get workerdPid() {
      return Number(fs.readFileSync(pidFile, "utf8"));
    },
    /** Resolves to { code, signal } of `serve` once that has ended. */
    ended,
    /** What serve and workerd have printed on stderr so far: what a failing test should show. */
    output: () => log,
    /** Reads nothing more of what it prints, as a pager that was closed. */
    closeOutput() {
      serve.stdout.destroy();
      serve.stderr.destroy();
    },
    /** Ends it as an operator would, and resolves to { code, signal } of `serve`. */
    async stop() {
      serve.kill("SIGTERM");
      const how = await ended;
      if (dataDir === undefined) fs.rmSync(folder, { recursive: true, force: true });
      return how;
    },
    /** Ends all of it as a power cut would. The data stays, for startServer({ dataDir }). */
    async kill9() {
      const runtime = this.workerdPid;
      serve.kill("SIGKILL");
      // The kernel does the same where it can; elsewhere nobody else would.
      kill(runtime);
      const how = await ended;
      while (!hasEnded(runtime)) await pause(5);
      return how;
    },
    /** Kills the runtime alone, as a crash would: serve starts another. */
    crash() {
      kill(this.workerdPid);
    },
  };
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // ESRCH: it has ended already.
    if (error.code !== "ESRCH") throw error;
  }
}

/** Whether a process has ended; one that nobody has waited for yet counts as ended. */
export function hasEnded(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  try {
    return /^\d+ \(.*\) Z/s.test(fs.readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // Not Linux, or it ended just now.
    return process.platform === "linux";
  }
}

function firstLine(stdout, ended, log) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`serve was not ready after ${READY_MS} ms:\n${log()}`)), READY_MS);
    createInterface({ input: stdout }).once("line", (line) => {
      clearTimeout(timer);
      resolve(line);
    });
    ended.then(({ code, signal }) => {
      clearTimeout(timer);
      reject(new Error(`serve ended (${signal ?? code}):\n${log()}`));
    });
  });
}
