// Heartbeats keep a connection alive, and do not keep a hub awake: while it is quiet the
// runtime answers them, so a realm in which everybody stands costs nothing. While others
// play the hub answers them and counts them.
//
// From outside a sleep must make no difference, with one exception that may be seen: a
// slot that was given back rests for 90 s before it is given out again, but a hub that was
// asleep no longer knows of those above the highest that is held.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { crowding } from "./support/crowding.mjs";
import { JsonSocket, createCharacter, enterWorld, selectCharacter, signUp } from "./support/json-client.mjs";
import { startServer } from "./support/server.mjs";

/** The runtime puts an object to sleep after 10 s without anything to do. */
const BEATS = 14;
const BEAT_EVERY_MS = 1_000;
/** A hub speaks to World every 25 s, and that wakes it. */
const QUIET_FOR_AT_MOST_MS = 24_000;
const ANSWERED_WITHIN_MS = 2_000;

/** "ping" as text, which is not a message. */
async function heartbeat(socket) {
  const before = socket.pongs;
  socket.sendRaw("ping");
  for (const end = Date.now() + ANSWERED_WITHIN_MS * crowding(); socket.pongs === before; await pause(5)) {
    assert.ok(Date.now() < end, "a heartbeat was not answered");
  }
}

/** The protocol's own ping, which a hub answers. */
async function message(socket) {
  assert.equal((await socket.ask({ type: "ping" })).type, "pong");
}

/**
 * One stays, one comes and goes for good; for a while nothing happens but that the first
 * does `beat`, and then somebody else comes. Resolves to the slots of the two who came.
 */
async function slotsAround(beat) {
  const server = await startServer();
  const { url } = server;
  const account = await signUp(url);
  const character = await createCharacter(url, account.token);
  await selectCharacter(url, account.token, character.id);
  const began = Date.now();
  const { socket } = await enterWorld(url);
  const guest = await enterWorld(url);
  const { slot: before } = await socket.next("player_joined_area");
  await guest.socket.close();
  await socket.next("player_left_area");

  for (let n = 0; n < BEATS; n += 1) {
    await pause(BEAT_EVERY_MS);
    await beat(socket);
  }
  assert.ok(Date.now() - began < QUIET_FOR_AT_MOST_MS, "it took so long that the hub's alarm may have kept it awake");
  const newcomer = await JsonSocket.open(url);
  newcomer.send({ type: "auth_request", username: account.username, session_token: account.token });
  const { slot: after } = await socket.next("player_joined_area", (joined) => joined.character_id === character.id);
  assert.ok(!socket.received.some(({ type }) => type === "error"));
  await Promise.all([socket.close(), newcomer.close()]);
  await server.stop();
  return { before, after };
}

test("a hub sleeps through heartbeats, and stays awake for messages", { timeout: 120_000 }, async (t) => {
  const [first, awake] = await Promise.all([slotsAround(heartbeat), slotsAround(message)]);
  let asleep = first;
  // On a busy machine the hub may be late with its own work, and then has no ten quiet seconds.
  for (let more = 2; more > 0 && asleep.after !== asleep.before; more -= 1) asleep = await slotsAround(heartbeat);
  t.diagnostic(`slots: ${asleep.before}, then ${asleep.after} after heartbeats; ${awake.before}, then ${awake.after} after messages`);
  // The control: who is awake remembers the slot, and lets it rest.
  assert.equal(awake.after, awake.before + 1);
  assert.equal(asleep.after, asleep.before);
});

test("a flood of heartbeats is closed while others play, and an honest one is answered", { timeout: 30_000 }, async () => {
  const server = await startServer();
  const { url } = server;
  const [talker, flooder] = [await enterWorld(url), await enterWorld(url)];
  await talker.socket.ask({ type: "chat", content: "is this a good evening?" });
  for (let n = 0; n < 200; n += 1) flooder.socket.sendRaw("ping");
  assert.equal((await flooder.socket.closed).code, 4029);
  assert.ok(flooder.socket.pongs <= 20, `${flooder.socket.pongs} were answered`);
  await heartbeat(talker.socket);
  await talker.socket.close();
  await server.stop();
});
