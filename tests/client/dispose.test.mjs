// The end of a client: nothing of it goes on, and the next one has the page for itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Accounts, PASSWORD } from "./support/accounts.mjs";
import { never } from "./support/server.mjs";
import { KEY, clientOf, codeOf, givesTickets, inWorld, refusal, server, signedIn, storeOf, turns } from "./support/stage.mjs";

test("whatever is in flight rejects with DISPOSED, and so does whatever is asked afterwards", async () => {
  const { client, socket } = await inWorld();
  const before = server.asked.length;
  for (const route of ["GET /api/characters", "GET /api/world/state", "GET /api/realm", "POST /api/auth/scram/start"]) server.on(route, never);
  const asked = () => [client.getCharacters(), client.getWorldState(), client.realm(), client.signIn("aria", PASSWORD), client.ping(), client.travel(2), client.selectCharacter(6)];
  server.on("POST /api/characters/select", never);
  const inFlight = asked().map(codeOf);
  await server.untilAsked(before + 5);
  client.dispose();
  assert.deepEqual(await Promise.all(inFlight), Array(7).fill("DISPOSED"));
  assert.equal(socket.closedWith, 1000);
  assert.equal(socket.received("disconnect").length, 1);
  assert.ok(server.asked.slice(before).every(({ signal }) => signal.aborted));
  const after = [...asked(), client.signOut(), client.restore(), client.leaveWorld(), client.selectCharacter("x"), client.getHistory("whisper")];
  assert.deepEqual(await Promise.all(after.map(codeOf)), Array(12).fill("DISPOSED"));
  assert.equal(server.asked.length, before + 5);
  assert.equal((await refusal(client.signUp("aria", "x"))).code, "DISPOSED");
});

test("a realm that was known is not told by a client that has ended", async () => {
  server.on("GET /api/realm", { body: { factions: [], races: [], classes: [], locations: [] } });
  const client = clientOf();
  await client.realm();
  client.dispose();
  assert.equal(await codeOf(client.realm()), "DISPOSED");
});

test("nothing is heard afterwards, and what was shown is empty", async () => {
  const { client, socket } = await inWorld();
  const heard = [];
  client.on("status", ({ state }) => heard.push(state));
  client.on("world_state", () => heard.push("world_state"));
  client.dispose();
  // The end itself is heard.
  assert.deepEqual(heard, ["closed"]);
  socket.sends("world_state");
  socket.ends(1006);
  const off = client.on("world_state", () => heard.push("late"));
  client.once("status", () => heard.push("late"));
  off();
  await turns();
  assert.deepEqual(heard, ["closed"]);
  assert.deepEqual([client.status.state, client.self, client.getNearbyPlayers(), client.latency, client.serverTime()], ["closed", null, [], null, null]);
  assert.deepEqual([client.getParty(), client.getInvitations(), client.getMuted(), client.getMessages("global")], [null, [], [], []]);
  client.sendPositionUpdate({ x: 1, y: 2 });
  client.dispose();
});

test("the account stays signed in", async () => {
  await Accounts.on(server);
  const storage = storeOf();
  const client = clientOf({ storage });
  await client.signIn("aria", PASSWORD);
  client.dispose();
  await turns();
  assert.ok(!server.paths.includes("POST /api/auth/logout"));
  assert.equal((await clientOf({ storage }).restore()).username, "Aria");
});

test("a client can end itself in a handler, and later handlers do not hear the event any more", async () => {
  const { client, socket } = await inWorld();
  const heard = [];
  client.on("world_state", () => {
    client.dispose();
    heard.push(client.status.state);
  });
  client.on("world_state", () => heard.push("later"));
  client.on("status", ({ state }) => heard.push(state));
  const pinged = client.ping();
  socket.sends("world_state");
  assert.equal(await codeOf(pinged), "DISPOSED");
  assert.deepEqual(heard, ["closed"]);
  assert.equal(socket.closedWith, 1000);
  await turns();
  assert.equal(client.status.state, "closed");
});

test("a client can end itself when it hears of its own end", async () => {
  const { client, socket } = await inWorld();
  client.on("status", () => client.dispose());
  client.dispose();
  await turns();
  assert.equal(socket.closedWith, 1000);
  assert.equal(await codeOf(client.getCharacters()), "DISPOSED");
});

test("a client that ends while a character is selected never opens a socket", async () => {
  for (const wait of [() => {}, () => server.untilAsked(1), turns]) {
    let give = () => {};
    server.on("POST /api/characters/select", () => new Promise((resolve) => (give = resolve)));
    const client = signedIn();
    const selected = client.selectCharacter(5);
    await wait();
    client.dispose();
    give({ body: { ticket: "t1_1" } });
    assert.equal(await codeOf(selected), "DISPOSED");
    await turns();
    assert.equal(server.sockets.length, 0);
  }
  // At the very moment at which the ticket comes.
  const client = signedIn();
  server.on("POST /api/characters/select", () => {
    setTimeout(() => client.dispose(), 0);
    return { body: { ticket: "t1_1" } };
  });
  const outcome = await codeOf(client.selectCharacter(5));
  await turns();
  assert.equal(outcome, "DISPOSED");
  assert.ok(server.sockets.every(({ closedWith }) => closedWith === 1000));
});

test("a client that ends while its socket is opened closes it", async () => {
  givesTickets();
  const client = signedIn();
  const selected = client.selectCharacter(5);
  const socket = await server.socket(0);
  client.dispose();
  assert.equal(await codeOf(selected), "DISPOSED");
  assert.equal(socket.closedWith, 1000);
  socket.letsIn?.();
  await turns();
  assert.equal(server.sockets.length, 1);
});

test("a client that ends while it brings a connection back does not", async () => {
  const { client, socket } = await inWorld();
  let give;
  server.on("POST /api/ws/ticket", () => new Promise((resolve) => (give = resolve)));
  socket.ends(1006);
  await server.untilAsked(2);
  client.dispose();
  give({ body: { ticket: "w1_1" } });
  await turns();
  assert.equal(server.sockets.length, 1);
});

test("React's strict mode: of a client that is made, ended and made again the second enters and stays", async () => {
  const storage = storeOf({ [KEY]: "s1_kept" });
  server.on("GET /api/auth/session", { body: { success: true, username: "aria", player_id: 7 } });
  givesTickets();
  const mount = () => {
    const client = clientOf({ storage });
    const entered = client.restore().then(() => client.selectCharacter(5));
    entered.catch(() => {});
    return { client, entered };
  };
  // At whichever moment the first one ends: at once, or when it has sent something, or stands in the world.
  const moments = [
    () => {},
    () => turns(1),
    (count) => server.untilAsked(count + 1),
    (count) => server.untilAsked(count + 2),
    async (_, sockets) => void (await server.socket(sockets)),
    async (_, sockets) => (await server.socket(sockets)).letsIn(),
  ];
  for (const moment of moments) {
    const first = mount();
    await moment(server.asked.length, server.sockets.length);
    first.client.dispose();
    const sockets = server.sockets.length;
    const second = mount();
    const socket = await server.socket(sockets);
    socket.letsIn();
    await second.entered;
    await turns();
    assert.equal(second.client.status.state, "connected");
    assert.equal(socket.closedWith, undefined);
    assert.equal(server.sockets.length, sockets + 1);
    assert.ok(server.sockets.slice(0, sockets).every(({ closedWith }) => closedWith === 1000));
    assert.equal(storage.map.get(KEY), "s1_kept");
    second.client.dispose();
  }
  assert.ok(!server.paths.includes("POST /api/auth/logout"));
});

test("a client that is made for a while ends by itself", async () => {
  const { client, socket } = await inWorld();
  {
    await using used = client;
    assert.equal(used.status.state, "connected");
  }
  assert.equal(socket.closedWith, 1000);
  assert.equal(await codeOf(client.getCharacters()), "DISPOSED");
  assert.equal(await client[Symbol.asyncDispose](), undefined);
});
