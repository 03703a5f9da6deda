// More than one hub, and a hub that sleeps.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JsonSocket, createCharacter, enterWorld, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { startServer } from "./support/server.mjs";

let server;
before(async () => (server = await startServer({ env: { HUB_CAPACITY: "1" } })));
after(() => server.stop());

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("a full hub means another, and a ticket leads to its own", async () => {
  const { url } = server;
  const first = await enterWorld(url);
  // A hub tells World of its population after half a second.
  await pause(1200);
  const account = await signUp(url);
  const character = await createCharacter(url, account.token);
  const { hub, ticket } = await selectCharacter(url, account.token, character.id);
  // Which one depends on the places that are kept for whoever was sent there lately.
  assert.notEqual(hub, 0);
  const second = await JsonSocket.open(url, ["shardlink.v1.bin", ticket]);
  await pause(1200);
  // auth_response and location_update, in binary.
  assert.equal(second.received.length, 2);
  const { body } = await rest(url, "GET", "/api/status");
  assert.equal(body.active_players, 2);
  await second.close();
  await first.socket.close();
});

test("after 12 s without a word a hub still knows its players", async () => {
  const { url } = server;
  await pause(1200);
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
