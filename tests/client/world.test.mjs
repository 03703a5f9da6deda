// Entering the world and leaving it, and bringing a lost connection back.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { frame, golden } from "./support/frames.mjs";
import { problem } from "./support/server.mjs";
import { clientOf, codeOf, givesTickets, inWorld, refusal, server, signedIn, turns } from "./support/stage.mjs";

const SELECT = "POST /api/characters/select";
const TICKET = "POST /api/ws/ticket";

/** Selects a character whose ticket is given when the function that comes too is called. */
async function selecting(client, id = 5, options = undefined) {
  const before = server.asked.length;
  let give;
  server.on(SELECT, () => new Promise((resolve) => (give = resolve)));
  const selected = client.selectCharacter(id, options);
  // It may be refused before anybody looks.
  selected.catch(() => {});
  await server.untilAsked(before + 1);
  return { selected, gives: (ticket) => give({ body: { success: true, ticket } }) };
}

test("who selects a character enters the world with a ticket, and the server's word is told", async () => {
  const statuses = [];
  givesTickets();
  const client = signedIn();
  client.on("status", (status) => statuses.push({ ...status, getter: client.status }));
  assert.deepEqual([client.status, client.self, client.worldState, client.getNearbyPlayers(), client.latency, client.serverTime()], [{ state: "closed" }, null, null, [], null, null]);
  const selected = client.selectCharacter(5);
  const socket = await server.socket(0);
  assert.equal(socket.url, "ws://shardlink.test/ws");
  assert.deepEqual(socket.offered.slice(1), ["t1_1"]);
  assert.deepEqual([server.asked[0].token, server.asked[0].body], ["s1_kept", { character_id: 5 }]);
  assert.deepEqual(client.status, { state: "connecting" });
  socket.letsIn();
  assert.equal((await selected).name, "Thorn of the Nexus 1234");
  assert.equal(client.self.location_id, 257);
  assert.deepEqual(client.getNearbyPlayers().map((player) => [player.character_id, player.character_name, player.location_id]), [[55, "Mor'gan the 2nd", 257]]);
  socket.sends("world_state");
  assert.equal(client.worldState.active_players, 84);
  await client.leaveWorld();
  assert.equal(socket.closedWith, 1000);
  assert.equal(client.self, null);
  // The getter is as new as the event.
  assert.deepEqual(statuses.map(({ state }) => state), ["connecting", "connected", "closed"]);
  for (const { state, getter } of statuses) assert.equal(getter.state, state);
});

test("the socket of a server under HTTPS and a path is beside it", async () => {
  server.on("POST /game/api/characters/select", { body: { ticket: "t1_1" } });
  const client = clientOf({ url: "https://shardlink.test/game/?x#y", storage: { getItem: () => "s1_kept", setItem() {}, removeItem() {} } });
  client.selectCharacter(5).catch(() => {});
  assert.equal((await server.socket(0)).url, "wss://shardlink.test/game/ws");
});

test("who is refused stays in the world", async () => {
  const { client, socket } = await inWorld();
  assert.equal((await refusal(client.selectCharacter("x"))).field, "character_id");
  server.on(SELECT, problem(403, "NOT_YOUR_CHARACTER", { detail: "Not yours." }));
  assert.equal(await codeOf(client.selectCharacter(6)), "NOT_YOUR_CHARACTER");
  for (const ticket of [undefined, 7, "", "t1 first\r\n"]) {
    server.on(SELECT, { body: { ticket } });
    assert.equal(await codeOf(client.selectCharacter(6)), "BAD_RESPONSE", String(ticket));
  }
  assert.equal(client.status.state, "connected");
  assert.equal(socket.closedWith, undefined);
  assert.equal(server.sockets.length, 1);
});

test("a choice that is refused before it is sent leaves an earlier one standing", async () => {
  const client = signedIn();
  const { selected, gives } = await selecting(client);
  assert.equal(await codeOf(client.selectCharacter("x")), "INVALID_FIELD");
  gives("t1_1");
  (await server.socket(0)).letsIn();
  assert.equal((await selected).name, "Thorn of the Nexus 1234");
});

test("who leaves before the ticket came, or while the socket is opened, does not enter", async () => {
  const client = signedIn();
  const { selected, gives } = await selecting(client);
  await client.leaveWorld();
  gives("t1_1");
  assert.equal(await codeOf(selected), "NOT_CONNECTED");
  assert.equal(server.sockets.length, 0);
  givesTickets();
  const again = codeOf(client.selectCharacter(5));
  const socket = await server.socket(0);
  await client.leaveWorld();
  assert.equal(await again, "NOT_CONNECTED");
  assert.equal(socket.closedWith, 1000);
  socket.letsIn();
  assert.equal(client.status.state, "closed");
});

test("who signs out before the ticket came does not enter either", async () => {
  const client = signedIn();
  const { selected, gives } = await selecting(client);
  server.on("POST /api/auth/logout", { body: { success: true } });
  await client.signOut();
  gives("t1_1");
  assert.equal(await codeOf(selected), "NOT_CONNECTED");
  assert.equal(server.sockets.length, 0);
});

test("of two choices the second wins, whichever ticket comes first", async () => {
  for (const order of [[0, 1], [1, 0]]) {
    const client = signedIn();
    const both = [await selecting(client, 5), await selecting(client, 6)];
    const before = server.sockets.length;
    for (const at of order) {
      both[at].gives(`t1_${at}`);
      await turns();
    }
    assert.equal(await codeOf(both[0].selected), "NOT_CONNECTED");
    const socket = await server.socket(before);
    assert.deepEqual(socket.offered.slice(1), ["t1_1"]);
    socket.letsIn();
    await both[1].selected;
    assert.equal(server.sockets.length, before + 1);
  }
});

test("who selects again while a socket is opened leaves that one", async () => {
  givesTickets();
  const client = signedIn();
  const first = codeOf(client.selectCharacter(5));
  await server.socket(0);
  const second = client.selectCharacter(6);
  const socket = await server.socket(1);
  assert.equal(await first, "NOT_CONNECTED");
  assert.equal(server.sockets[0].closedWith, 1000);
  socket.letsIn();
  await second;
  assert.equal(client.status.state, "connected");
});

test("a choice that is given up never enters: before, while the ticket is asked for, or in the socket", async () => {
  const client = signedIn();
  assert.equal(await codeOf(client.selectCharacter(5, { signal: AbortSignal.abort() })), "ABORTED");
  assert.deepEqual(server.asked, []);
  const abort = new AbortController();
  const { selected, gives } = await selecting(client, 5, { signal: abort.signal });
  abort.abort();
  gives("t1_1");
  assert.equal(await codeOf(selected), "ABORTED");
  givesTickets();
  const later = new AbortController();
  const entering = client.selectCharacter(5, { signal: later.signal });
  const socket = await server.socket(0);
  later.abort();
  assert.equal(await codeOf(entering), "ABORTED");
  assert.equal(socket.closedWith, 1000);
  socket.letsIn();
  assert.equal(client.status.state, "closed");
  assert.equal(await codeOf(client.selectCharacter(5, { timeout: 200 })), "TIMEOUT");
  assert.ok(server.sockets.every(({ closedWith }) => closedWith === 1000));
});

test("a signal that is aborted after one has entered ends nothing, and hears nothing more", async () => {
  givesTickets();
  const abort = new AbortController();
  const client = signedIn();
  const selected = client.selectCharacter(5, { signal: abort.signal });
  (await server.socket(0)).letsIn();
  await selected;
  await turns();
  assert.deepEqual(getEventListeners(abort.signal, "abort"), []);
  abort.abort();
  assert.equal(client.status.state, "connected");
});

test("a server that does not let one in is told with its code, and one that is not there with ours", async () => {
  givesTickets();
  const client = signedIn();
  const refused = client.selectCharacter(5);
  (await server.socket(0)).ends(4003);
  assert.notEqual(await codeOf(refused), "UNREACHABLE");
  assert.equal(client.status.code, 4003);
  const other = signedIn();
  const unreached = other.selectCharacter(5);
  (await server.socket(1)).ends(1006);
  assert.equal(await codeOf(unreached), "UNREACHABLE");
  assert.deepEqual([other.status.state, other.status.code], ["closed", 1006]);
});

test("a request is answered by what answers its number, and travel and sendMove are the same", async () => {
  const { client, socket } = await inWorld();
  for (const [count, method] of ["travel", "sendMove"].entries()) {
    const moved = client[method](2);
    const asked = socket.received("move");
    assert.equal(asked.length, count + 1);
    socket.sends("location_update", { replyTo: asked[count].id });
    assert.equal((await moved).location_id, 257);
    assert.equal((await refusal(client[method](0))).field, "to_location_id");
  }
  const pinged = client.ping();
  socket.sends("pong", { replyTo: socket.received("ping")[0].id });
  assert.ok((await pinged) >= 0);
  const refused = client.request("move", { to_location_id: 2 });
  socket.sends("error", { replyTo: socket.received("move")[2].id });
  const { code, retryAfter } = await refused.catch((error) => error);
  assert.deepEqual([code, retryAfter], ["NAME_TAKEN", golden("error").details.retry_after]);
});

test("what cannot be asked over the socket is refused here", async () => {
  const client = signedIn();
  assert.equal(await codeOf(client.ping()), "NOT_CONNECTED");
  assert.equal(await codeOf(client.travel(2)), "NOT_CONNECTED");
  assert.equal(await codeOf(client.request("dance", {})), "UNKNOWN_TYPE");
  assert.equal(await codeOf(client.sendChat(" ")), "EMPTY");
  assert.equal((await refusal(client.sendChat("hi", "shout"))).field, "channel");
  assert.equal(await codeOf(client.leaveParty()), "NOT_CONNECTED");
  assert.throws(() => client.sendPositionUpdate({ x: NaN, y: 0 }), { name: "ShardlinkError", code: "INVALID_FIELD", field: "position" });
  client.sendPositionUpdate({ x: 0, y: 0 });
  assert.deepEqual([server.asked, server.sockets], [[], []]);
});

test("a request over the socket is given up by signal and by time, and one given up before is not sent", async () => {
  const { client, socket } = await inWorld();
  assert.equal(await codeOf(client.ping({ signal: AbortSignal.abort() })), "ABORTED");
  assert.equal(await codeOf(client.request("ping", {}, { signal: AbortSignal.abort() })), "ABORTED");
  assert.equal((await refusal(client.ping({ timeout: Infinity }))).field, "timeout");
  assert.equal(socket.received("ping").length, 0);
  const abort = new AbortController();
  const pinged = client.ping({ signal: abort.signal });
  abort.abort();
  assert.equal(await codeOf(pinged), "ABORTED");
  assert.equal(await codeOf(client.ping({ timeout: 5 })), "TIMEOUT");
  assert.equal(client.status.state, "connected");
  // The answer that comes late is nobody's.
  for (const { id } of socket.received("ping")) socket.sends("pong", { replyTo: id });
  await turns();
  assert.deepEqual(getEventListeners(abort.signal, "abort"), []);
});

test("a lost connection asks for a ticket and comes back", async () => {
  const { client, socket } = await inWorld();
  const statuses = [];
  client.on("status", ({ state }) => statuses.push(state));
  const pinged = client.ping();
  socket.ends(1006);
  assert.equal(client.status.state, "reconnecting");
  assert.equal(await codeOf(pinged), "NOT_CONNECTED");
  const next = await server.socket(1);
  assert.deepEqual([server.asked.at(-1).path, server.asked.at(-1).token], ["/api/ws/ticket", "s1_kept"]);
  assert.deepEqual(next.offered.slice(1), ["w1_2"]);
  next.letsIn();
  assert.deepEqual(statuses, ["reconnecting", "connected"]);
  assert.equal(client.self.location_id, 257);
});

test("a connection that can be resumed is, without a ticket", async () => {
  // The golden token is none that a subprotocol can hold.
  const change = (body) => Buffer.from(body.toString("latin1").replace("[encrypted]", "r1_resuming"), "latin1");
  const { socket } = await inWorld({}, { change });
  socket.ends(1006);
  const next = await server.socket(1);
  assert.deepEqual(next.offered.slice(1), ["resume.r1_resuming"]);
  next.onopen({});
  assert.equal(next.received("resume").length, 1);
  assert.ok(!server.paths.includes(TICKET));
});

test("a server that gives no ticket at first is asked again, and one that has ended the session is not", async () => {
  const { client, socket } = await inWorld();
  let refusals = 0;
  server.on(TICKET, () => ((refusals += 1) === 1 ? { status: 502, body: "" } : problem(401, "SESSION_EXPIRED", { detail: "It has ended." })));
  socket.ends(1006);
  await server.untilAsked(3);
  await turns();
  assert.equal(refusals, 2);
  assert.deepEqual([client.status.state, client.status.code], ["closed", 4004]);
  assert.equal(await codeOf(client.getCharacters()), "UNAUTHENTICATED");
  assert.equal(server.sockets.length, 1);
});

test("who leaves while a ticket is asked for does not come back", async () => {
  const { client, socket } = await inWorld();
  let give;
  server.on(TICKET, () => new Promise((resolve) => (give = resolve)));
  socket.ends(1006);
  await server.untilAsked(2);
  await client.leaveWorld();
  give({ body: { ticket: "w1_9" } });
  await turns();
  assert.equal(server.sockets.length, 1);
  assert.equal(client.status.state, "closed");
});

test("noise from the server harms nothing", async () => {
  const { client, socket } = await inWorld();
  const whole = frame("world_state");
  for (const bytes of [[], [0], [255], [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], [2, 250, 0], ...[...whole.keys()].map((length) => whole.subarray(0, length))]) {
    socket.onmessage({ data: Uint8Array.from(bytes).buffer });
  }
  socket.onmessage({ data: "x".repeat(1000) });
  assert.equal(client.worldState, null);
  socket.sends("world_state");
  assert.equal(client.worldState.active_players, 84);
});
