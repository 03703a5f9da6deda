// More than one hub, and a hub that sleeps.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JsonSocket, createCharacter, enterWorld, selectCharacter, signUp } from "./support/json-client.mjs";
import { startServer } from "./support/server.mjs";
import { until, untilActive } from "./support/until.mjs";

let server;
before(async () => (server = await startServer({ env: { HUB_CAPACITY: "1" } })));
after(() => server.stop());

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("a full hub means another, and a ticket leads to its own", async () => {
  const { url } = server;
  const enter = async () => {
    const account = await signUp(url);
    const character = await createCharacter(url, account.token);
    const { hub, ticket } = await selectCharacter(url, account.token, character.id);
    return { hub, socket: await JsonSocket.open(url, ["shardlink.v1.bin", ticket]) };
  };
  const first = await enter();
  await untilActive(url, 1);
  const second = await enter();
  assert.notEqual(second.hub, first.hub);
  // auth_response and location_update, in binary.
  await until(() => second.socket.received.length >= 2, "it is let in");
  await untilActive(url, 2);
  // And what the realm is like, which comes a moment later.
  assert.ok(second.socket.received.length <= 3, `${second.socket.received.length} frames`);
  await Promise.all([first.socket.close(), second.socket.close()]);
});

test("players are told how many there are, in other hubs too, without asking and without a number of their stream", async () => {
  const { url } = server;
  await untilActive(url, 0);
  const first = await enterWorld(url);
  const told = (hero, players, within) => hero.socket.next("world_state", (state) => state.active_players === players, within);
  assert.equal((await told(first, 1, 2_000)).seq, undefined);
  // A hub is told of the others while it is awake: somebody walks in it.
  const walking = setInterval(() => first.socket.send({ type: "chat", content: "Where is everybody?" }), 1_500);
  const second = await enterWorld(url);
  await told(second, 2, 2_000);
  await told(first, 2, 10_000);
  await second.socket.close();
  await told(first, 1, 10_000);
  clearInterval(walking);
  // It was told no more often than every five seconds, and as a newcomer.
  const all = first.socket.received.filter(({ type }) => type === "world_state");
  assert.ok(all.length >= 3 && all.length <= 6, `told ${all.length} times`);
  await first.socket.close();
});

test("after 12 s without a word a hub still knows its players", async () => {
  const { url } = server;
  await untilActive(url, 0);
  const hero = await enterWorld(url);
  const step = (x) => hero.socket.ask({ type: "move", to_location_id: 0, position: { x, y: 0, z: 0 } });
  assert.equal((await step(3)).type, "move");
  await pause(12_000);
  assert.equal((await hero.socket.ask({ type: "chat", content: "still here" })).sender_name, hero.character.name);
  // It stands where it stood: from the entrance this would be too far.
  assert.equal((await step(14)).type, "move");
  assert.equal((await step(60)).error_code, "MOVE_REJECTED");
  await hero.socket.close();
});

test("with room for five in a hub, 23 players fill five hubs one after the other", { timeout: 60_000 }, async () => {
  const small = await startServer({ env: { HUB_CAPACITY: "5" } });
  const { url } = small;
  const accounts = [];
  for (let n = 0; n < 23; n += 1) {
    const account = await signUp(url);
    const character = await createCharacter(url, account.token, { faction: "Moonlit Circle" });
    accounts.push({ ...account, character });
  }
  // All at once, before anybody has arrived.
  const selected = await Promise.all(accounts.map(({ token, character }) => selectCharacter(url, token, character.id)));
  const inHub = Object.groupBy(selected, ({ hub }) => hub);
  assert.deepEqual(Object.values(inHub).map((tickets) => tickets.length), [5, 5, 5, 5, 3]);
  const sockets = await Promise.all(selected.map(({ ticket }) => JsonSocket.open(url, ["shardlink.v1.bin", ticket])));
  await untilActive(url, 23);
  // Two more fill the last; the next opens another.
  const more = [];
  for (let n = 0; n < 3; n += 1) {
    const account = await signUp(url);
    const character = await createCharacter(url, account.token);
    more.push((await selectCharacter(url, account.token, character.id)).hub);
  }
  assert.deepEqual(more.map((hub) => inHub[hub]?.length ?? 0), [3, 3, 0]);
  for (const socket of sockets) await socket.close();
  await small.stop();
});
