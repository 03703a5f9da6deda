// What ends a session ends its socket too, whatever is killed meanwhile: a session that
// REST refuses after a kill -9 resumes nothing. And a renewed session is resumed by what
// came with its renewal, and by nothing older.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { PASSWORD, createCharacter, freshName, rest, selectCharacter } from "./support/json-client.mjs";
import { RawSocket } from "./support/raw-socket.mjs";
import { prove, registerByScram, signInByScram, stretched } from "./support/scram.mjs";
import { startServer } from "./support/server.mjs";

const KILLS = 6;
/** In each round half of them log out, and half sign in elsewhere. */
const PLAYERS = 8;
/** A letter that a crash kept back is sent by then: its alarm comes 15 s after it was written. */
const LETTERS_MS = 18_000;

/** Resolves once something holds. */
async function until(what, holds, timeoutMs = 10_000) {
  const end = Date.now() + timeoutMs;
  while (!holds()) {
    assert.ok(Date.now() < end, `${what}: not within ${timeoutMs} ms`);
    await pause(5);
  }
}

/** A player in the world, by SCRAM with one salt, so that many cost one stretching. */
async function enter(url, secret) {
  const username = freshName("revoked");
  assert.equal((await registerByScram(url, username, PASSWORD, secret)).status, 201);
  const { finish } = await signInByScram(url, username, PASSWORD);
  const token = finish.body.session_token;
  await selectCharacter(url, token, (await createCharacter(url, token)).id);
  const heard = [];
  const socket = await RawSocket.open(url, { heard: (message) => heard.push(message) });
  socket.send({ type: "auth_request", username, session_token: token });
  await until("entering", () => heard.some(({ type }) => type === "location_update"));
  return { username, token, heard, socket, resumeToken: heard.find(({ type }) => type === "auth_response").resume_token };
}

/** Tries to go on: what was heard, and the code the socket was closed with, if it was. */
async function resume(url, resumeToken) {
  const heard = [];
  let ended = false;
  const socket = await RawSocket.open(url, {
    protocols: ["shardlink.v1.json", `resume.${resumeToken}`],
    heard: (message) => heard.push(message),
    ended: () => (ended = true),
  });
  socket.send({ type: "resume", last_seq: 0 });
  socket.send({ type: "chat", content: "from beyond" });
  const types = () => heard.map(({ type }) => type);
  await until("an answer to resume", () => ended || socket.closeCode !== undefined || types().includes("resumed"));
  socket.cut();
  return { resumed: types().includes("resumed"), code: socket.closeCode };
}

const acts = {
  logout: (url, { token }) => rest(url, "POST", "/api/auth/logout", { token }),
  "sign-in elsewhere": (url, { proof }) => rest(url, "POST", "/api/auth/scram/finish", { body: proof }),
};

test("a session that a logout or a sign-in elsewhere ended resumes nothing, whenever the server was killed", { timeout: 300_000 }, async (t) => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-revocation-"));
  const secret = await stretched(PASSWORD, randomBytes(16));
  let server = await startServer({ dataDir });
  const dead = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const players = [];
    for (let n = 0; n < PLAYERS; n += 1) {
      const player = await enter(server.url, secret);
      player.act = n % 2 === 0 ? "logout" : "sign-in elsewhere";
      player.proof = (await prove(server.url, player.username, PASSWORD)).body;
      players.push(player);
    }
    const acting = players.map(async (player, index) => {
      // One after the other, so that the kill finds them at different steps.
      await pause(index * 2);
      const answer = await acts[player.act](server.url, player).catch(() => undefined);
      player.acknowledged = answer?.status === 200;
    });
    // At the first answer, or at any moment around it.
    await (kill % 2 === 0 ? Promise.any(acting) : pause(2 + Math.random() * 25));
    await server.kill9();
    await Promise.all(acting);

    server = await startServer({ dataDir });
    const tally = { ended: 0, unacknowledged: 0, whole: 0 };
    for (const { act, token, resumeToken, acknowledged } of players) {
      const { status } = await rest(server.url, "GET", "/api/characters", { token });
      const { resumed, code } = await resume(server.url, resumeToken);
      if (status === 200) {
        assert.equal(acknowledged, false, `the ${act} was acknowledged`);
        assert.equal(resumed, true, `the ${act} never happened: its session goes on (${code})`);
        tally.whole += 1;
      } else {
        assert.equal(status, 401);
        assert.equal(resumed, false, `REST refuses the session that a ${act} ended`);
        assert.ok([4001, 4002, 4004].includes(code), `closed with ${code}`);
        dead.push({ act, resumeToken });
        tally.ended += 1;
        if (!acknowledged) tally.unacknowledged += 1;
      }
    }
    t.diagnostic(`kill ${kill + 1}: ${JSON.stringify(tally)}`);
  }
  // Nor later, when every letter has come.
  await pause(LETTERS_MS);
  for (const { act, resumeToken } of dead) {
    assert.equal((await resume(server.url, resumeToken)).resumed, false, `a ${act}, later`);
  }
  assert.ok(dead.length > 0, "no kill came late enough");
  await server.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

test("a renewed session is resumed by its new resume token, over a kill -9 too, and never by the old one", async () => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-renewal-"));
  let server = await startServer({ dataDir });
  const player = await enter(server.url, await stretched(PASSWORD, randomBytes(16)));
  const renewed = await rest(server.url, "POST", "/api/auth/refresh", { token: player.token });
  assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
  const responses = () => player.heard.filter(({ type }) => type === "auth_response");
  await until("another resume token", () => responses().length === 2);
  const { resume_token: newToken, success, character } = responses()[1];
  assert.deepEqual([success, character ?? null], [true, null]);
  assert.notEqual(newToken, player.resumeToken);
  player.socket.cut();
  assert.deepEqual(await resume(server.url, player.resumeToken), { resumed: false, code: 4001 });
  assert.equal((await resume(server.url, newToken)).resumed, true);

  await server.kill9();
  server = await startServer({ dataDir });
  assert.deepEqual(await resume(server.url, player.resumeToken), { resumed: false, code: 4001 });
  assert.equal((await resume(server.url, newToken)).resumed, true);
  await server.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});
