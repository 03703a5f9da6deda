// What was acknowledged survives `kill -9`.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { JsonSocket, createCharacter, enterWorld, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { startServer } from "./support/server.mjs";

const temporary = () => fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-crash-"));

test("accounts, sessions, characters and where they are survive kill -9", async () => {
  const dataDir = temporary();
  let server = await startServer({ dataDir });
  const hero = await enterWorld(server.url);
  const travelled = await hero.socket.ask({ type: "move", to_location_id: 11 });
  assert.equal(travelled.type, "location_update");
  // Telling the Character goes by waitUntil: asked, not acknowledged.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const late = await signUp(server.url);
  const last = await createCharacter(server.url, late.token);
  await server.kill9();
  assert.equal((await hero.socket.closed).code, 1006);

  server = await startServer({ dataDir });
  const { url } = server;
  // The session is still good.
  const list = await rest(url, "GET", "/api/characters", { token: hero.token });
  assert.deepEqual(list.body.characters.map(({ id, name }) => ({ id, name })), [{ id: hero.character.id, name: hero.character.name }]);
  // The last thing that was acknowledged before the kill is there.
  const after = await rest(url, "GET", "/api/characters", { token: late.token });
  assert.deepEqual(after.body.characters.map(({ id }) => id), [last.id]);
  // Names stay taken, and the password still signs in.
  const again = await rest(url, "POST", "/api/auth/register", { body: { username: hero.username, password: "another one" } });
  assert.equal(again.status, 409);
  const login = await rest(url, "POST", "/api/auth/login", { body: { username: hero.username, password: hero.password } });
  assert.equal(login.status, 200);
  const token = login.body.session_token;
  await selectCharacter(url, token, hero.character.id);
  const socket = await JsonSocket.open(url);
  socket.send({ type: "auth_request", username: hero.username, password: "", session_token: token });
  assert.equal((await socket.next("location_update")).location_id, 11);
  await socket.close();
  await server.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

test("characters whose creation was acknowledged survive a kill -9 in the middle of others", async () => {
  const dataDir = temporary();
  let server = await startServer({ dataDir });
  const account = await signUp(server.url);
  // Killed at a random moment of many creations; those that were answered must be there.
  const acknowledged = [];
  const making = Array.from({ length: 8 }, async (_, n) => {
    const name = `Crash ${n} ${Math.random().toString(36).slice(2, 8)}`;
    const body = { name, race: "Elf", class: "Rogue", faction: "Shadowborn" };
    const answer = await rest(server.url, "POST", "/api/characters", { token: account.token, body }).catch(() => undefined);
    if (answer?.status === 201) acknowledged.push(name);
  });
  await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 30));
  await server.kill9();
  await Promise.all(making);

  server = await startServer({ dataDir });
  const list = await rest(server.url, "GET", "/api/characters", { token: account.token });
  assert.equal(list.status, 200, JSON.stringify(list.body));
  const names = list.body.characters.map((character) => character.name);
  for (const name of acknowledged) assert.ok(names.includes(name), `${name} was acknowledged and is gone`);
  await server.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});
