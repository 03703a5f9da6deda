// A connection that is cut continues where it broke off: nothing that was said is lost,
// told twice or told in another order, whatever is cut.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createCharacter, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { RawSocket } from "./support/raw-socket.mjs";
import { startServer } from "./support/server.mjs";
import { untilActive } from "./support/until.mjs";

const CUTS = 200;
/** Chat allows five a second. */
const CHAT_EVERY_MS = 220;

/** A player who comes back whenever its connection is lost. */
class Player {
  lastSeq = 0;
  heard = [];
  numbers = [];
  waiting = [];
  resumes = 0;
  replayed = 0;
  /** How long each resume took, in milliseconds. */
  took = [];
  fresh = 0;
  #ready;
  #resuming;

  static async enter(at) {
    const player = new Player();
    player.at = at;
    player.account = await signUp(at.url);
    player.character = await createCharacter(at.url, player.account.token);
    await selectCharacter(at.url, player.account.token, player.character.id);
    await player.#connect([], { type: "auth_request", username: player.account.username, session_token: player.account.token });
    return player;
  }

  async #connect(protocols, first) {
    const ready = Promise.withResolvers();
    ready.promise.catch(() => {});
    this.#ready = ready;
    const ended = () => ready.reject(new Error("lost"));
    const socket = await RawSocket.open(this.at.url, { protocols, heard: (message) => this.#hear(message), ended });
    this.socket = socket;
    socket.send(first);
    await ready.promise;
  }

  #hear(message) {
    const { type, seq } = message;
    if (type === "auth_response") {
      assert.equal(message.success, true, JSON.stringify(message));
      this.token = message.resume_token;
    }
    if (type === "resumed") {
      this.resumes += 1;
      this.replayed += message.replayed;
      this.snapshot = message.snapshot;
    }
    if (seq !== undefined) {
      this.numbers.push(seq);
      this.lastSeq = Math.max(this.lastSeq, seq);
    }
    if (type === "chat") this.heard.push(message.content);
    if (type === "player_left_area") this.left = (this.left ?? 0) + 1;
    if (type === "location_update") {
      this.here = message.players.map((player) => player.character_id);
      this.#ready.resolve();
    }
    if (type === "error") this.error = message.error_code;
  }

  /** Comes back, however often that takes; whoever asks for it meanwhile waits for the same. */
  resume() {
    this.#resuming ??= this.#comeBack().finally(() => (this.#resuming = undefined));
    return this.#resuming;
  }

  async #comeBack() {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const began = performance.now();
        await this.#connect(["shardlink.v1.json", `resume.${this.token}`], { type: "resume", last_seq: this.lastSeq });
        this.took.push(performance.now() - began);
        return;
      } catch (error) {
        if (attempt > 100) throw error;
        await pause(50);
      }
    }
  }

  say(content) {
    this.socket.send({ type: "chat", content, message_id: content });
  }

  async hears(content, timeoutMs = 10_000) {
    const until = Date.now() + timeoutMs;
    while (!this.heard.includes(content)) {
      assert.ok(Date.now() < until, `${content} was not heard; the last was ${this.heard.at(-1)}`);
      await pause(10);
    }
  }
}

const agree = (a, b) => {
  for (const player of [a, b]) {
    assert.ok(player.numbers.every((number, index) => index === 0 || player.numbers[index - 1] < number), "numbers rise, none comes twice");
    assert.equal(new Set(player.heard).size, player.heard.length, "nothing is told twice");
    assert.equal(player.error, undefined);
  }
  assert.deepEqual(a.heard, b.heard);
};

test("through 200 cuts, a kill -9 and a sleep two players hear all that was said, once and in its order", { timeout: 120_000 }, async (t) => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-resume-"));
  let server = await startServer({ dataDir });
  const at = { url: server.url };
  const [a, b] = [await Player.enter(at), await Player.enter(at)];
  const players = [a, b];

  let talking = true;
  const talk = async (player, name) => {
    for (let n = 0; talking; n += 1) {
      player.say(`${name} ${n}`);
      await pause(CHAT_EVERY_MS);
    }
  };
  // Each comes back by itself; what is said meanwhile goes nowhere, as with any client.
  let cuts = 0;
  const suffer = async (player) => {
    while (cuts < CUTS) {
      await pause(Math.random() * 220);
      cuts += 1;
      player.socket.cut();
      if (Math.random() < 0.3) await pause(Math.random() * 400);
      await player.resume();
    }
  };
  const talks = [talk(a, "a"), talk(b, "b")];
  const began = Date.now();
  let killed = 0;
  const killing = (async () => {
    while (cuts < CUTS / 2) await pause(20);
    const before = Date.now();
    await server.kill9();
    server = await startServer({ dataDir });
    at.url = server.url;
    killed = Date.now() - before;
    // Whoever was not being cut just then was cut by this.
    await Promise.all(players.map((player) => player.resume()));
  })();
  await Promise.all([suffer(a), suffer(b), killing]);
  talking = false;
  await Promise.all(talks);
  await Promise.all(players.map((player) => player.resume()));
  a.say("a at the end");
  await Promise.all(players.map((player) => player.hears("a at the end")));
  b.say("b at the end");
  await Promise.all(players.map((player) => player.hears("b at the end")));
  agree(a, b);
  t.diagnostic(`${cuts} cuts in ${((Date.now() - began) / 1000).toFixed(1)} s (a restart took ${killed} ms): ${a.heard.length} messages heard, ${a.replayed + b.replayed} of them replayed`);
  const took = [...a.took, ...b.took].sort((one, other) => one - other);
  const percentile = (percent) => took[Math.ceil((took.length * percent) / 100) - 1].toFixed(1);
  t.diagnostic(`${took.length} resumes: p50 ${percentile(50)} ms, p99 ${percentile(99)} ms`);
  assert.ok(a.heard.length > 20 && a.replayed + b.replayed > 10);
  assert.equal([a.left, b.left].join(), ",", "nobody was seen leaving");
  await untilActive(at.url, 2);

  // Twelve silent seconds: the hub sleeps, with one socket open and one place kept.
  a.socket.cut();
  await pause(200);
  b.say("while you are away");
  await b.hears("while you are away");
  await pause(12_000);
  await a.resume();
  await a.hears("while you are away");
  assert.deepEqual([a.snapshot, a.here.includes(b.character.id)], [false, true]);
  agree(a, b);
  players.forEach((player) => player.socket.cut());
  await server.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

test("after a logout nothing resumes", async () => {
  const server = await startServer();
  const player = await Player.enter({ url: server.url });
  player.socket.cut();
  // The world would be told of its going half a second later.
  await pause(1_500);
  await untilActive(server.url, 1);
  await rest(server.url, "POST", "/api/auth/logout", { token: player.account.token, body: {} });
  const ended = Promise.withResolvers();
  const socket = await RawSocket.open(server.url, { protocols: ["shardlink.v1.json", `resume.${player.token}`], ended: ended.resolve });
  socket.send({ type: "resume", last_seq: player.lastSeq });
  for (let n = 0; n < 50 && socket.closeCode === undefined; n += 1) await pause(50);
  assert.equal(socket.closeCode, 4004);
  socket.cut();
  await server.stop();
});
