// A runtime that ends is started again, and one that takes too much memory too: by a
// worker of our own, so that nothing has to be built.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { find } from "../../scripts/lib/environment.mjs";
import { inRoot } from "../../scripts/lib/paths.mjs";
import { canDieWithParent } from "../../scripts/serve/child.mjs";
import { memoryOf } from "../../scripts/serve/memory.mjs";
import { openSocket, silentConnections, unfinishedMessage } from "../e2e/support/attacks.mjs";
import { hasEnded } from "../e2e/support/server.mjs";

const MIB = 1024 * 1024;
const PROGRAM = { name: "least", modules: [{ name: "worker.js", type: "esModule", file: inRoot("tests/serve/support/worker.js") }], objects: [] };

/** A process that keeps the worker running until the test `t` ends: { url, pid, runtime(), said(), ended, stop() }. */
async function keeper(t, { limit = 2_000 * MIB, within = [] } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-keep-"));
  const pidFile = path.join(folder, "pid");
  const from = (file) => JSON.stringify(inRoot("scripts/serve", file));
  const script = `
    import { keepRunning } from ${from("keep-running.mjs")};
    import { openDataFolder } from ${from("data-folder.mjs")};
    import { startWorkerd } from ${from("workerd.mjs")};
    const data = openDataFolder(${JSON.stringify(folder)});
    const start = (port) => startWorkerd({ port, host: "127.0.0.1", data, bindings: { STOP_TOKEN: "token" }, pidFile: ${JSON.stringify(pidFile)}, program: ${JSON.stringify(PROGRAM)} });
    const kept = keepRunning({ start, port: 0, urlOf: (port) => "http://127.0.0.1:" + port, stopToken: "token", memoryLimit: ${limit}, askEveryMs: 500 });
    process.on("SIGTERM", () => kept.stop());
    console.log(await kept.ready);
    process.exit(await kept.end);`;
  const [command, ...args] = [...within, process.execPath, "--input-type=module", "-e", script];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const lines = [];
  const output = createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  await once(output, "line");
  const ended = once(child, "exit");
  // A test that fails leaves none behind: its output would keep this process from ending.
  t.after(async () => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 6_000).unref();
    await ended;
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return {
    url: lines[0],
    lines,
    pid: child.pid,
    runtime: () => Number(fs.readFileSync(pidFile, "utf8")),
    said: () => said,
    ended,
    async stop() {
      child.kill("SIGTERM");
      const [code] = await ended;
      return code;
    },
    kill: () => child.kill("SIGKILL"),
  };
}

async function until(what, holds, timeoutMs = 20_000) {
  for (const end = performance.now() + timeoutMs; performance.now() < end; await pause(20)) if (await holds()) return;
  assert.fail(`${what} did not happen`);
}

const answers = (url) => fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(({ ok }) => ok, () => false);

test("a runtime that is killed is back at the same address, and the log says for how long it was gone", async (t) => {
  const server = await keeper(t);
  for (let n = 0; n < 3; n += 1) {
    const before = server.runtime();
    process.kill(before, "SIGKILL");
    await until("another runtime", () => server.runtime() !== before);
    await until("an answer", () => answers(server.url));
    // The keeper asks too, and one that is killed before it has heard is not back.
    await until("the word", () => (server.said().match(/back on .*: players were away for \d\.\d s/g) ?? []).length === n + 1);
  }
  assert.match(server.said(), /workerd ended by itself \(SIGKILL\) after .* s: starting it again in 0\.2 s/);
  assert.equal(await server.stop(), 0);
  assert.deepEqual(server.lines, [server.url], "the URL is said once");
});

test("a stop between two runtimes ends it, and no third is started", async (t) => {
  const server = await keeper(t);
  // The third pause is 0.8 s.
  for (let n = 0; n < 3; n += 1) {
    const before = server.runtime();
    process.kill(before, "SIGKILL");
    await until("the end", () => server.said().split("ended by itself").length === n + 2);
    if (n < 2) await until("another", async () => server.runtime() !== before && (await answers(server.url)));
  }
  const last = server.runtime();
  assert.equal(await server.stop(), 0);
  assert.ok(hasEnded(last));
});

test("a runtime that hangs is started again", async (t) => {
  const server = await keeper(t);
  const before = server.runtime();
  process.kill(before, "SIGSTOP");
  await until("another runtime", () => server.runtime() !== before);
  await until("an answer", () => answers(server.url));
  assert.match(server.said(), /has answered nobody for 2 s/);
  assert.equal(await server.stop(), 0);
});

test("a keeper that is killed takes its runtime with it", { skip: !canDieWithParent() && "no setpriv here: the next start says which process to end" }, async (t) => {
  const server = await keeper(t);
  const runtime = server.runtime();
  server.kill();
  await until("the runtime's end", () => hasEnded(runtime), 2_000);
});

test("unfinished messages above the limit bring an orderly restart, and the memory is given back", async (t) => {
  const limit = 300 * MIB;
  const server = await keeper(t, { limit });
  const before = server.runtime();
  const sockets = [];
  for (let n = 0; n < 40 && server.runtime() === before && !server.said().includes("MEMORY_LIMIT"); n += 1) {
    const socket = await openSocket(server.url).catch(() => undefined);
    if (!socket) break;
    sockets.push(socket);
    await unfinishedMessage(socket, 30 * MIB);
    await pause(100);
  }
  await until("a restart", async () => server.runtime() !== before && (await answers(server.url)));
  assert.match(server.said(), /takes 3\d\d MiB, above MEMORY_LIMIT \(300 MiB\): sending players away/);
  assert.match(server.said(), /sending players away\n/, "the runtime was asked, by the token");
  await until("the last word", () => /players were away for \d\.\d s/.test(server.said()));
  t.diagnostic(server.said().match(/takes .*MiB, above|players were away for .*/g).join("; "));
  for (const { socket } of sockets) socket.destroy();
  assert.equal(await server.stop(), 0);
});

test("memory that grows too fast for that is cut off at one and a half times the limit", async (t) => {
  const server = await keeper(t, { limit: 300 * MIB });
  const before = server.runtime();
  const flood = Array.from({ length: 40 }, async () => {
    const socket = await openSocket(server.url).catch(() => undefined);
    if (socket) await unfinishedMessage(socket, 31 * MIB);
    return socket;
  });
  let most = 0;
  await until("another runtime", async () => {
    most = Math.max(most, (await memoryOf(before)) ?? 0);
    return server.runtime() !== before;
  });
  await until("an answer", () => answers(server.url));
  t.diagnostic(`${(most / MIB).toFixed(0)} MiB at most, of ${40 * 31} sent`);
  assert.ok(most < 1_000 * MIB, `${most} bytes`);
  for (const socket of await Promise.all(flood)) socket?.socket.destroy();
  assert.equal(await server.stop(), 0);
});

// By chance of what is left the runtime cannot accept and ends, or accepts and then cannot
// go on: there it stays, and takes nobody in.
for (const limit of [256, 257]) {
  test(`out of ${limit} descriptors the runtime is back by itself, again and again`, { skip: !find("prlimit") && "no prlimit here" }, async (t) => {
    const server = await keeper(t, { within: ["prlimit", `--nofile=${limit}:${limit}`] });
    for (let n = 0; n < 2; n += 1) {
      const before = server.runtime();
      const silent = await silentConnections(server.url, 400);
      await until("another runtime", () => server.runtime() !== before);
      for (const { socket } of silent) socket.destroy();
      await until("an answer", () => answers(server.url));
    }
    assert.match(server.said(), /Too many open files/);
    assert.equal(await server.stop(), 0);
  });
}
