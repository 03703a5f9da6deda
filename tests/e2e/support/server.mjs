// The built server under workerd, for one test: its own port and data folder.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { root } from "../../../scripts/lib/paths.mjs";

/** Longer than `serve` itself waits for the server's first answer. */
const READY_MS = 40_000;

/**
 * Starts `npm run serve`'s script and resolves once it answers:
 * { url, dataDir, servePid, workerdPid, ended, output(), stop(), kill9() }.
 *
 * `env` is added to its environment. Without `dataDir` the data is in a new
 * folder, which stop() removes; give the `dataDir` of an earlier server to
 * start again on what that one kept. `checkout` is another built checkout to
 * start, and `under` a command that is to run it.
 */
export async function startServer({ dataDir, env = {}, checkout = root, under = [] } = {}) {
  const folder = dataDir ?? fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-e2e-"));
  const pidFile = path.join(folder, "workerd.pid");
  const [command, ...args] = [...under, process.execPath, path.join(checkout, "scripts/main.mjs"), "serve"];
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
  const workerdPid = Number(fs.readFileSync(pidFile, "utf8"));
  return {
    url,
    dataDir: folder,
    servePid: serve.pid,
    ended,
    workerdPid,
    /** What serve and workerd have printed on stderr so far: what a failing test should show. */
    output: () => log,
    /** Ends it as an operator would, and resolves to { code, signal } of `serve`. */
    async stop() {
      serve.kill("SIGTERM");
      const how = await ended;
      if (dataDir === undefined) fs.rmSync(folder, { recursive: true, force: true });
      return how;
    },
    /** Kills workerd as a crash would. The data stays, for startServer({ dataDir }). */
    async kill9() {
      process.kill(workerdPid, "SIGKILL");
      return ended;
    },
  };
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
