// A server goes on by itself: over crashes, kills, too much memory, damaged files, and
// whatever a stranger holds. Players resume.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { find } from "../../scripts/lib/environment.mjs";
import { canDieWithParent } from "../../scripts/serve/child.mjs";
import { memoryOf } from "../../scripts/serve/memory.mjs";
import { openSocket, silentConnections, unfinishedMessage } from "./support/attacks.mjs";
import { PASSWORD, createCharacter, enterWorld, freshName, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { RawSocket } from "./support/raw-socket.mjs";
import { hasEnded, startServer } from "./support/server.mjs";

const MIB = 1024 * 1024;
const temporary = () => fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-operating-"));

async function until(what, holds, timeoutMs = 20_000) {
  for (const end = performance.now() + timeoutMs; performance.now() < end; await pause(50)) if (await holds()) return;
  assert.fail(`${what} did not happen`);
}

/** A player in the world who can come back: { resume(), socket, ended (a promise of the close code) }. */
async function player(url) {
  const account = await signUp(url);
  const character = await createCharacter(url, account.token);
  await selectCharacter(url, account.token, character.id);
  const heard = [];
  const ended = Promise.withResolvers();
  const socket = await RawSocket.open(url, { heard: (message) => heard.push(message), ended: () => ended.resolve(socket.closeCode) });
  socket.send({ type: "auth_request", username: account.username, session_token: account.token });
  await until("entering", () => heard.some(({ type }) => type === "location_update"));
  const { resume_token: token } = heard.find(({ type }) => type === "auth_response");
  return { account, character, socket, ended: ended.promise, resume: () => resume(url, token) };
}

/** Comes back as a client does, again and again: for how long that took, in milliseconds. */
async function resume(url, token) {
  const began = performance.now();
  for (const end = began + 30_000; performance.now() < end; await pause(100)) {
    const heard = [];
    let lost = false;
    const socket = await RawSocket.open(url, { protocols: ["shardlink.v1.json", `resume.${token}`], heard: (message) => heard.push(message), ended: () => (lost = true) }).catch(() => undefined);
    if (!socket) continue;
    socket.send({ type: "resume", last_seq: 0 });
    while (!lost && !heard.some(({ type }) => type === "location_update")) await pause(10);
    if (lost) continue;
    assert.ok(heard.some(({ type }) => type === "resumed"), heard.map(({ type }) => type).join());
    socket.cut();
    return performance.now() - began;
  }
  return assert.fail("the player did not come back");
}

test("a second server on a folder that is taken ends with a sentence that names the first", async () => {
  const server = await startServer();
  await assert.rejects(startServer({ dataDir: server.dataDir }), new RegExp(`in use by process ${server.pid}, another server: stop that one, or set DATA_DIR`));
  assert.equal((await rest(server.url, "GET", "/readyz")).status, 200);
  await server.stop();
});

test("a second server in another container is refused too", { skip: (process.getuid?.() !== 0 || !find("unshare")) && "only root may make a namespace of pids, on Linux" }, async () => {
  const server = await startServer();
  const within = ["unshare", "--pid", "--fork", "--mount-proc"];
  await assert.rejects(startServer({ dataDir: server.dataDir, within }), /in use by another server, process \d+ of .* \(another container or machine\)/);
  assert.equal((await rest(server.url, "GET", "/readyz")).status, 200);
  await server.stop();
});

test("a SIGKILL of serve ends workerd, and another server starts on the folder at once", { skip: !canDieWithParent() && "no setpriv here" }, async () => {
  const dataDir = temporary();
  const server = await startServer({ dataDir });
  const { account } = await player(server.url);
  const runtime = server.workerdPid;
  process.kill(server.pid, "SIGKILL");
  await server.ended;
  await until("workerd's end", () => hasEnded(runtime), 2_000);
  const again = await startServer({ dataDir, env: { PORT: new URL(server.url).port } });
  assert.equal(again.url, server.url);
  assert.equal((await rest(again.url, "GET", "/api/characters", { token: account.token })).status, 200);
  await again.stop();
  fs.rmSync(dataDir, { recursive: true });
});

test("a runtime that crashes is back at the same URL, and a player resumes", async (t) => {
  const server = await startServer();
  const hero = await player(server.url);
  const before = server.workerdPid;
  server.crash();
  assert.equal(await hero.ended, undefined, "nobody could say goodbye");
  t.diagnostic(`resumed after ${(await hero.resume()).toFixed(0)} ms`);
  assert.notEqual(server.workerdPid, before);
  await until("the log's word", () => /workerd ended by itself \(SIGKILL\).*starting it again in 0\.2 s[^]*players were away for \d+\.\d s/.test(server.output()));
  const began = performance.now();
  assert.equal((await server.stop()).code, 0);
  assert.ok(performance.now() - began < 10_000);
});

test("unfinished messages bring the runtime above MEMORY_LIMIT: it is started again in order, and an honest player resumes", { timeout: 120_000 }, async (t) => {
  const server = await startServer({ env: { MEMORY_LIMIT: "400" } });
  const hero = await player(server.url);
  const before = server.workerdPid;
  const sockets = [];
  while (server.workerdPid === before && !server.output().includes("above MEMORY_LIMIT")) {
    const socket = await openSocket(server.url).catch(() => undefined);
    if (!socket) break;
    sockets.push(socket);
    await unfinishedMessage(socket, 30 * MIB);
    // Slow enough that an orderly restart has its time.
    await pause(100);
    assert.ok(sockets.length < 60, server.output());
  }
  assert.equal(await hero.ended, 1012, "the player was told to come back");
  const took = await hero.resume();
  await until("the log's word", () => /players were away for \d+\.\d s/.test(server.output()));
  const [sentence] = server.output().match(/the runtime takes \d+ MiB, above MEMORY_LIMIT \(400 MiB\): sending players away and starting it again/);
  const [away] = server.output().match(/players were away for \d+\.\d s/);
  t.diagnostic(`${sentence}; ${away}; resumed after ${took.toFixed(0)} ms`);
  const resident = (await memoryOf(server.workerdPid)) / MIB;
  assert.ok(resident < 400, `${resident} MiB`);
  for (const { socket } of sockets) socket.destroy();
  await server.stop();
});

test("out of descriptors the server is back by itself, and a player resumes", { timeout: 120_000, skip: !find("prlimit") && "no prlimit here" }, async (t) => {
  const server = await startServer({ within: ["prlimit", "--nofile=512:512"] });
  const hero = await player(server.url);
  const silent = await silentConnections(server.url, 800);
  const began = performance.now();
  // They are held: the runtime ends and is started again, or has let go of them.
  const body = { username: freshName("new"), password: PASSWORD };
  await until("a newcomer", () => rest(server.url, "POST", "/api/auth/register", { body }).then(({ status }) => status === 201, () => false), 60_000);
  t.diagnostic(`newcomers after ${((performance.now() - began) / 1000).toFixed(1)} s: ${server.output().match(/workerd ended by itself .*|has answered nobody .*/)?.[0] ?? "by the same runtime"}`);
  for (const { socket } of silent) socket.destroy();
  t.diagnostic(`resumed after ${(await hero.resume()).toFixed(0)} ms`);
  assert.match(server.output(), /Too many open files/);
  await server.stop();
});

/** The files of a class's objects. */
function filesOf(dataDir, name) {
  const folder = path.join(dataDir, "objects", `shardlink-${name}`);
  return fs.readdirSync(folder).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file)).map((file) => path.join(folder, file));
}

test("damaged files of a hub, of throttles and of alarms are set aside at the start, and players enter", async () => {
  const dataDir = temporary();
  const first = await startServer({ dataDir });
  const hero = await player(first.url);
  // A wrong password makes a throttle.
  await rest(first.url, "POST", "/api/auth/login", { body: { username: hero.account.username, password: "not this one" } });
  hero.socket.cut();
  await first.kill9();
  const alarms = ["Account", "Hub", "World"].map((name) => path.join(dataDir, "objects", `shardlink-${name}`, "metadata.sqlite"));
  const bad = [...filesOf(dataDir, "Hub"), ...filesOf(dataDir, "Throttle"), ...alarms];
  assert.ok(bad.length >= 5, bad.join());
  for (const file of bad) {
    fs.writeFileSync(file, Buffer.alloc(8_192, 0xa5));
    fs.rmSync(`${file}-wal`, { force: true });
  }
  const again = await startServer({ dataDir });
  const aside = fs.readdirSync(path.join(dataDir, "corrupt"));
  for (const file of bad) {
    assert.ok(again.output().includes(`DAMAGED: ${file}`), again.output());
    assert.ok(aside.some((name) => name.endsWith(path.basename(file))));
  }
  const { socket } = await enterWorld(again.url);
  assert.equal((await rest(again.url, "POST", "/api/auth/login", { body: { username: hero.account.username, password: hero.account.password } })).status, 200);
  await socket.close();
  await again.stop();
  fs.rmSync(dataDir, { recursive: true });
});

test("a damaged file of a character is named at the start, and all others play", async () => {
  const dataDir = temporary();
  const first = await startServer({ dataDir });
  const hero = await player(first.url);
  await first.stop();
  const [file] = filesOf(dataDir, "Character");
  fs.writeFileSync(file, Buffer.alloc(8_192, 0xa5));
  fs.rmSync(`${file}-wal`, { force: true });
  const again = await startServer({ dataDir });
  assert.match(again.output(), new RegExp(`DAMAGED: ${file} .*This Character is refused until the file is restored from a backup`));
  assert.equal(fs.existsSync(file), true);
  // Its account is whole.
  assert.equal((await rest(again.url, "GET", "/api/auth/session", { token: hero.account.token })).status, 200);
  await (await enterWorld(again.url)).socket.close();
  await again.stop();
  fs.rmSync(dataDir, { recursive: true });
});

test("a wrong MEMORY_LIMIT ends the start with its name", async () => {
  await assert.rejects(startServer({ env: { MEMORY_LIMIT: "much" } }), /MEMORY_LIMIT is much: give MiB/);
});

test("serve whose output nobody reads any more goes on", async () => {
  const server = await startServer();
  server.closeOutput();
  server.crash();
  await until("an answer", () => rest(server.url, "GET", "/readyz").then(({ status }) => status === 200, () => false));
  const hero = await player(server.url);
  hero.socket.cut();
  assert.equal((await server.stop()).code, 0);
});
