// One object's file is damaged: the realm goes on without it. What `serve` itself does about
// damaged files before it starts is tested by operating.test.mjs.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { JsonSocket, createCharacter, enterWorld, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { damages, fileOf, filesOf, idOf } from "./support/object-files.mjs";
import { upgrade } from "./support/raw-http.mjs";
import { hasEnded, startServer } from "./support/server.mjs";
import { until } from "./support/until.mjs";

/** The first hub's object, and the one World. */
const FIRST_HUB = "main-0";
const WORLD = "main";

/** Prepares a data folder, damages something in it, and starts the server on it again. */
async function damaged(prepare, damage, then) {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-corrupt-"));
  let server = await startServer({ dataDir });
  try {
    const prepared = await prepare(server);
    await server.stop();
    damage(dataDir, prepared);
    server = await startServer({ dataDir });
    await then(server, prepared);
  } finally {
    await server.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  }
}

/**
 * The same while `serve` runs: its runtime crashes, and is started again without a look at the
 * files of hubs and throttles, which a start would set aside.
 */
async function damagedInACrash(prepare, damage, then, env = {}) {
  const server = await startServer({ env });
  try {
    const prepared = await prepare(server);
    const runtime = server.workerdPid;
    server.crash();
    while (!hasEnded(runtime)) await new Promise((resolve) => setTimeout(resolve, 2));
    damage(server.dataDir, prepared);
    const isReady = () => rest(server.url, "GET", "/readyz").then(({ status }) => status === 200, () => false);
    await until(isReady, "the runtime is back", 20_000);
    await then(server, prepared);
  } finally {
    await server.stop();
  }
}

async function enter(url, { username, token, character }) {
  const { hub } = await selectCharacter(url, token, character.id);
  const socket = await JsonSocket.open(url);
  socket.send({ type: "auth_request", username, password: "", session_token: token });
  assert.equal((await socket.next("auth_response")).success, true);
  await socket.next("location_update");
  return { hub, socket };
}

function logged(server, className, name) {
  const begins = `corrupt storage: ${className} ${idOf(className, name)} (${name}): `;
  assert.ok(server.output().includes(begins), `the log has no "${begins}…":\n${server.output()}`);
}

for (const [kind, damage] of Object.entries(damages)) {
  test(`players enter another hub where the first one's file is damaged (${kind})`, async () => {
    const prepare = async ({ url }) => {
      const hero = await enterWorld(url);
      await hero.socket.close();
      return { ...hero, friend: await enterWorld(url) };
    };
    await damagedInACrash(
      prepare,
      (dataDir) => damage(fileOf(dataDir, "Hub", FIRST_HUB)),
      async (server, hero) => {
        const { url } = server;
        // What leads to the damaged hub is refused, and whoever asks anew is sent elsewhere.
        const resume = hero.friend.socket.received.find(({ type }) => type === "auth_response").resume_token;
        const refused = await upgrade(url, { "Sec-WebSocket-Protocol": `shardlink.v1.json, resume.${resume}` });
        assert.deepEqual([refused.status, refused.body.code], [401, "INVALID_TICKET"]);
        const one = await enter(url, hero);
        assert.notEqual(one.hub, 0);
        const other = await enter(url, hero.friend);
        assert.equal(other.hub, one.hub);
        const heard = other.socket.next("chat");
        assert.equal((await one.socket.ask({ type: "chat", content: "anybody here?" })).type, "chat");
        assert.equal((await heard).content, "anybody here?");
        logged(server, "Hub", FIRST_HUB);
        await one.socket.close();
        await other.socket.close();
      },
    );
  });

  test(`a damaged account is refused alone, in words (${kind})`, async () => {
    const prepare = async ({ url }) => {
      const account = await signUp(url);
      return { account, hero: await enterWorld(url) };
    };
    await damaged(
      prepare,
      (dataDir, { account }) => damage(fileOf(dataDir, "Account", String(account.playerId))),
      async (server, { account, hero }) => {
        const { url } = server;
        const { username, password, token } = account;
        for (const refused of [
          await rest(url, "POST", "/api/auth/login", { body: { username, password } }),
          await rest(url, "GET", "/api/characters", { token }),
        ]) {
          assert.deepEqual([refused.status, refused.body.code], [503, "STORAGE_CORRUPT"], JSON.stringify(refused.body));
          assert.match(refused.body.message, /data of this account is damaged.*restore it from a backup/);
        }
        logged(server, "Account", String(account.playerId));
        await (await enter(url, hero)).socket.close();
        assert.equal((await rest(url, "GET", "/readyz")).status, 200);
      },
    );
  });

  test(`a damaged World lets nobody in, says what to restore, and accounts go on (${kind})`, async () => {
    const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-corrupt-"));
    const server = await startServer({ dataDir });
    const account = await signUp(server.url);
    const character = await createCharacter(server.url, account.token);
    await server.stop();
    damage(fileOf(dataDir, "World", WORLD));

    // It starts, and goes on: a start that gave up would take the accounts along.
    const running = await startServer({ dataDir });
    try {
      const { url } = running;
      assert.match(running.output(), /NOT READY: The storage of World is damaged: .* restore .*\.sqlite from a backup/);
      const ready = await rest(url, "GET", "/readyz");
      assert.deepEqual([ready.status, ready.body.code], [503, "STORAGE_CORRUPT"], JSON.stringify(ready.body));
      assert.ok(ready.body.detail.includes(`objects/shardlink-World/${idOf("World", WORLD)}.sqlite`), ready.body.detail);
      const { username, password } = account;
      const login = await rest(url, "POST", "/api/auth/login", { body: { username, password } });
      assert.equal(login.status, 200);
      const token = login.body.session_token;
      assert.equal((await rest(url, "GET", "/api/characters", { token })).body.characters[0].id, character.id);
      for (const refused of [
        await rest(url, "POST", "/api/characters/select", { token, body: { character_id: character.id } }),
        await upgrade(url),
      ]) {
        assert.deepEqual([refused.status, refused.body.code], [503, "STORAGE_CORRUPT"], JSON.stringify(refused.body));
        assert.match(refused.body.message, /data of the realm itself is damaged/);
      }
      assert.ok(running.output().includes(`corrupt storage: World ${idOf("World", WORLD)} (${WORLD}): `), running.output());
    } finally {
      await running.stop();
      fs.rmSync(dataDir, { recursive: true, force: true });
    }
  });

  test(`sign-ins work, and are counted, where every throttle's file is damaged (${kind})`, async () => {
    await damagedInACrash(
      async ({ url }) => {
        const account = await signUp(url);
        // Somebody has to have been wrong for there to be anything counted.
        await rest(url, "POST", "/api/auth/login", { body: { username: account.username, password: "wrong wrong" } });
        return account;
      },
      (dataDir) => {
        const files = filesOf(dataDir, "Throttle");
        assert.ok(files.length > 0);
        files.forEach(damage);
      },
      async (server, { username, password }) => {
        const login = (password) => rest(server.url, "POST", "/api/auth/login", { body: { username, password } });
        assert.equal((await login(password)).status, 200);
        const wrong = [];
        for (let n = 0; n < 5; n += 1) wrong.push((await login("wrong wrong")).status);
        assert.deepEqual([wrong[0], wrong.at(-1)], [401, 429], "wrong passwords are still counted");
        assert.match(server.output(), /corrupt storage: Throttle [0-9a-f]{64} \(throttle-\d+\): .*nothing has to be restored/);
      },
      { SIGN_IN_FAILURES_PER_ADDRESS: "3" },
    );
  });
}
