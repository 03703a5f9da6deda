// The machine's clock is set back and forward under a server that runs, and before one starts.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { JsonSocket, createCharacter, enterWorld, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { cannotShift, shiftedClock } from "./support/shifted-clock.mjs";
import { startServer } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const HOUR = 3600;
/** A tick is 50 ms; this is for a machine that is busy with other things. */
const AT_ONCE_MS = 4_000;
/** A socket that does not authenticate is closed after this long. */
const PENDING_MS = 5_000;

const skip = cannotShift;
let clock;
before(() => (clock = skip ? undefined : shiftedClock()));
after(() => clock?.remove());

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let said = 0;

/** Checks that what one does the other hears at once, and that newcomers come in. */
async function allGoesOn(url, aria, bran, when) {
  const within = async (what, message) => {
    await message.catch((error) => assert.fail(`${when}: ${what}: ${error.message}`));
  };
  const content = `Can you hear me? ${(said += 1)}`;
  aria.socket.send({ type: "chat", channel: "global", content });
  await within("chat", bran.socket.next("chat", (chat) => chat.content === content, AT_ONCE_MS));
  aria.socket.send({ type: "move", to_location_id: 0, position: { x: said / 10, y: 0, z: 0 } });
  await within("moves", bran.socket.next("move", (move) => move.character_id === aria.character.id, AT_ONCE_MS));
  const guest = await enterWorld(url);
  await within("joins", bran.socket.next("player_joined_area", (one) => one.character_id === guest.character.id, AT_ONCE_MS));
  await guest.socket.close();
  await within("leaves", bran.socket.next("player_left_area", (one) => one.character_id === guest.character.id, AT_ONCE_MS));
  const status = await rest(url, "GET", "/api/status");
  assert.equal(status.status, 200, when);
}

/**
 * Waits until the server has closed a socket that says nothing, no sooner and no later than it
 * should. What counts is its close frame: the connection itself workerd ends when the hub goes
 * to sleep, ten seconds later, whatever the clock does.
 */
async function closesInTime(url, when) {
  const socket = await JsonSocket.open(url);
  const started = performance.now();
  await until(() => socket.raw.readyState !== WebSocket.OPEN, `${when}: a silent socket is closed`, PENDING_MS * 3);
  const took = performance.now() - started;
  assert.ok(took > PENDING_MS - 1_000 && took < PENDING_MS + AT_ONCE_MS, `${when}: closed after ${took.toFixed(0)} ms`);
}

test("after a clock is set back, and right again, all goes on within seconds, and sessions live on", { skip }, async () => {
  clock.set(0);
  const server = await startServer({ env: clock.env });
  const starts = () => server.output().split("back on ").length - 1;
  try {
    const first = await enterWorld(server.url);
    await allGoesOn(server.url, first, await enterWorld(server.url), "before");
    for (const [times, seconds] of [-20, 0, -HOUR].entries()) {
      const before = starts();
      // A clock that flaps has the server start again every ten seconds at most.
      if (times > 0) await pause(10_000);
      clock.set(seconds);
      if (seconds < 0) await until(() => starts() > before, `it is back after ${seconds} s`, 10_000);
      const [aria, bran] = [await enterWorld(server.url), await enterWorld(server.url)];
      await allGoesOn(server.url, aria, bran, `${seconds} s`);
      await closesInTime(server.url, `${seconds} s`);
      await Promise.all([aria, bran].map((hero) => hero.socket.close()));
    }
    assert.match(server.output(), /clock was set back by 3600\.\d s/, "the step is in the log");
    for (const [, away] of server.output().matchAll(/players were away for ([\d.]+) s/g)) assert.ok(Number(away) < 6, `${away} s away`);
    const list = await rest(server.url, "GET", "/api/characters", { token: first.token });
    assert.equal(list.status, 200, JSON.stringify(list.body));
  } finally {
    await server.stop();
  }
});

test("a server that starts again with a clock that is an hour behind goes on at once", { skip }, async () => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-clock-data-"));
  clock.set(0);
  let server = await startServer({ dataDir, env: clock.env });
  try {
    const heroes = [await enterWorld(server.url), await enterWorld(server.url)];
    await allGoesOn(server.url, heroes[0], heroes[1], "before");
    const fresh = await signUp(server.url);
    await server.kill9();
    clock.set(-HOUR);
    server = await startServer({ dataDir, env: clock.env });
    const { url } = server;
    for (const hero of heroes) {
      await selectCharacter(url, hero.token, hero.character.id);
      hero.socket = await JsonSocket.open(url);
      hero.socket.send({ type: "auth_request", username: hero.username, password: "", session_token: hero.token });
      await hero.socket.next("location_update");
    }
    await allGoesOn(url, heroes[0], heroes[1], "started again");
    await closesInTime(url, "started again");
    await createCharacter(url, fresh.token);
    assert.match(server.output(), /clock: set back by 3\d{3}\.?\d* s/, "that the clock is behind is in the log");
  } finally {
    await server.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  }
});

test("after a jump forward players in other hubs hear what is said at once", { skip }, async () => {
  clock.set(0);
  const server = await startServer({ env: { ...clock.env, HUB_CAPACITY: "1" } });
  try {
    const [aria, bran] = [await enterWorld(server.url), await enterWorld(server.url)];
    const hears = async (content) => {
      aria.socket.send({ type: "chat", channel: "global", content });
      await bran.socket.next("chat", (chat) => chat.content === content, AT_ONCE_MS);
    };
    // World knows of both hubs.
    await pause(1_500);
    await hears("before");
    clock.set(HOUR / 2);
    await hears("half an hour later");
    clock.set(0);
    await hears("and right again");
  } finally {
    await server.stop();
  }
});
