// Hearing what happens: on, once and off, and handlers that do what they should not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inWorld, signedIn } from "./support/stage.mjs";

/** Until the test is over, errors that nobody catches come here. */
function reports(t) {
  const reported = [];
  const real = globalThis.reportError;
  globalThis.reportError = (error) => reported.push(error.message);
  t.after(() => (real ? (globalThis.reportError = real) : delete globalThis.reportError));
  return reported;
}

const fail = () => { throw new Error("a bug of the game"); };

test("what is heard is a plain object, once for each subscription, in their order", async () => {
  const { client, socket } = await inWorld();
  const heard = [];
  client.on("world_state", (state) => heard.push(["first", state.active_players]));
  client.on("world_state", (state) => heard.push(["second", state.active_players]));
  socket.sends("world_state");
  assert.deepEqual(heard, [["first", 84], ["second", 84]]);
  // What nobody hears is told to nobody.
  socket.sends("emote");
  assert.equal(heard.length, 2);
});

test("who has ended a subscription hears nothing more, and ending it twice is no harm", async () => {
  const { client, socket } = await inWorld();
  let count = 0;
  const off = client.on("world_state", () => (count += 1));
  socket.sends("world_state");
  off();
  off();
  socket.sends("world_state");
  assert.equal(count, 1);
});

test("the same function can be subscribed twice, and each subscription ends by itself", async () => {
  const { client, socket } = await inWorld();
  let count = 0;
  const handler = () => (count += 1);
  const offs = [client.on("world_state", handler), client.on("world_state", handler)];
  socket.sends("world_state");
  assert.equal(count, 2);
  offs[0]();
  offs[0]();
  socket.sends("world_state");
  assert.equal(count, 3);
  offs[1]();
  socket.sends("world_state");
  assert.equal(count, 3);
});

test("off ends what on and once have begun with a handler, one at a time", async () => {
  const { client, socket } = await inWorld();
  let count = 0;
  const handler = () => (count += 1);
  client.on("world_state", handler);
  client.once("world_state", handler);
  client.off("world_state", () => {});
  client.off("chat", handler);
  client.off("world_state", handler);
  socket.sends("world_state");
  assert.equal(count, 1);
  client.on("world_state", handler);
  client.off("world_state", handler);
  client.off("world_state", handler);
  socket.sends("world_state");
  assert.equal(count, 1);
});

test("once hears the next message alone, also when it throws or is told another meanwhile", async (t) => {
  const reported = reports(t);
  const { client, socket } = await inWorld();
  let count = 0;
  client.once("world_state", () => {
    count += 1;
    socket.sends("world_state");
    fail();
  });
  socket.sends("world_state");
  socket.sends("world_state");
  assert.equal(count, 1);
  assert.deepEqual(reported, ["a bug of the game"]);
  const off = client.once("world_state", () => (count += 1));
  off();
  socket.sends("world_state");
  assert.equal(count, 1);
});

test("a handler can end another's subscription and its own while an event is told", async () => {
  const { client, socket } = await inWorld();
  const heard = [];
  const offs = {};
  for (const name of ["first", "second", "third"]) {
    offs[name] = client.on("world_state", () => {
      heard.push(name);
      if (name !== "second") return;
      offs.second();
      offs.third();
    });
  }
  socket.sends("world_state");
  assert.deepEqual(heard, ["first", "second"]);
  socket.sends("world_state");
  assert.deepEqual(heard, ["first", "second", "first"]);
});

test("who subscribes while an event is told hears the next one", async () => {
  const { client, socket } = await inWorld();
  let count = 0;
  client.once("world_state", () => void client.on("world_state", () => (count += 1)));
  socket.sends("world_state");
  assert.equal(count, 0);
  socket.sends("world_state");
  assert.equal(count, 1);
});

test("a handler that throws keeps nobody from hearing, and is reported as if nobody had caught it", async (t) => {
  const reported = reports(t);
  const { client, socket } = await inWorld();
  let count = 0;
  client.on("world_state", fail);
  client.on("world_state", () => (count += 1));
  socket.sends("world_state");
  socket.sends("world_state");
  assert.equal(count, 2);
  assert.deepEqual(reported, ["a bug of the game", "a bug of the game"]);
});

test("handler_error hears what a handler threw and where, and then it is not reported", async (t) => {
  const reported = reports(t);
  const { client, socket } = await inWorld();
  const heard = [];
  client.on("handler_error", ({ error, event }) => heard.push([error.message, event]));
  client.on("world_state", fail);
  socket.sends("world_state");
  assert.deepEqual(heard, [["a bug of the game", "world_state"]]);
  assert.deepEqual(reported, []);
  // One that throws itself tells nobody of itself.
  client.on("handler_error", () => { throw new Error("a bug in a handler of bugs"); });
  socket.sends("world_state");
  assert.equal(heard.length, 2);
  assert.deepEqual(reported, ["a bug in a handler of bugs"]);
});

test("a handler may ask the client for anything", async () => {
  const { client, socket } = await inWorld();
  const seen = [];
  client.on("world_state", () => {
    seen.push(client.self.location_id, client.getNearbyPlayers().length, client.worldState.active_players);
    client.leaveWorld();
    seen.push(client.self);
  });
  socket.sends("world_state");
  assert.deepEqual(seen, [257, 1, 84, null]);
  assert.equal(socket.closedWith, 1000);
  assert.equal(client.status.state, "closed");
});

test("subscriptions outlive the world they were made in, and are made before there is any", async () => {
  const before = signedIn();
  const states = [];
  before.on("status", ({ state }) => states.push(state));
  await before.leaveWorld();
  assert.deepEqual(states, []);
  const { client, socket } = await inWorld();
  let count = 0;
  client.on("world_state", () => (count += 1));
  await client.leaveWorld();
  socket.sends("world_state");
  assert.equal(count, 0);
});
