// What a client of the first generation could validly say, said to ours.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JsonSocket, createCharacter, enterWorld as enterWorldBy, freshName, rest, selectCharacter, signUpPlainly } from "./support/json-client.mjs";
import { startServer } from "./support/server.mjs";
import { until } from "./support/until.mjs";

let server;
before(async () => (server = await startServer({ env: { TEST_PANIC: "1" } })));
after(() => server.stop());

/** Without a subprotocol, as the first generation. */
const enterWorld = (url, choices) => enterWorldBy(url, choices, []);

const step = (character, x, y) => ({
  type: "move",
  character_id: character.id,
  from_location_id: null,
  to_location_id: 0,
  position: { x, y, z: 0.0 },
  velocity: null,
});

test("a character selected before the socket enters the world with auth_response", async () => {
  const { url } = server;
  const account = await signUpPlainly(url);
  const character = await createCharacter(url, account.token);
  await selectCharacter(url, account.token, character.id);
  const socket = await JsonSocket.open(url);
  socket.send({ type: "auth_request", username: account.username, password: "", session_token: account.token });
  const auth = await socket.next("auth_response");
  assert.equal(auth.success, true);
  assert.equal(auth.version, "1.0.0");
  assert.equal(auth.priority, 3);
  assert.equal(auth.player_id, account.playerId);
  assert.equal(auth.character.id, character.id);
  assert.equal(typeof auth.server_time, "number");
  const here = await socket.next("location_update");
  assert.equal(here.location_id, 1);
  assert.ok(Array.isArray(here.players));
  await socket.close();
});

test("a character selected after the socket, by REST, enters the world on that socket", async () => {
  const { url } = server;
  const account = await signUpPlainly(url);
  const character = await createCharacter(url, account.token);
  const socket = await JsonSocket.open(url);
  socket.send({ type: "auth_request", username: account.username, password: "x", session_token: account.token });
  const auth = await socket.next("auth_response");
  assert.equal(auth.success, true);
  assert.equal(auth.character, null);
  const refused = await socket.ask({ type: "chat", sender_id: character.id, sender_name: "x", channel: "global", content: "hi" });
  assert.equal(refused.error_code, "NO_CHARACTER");
  await selectCharacter(url, account.token, character.id);
  const here = await socket.next("location_update");
  assert.equal(here.location_id, 1);
  const said = await socket.ask({ type: "chat", channel: "global", content: "now I am here" });
  assert.equal(said.sender_name, character.name);
  await socket.close();
});

test("a character is made, selected and deleted over the socket, which signs in by password", async () => {
  const { url } = server;
  const account = await signUpPlainly(url);
  const socket = await JsonSocket.open(url, ["shardlink.v1.json"]);
  assert.equal(socket.raw.protocol, "shardlink.v1.json");
  const auth = await socket.ask({ type: "auth_request", username: account.username, password: account.password });
  assert.equal(auth.success, true);
  assert.match(auth.session_token, /^s1_/);
  const name = freshName();
  const created = await socket.ask({ type: "character_create", name, race: "Dwarf", class: "Paladin", faction: "Golden Order" });
  assert.equal(created.character_name, name);
  const list = await socket.ask({ type: "character_list" });
  assert.deepEqual(list.characters.map((character) => character.name), [name]);
  const selected = await socket.ask({ type: "character_select", character_id: created.character_id });
  assert.equal(selected.type, "character_update");
  await socket.next("location_update");
  const online = await socket.ask({ type: "character_delete", character_id: created.character_id });
  assert.equal(online.error_code, "CHARACTER_ONLINE");
  await socket.close();
});

test("two players meet: joined, moves, chat, left", async () => {
  const { url } = server;
  const bran = await enterWorld(url);
  const aria = await enterWorld(url);
  const joined = await bran.socket.next("player_joined_area", (m) => m.character_id === aria.character.id);
  assert.equal(joined.character_name, aria.character.name);
  assert.equal(joined.faction, "Moonlit Circle");
  const update = await bran.socket.next("character_update", (m) => m.character_id === aria.character.id);
  assert.deepEqual(update.position, { x: 0, y: 0, z: 0 });

  aria.socket.send(step(aria.character, 1.5, -2));
  const moved = await bran.socket.next("move", (m) => m.character_id === aria.character.id);
  assert.deepEqual(moved.position, { x: 1.5, y: -2, z: 0 });
  assert.equal(moved.to_location_id, 0);

  const said = await aria.socket.ask({
    type: "chat", sender_id: aria.character.id, sender_name: "somebody else", channel: "global", content: " hello\u202e ", recipient_id: null,
  });
  assert.equal(said.type, "chat");
  assert.equal(said.content, "hello");
  const heard = await bran.socket.next("chat", (m) => m.sender_id === aria.character.id);
  assert.equal(heard.sender_name, aria.character.name);
  assert.equal(heard.reply_to, undefined);

  const whispered = await bran.socket.ask({ type: "whisper", recipient_id: aria.character.id, content: "psst" });
  assert.equal(whispered.channel, "whisper");
  assert.equal((await aria.socket.next("whisper")).content, "psst");

  await aria.socket.close();
  const left = await bran.socket.next("player_left_area", (m) => m.character_id === aria.character.id);
  assert.equal(left.location_id, 1);
  await bran.socket.close();
});

test("a move to another location is answered by its snapshot, and the next login restores it", async () => {
  const { url } = server;
  const hero = await enterWorld(url);
  const refused = await hero.socket.ask({ type: "move", character_id: hero.character.id, to_location_id: 99 });
  assert.equal(refused.error_code, "UNKNOWN_LOCATION");
  const volcano = await hero.socket.ask({ type: "move", character_id: hero.character.id, from_location_id: 1, to_location_id: 2 });
  assert.equal(volcano.type, "location_update");
  assert.equal(volcano.location_id, 2);
  const far = await hero.socket.ask({ type: "move", character_id: hero.character.id, to_location_id: 3 });
  assert.equal(far.error_code, "NOT_ADJACENT");
  await hero.socket.close();

  const socket = await JsonSocket.open(url);
  socket.send({ type: "auth_request", username: hero.username, password: "", session_token: hero.token });
  assert.equal((await socket.next("location_update")).location_id, 2);
  await socket.close();
});

test("a step farther than one can walk is corrected", async () => {
  const { url } = server;
  const hero = await enterWorld(url);
  const answer = await hero.socket.ask(step(hero.character, 400, 0));
  assert.equal(answer.error_code, "MOVE_REJECTED");
  // It does not know corrections, but reads where any character is.
  const correction = await hero.socket.next("character_update");
  assert.equal(correction.character_id, hero.character.id);
  assert.deepEqual(correction.position, { x: 0, y: 0, z: 0 });
  await hero.socket.close();
});

test("a move to another location may say where in it; what is too far from its entrance is told", async () => {
  const { url } = server;
  const hero = await enterWorld(url);
  const to = (id, x) => ({ type: "move", character_id: hero.character.id, to_location_id: id, position: { x, y: 0, z: 0 } });
  assert.equal((await hero.socket.ask(to(2, 3))).location_id, 2);
  // A step that is possible from there, and not from the entrance.
  assert.equal((await hero.socket.ask(to(0, 4.5))).type, "move");
  assert.equal((await hero.socket.ask(to(1, 90))).location_id, 1);
  assert.deepEqual((await hero.socket.next("character_update")).position, { x: 0, y: 0, z: 0 });
  await hero.socket.close();
});

test("it is told where others have gone, nothing of itself, and nothing that it cannot read", async () => {
  const { url } = server;
  const aria = await enterWorld(url);
  assert.equal((await aria.socket.ask({ type: "chat", content: "to be remembered" })).type, "chat");
  const bran = await enterWorld(url);
  await aria.socket.next("player_joined_area", (m) => m.character_id === bran.character.id);
  bran.socket.send({ type: "move", character_id: bran.character.id, to_location_id: 2 });
  const gone = await aria.socket.next("character_update", (m) => m.location_id === 2);
  assert.equal(gone.character_id, bran.character.id);
  for (const { socket, character } of [aria, bran]) {
    const types = socket.received.map(({ type }) => type);
    assert.ok(!types.some((type) => ["chat_history", "pace", "position_correction", "mute"].includes(type)), types.join(", "));
    assert.ok(!socket.received.some(({ type, character_id }) => type === "character_update" && character_id === character.id));
    await socket.close();
  }
});

test("a new sign-in ends the older session and closes its socket with 4002; a logout with 4004", async () => {
  const { url } = server;
  const hero = await enterWorld(url);
  const login = await rest(url, "POST", "/api/auth/login", { body: { username: hero.username, password: hero.password } });
  assert.equal(login.status, 200);
  assert.equal((await hero.socket.closed).code, 4002);
  assert.equal((await rest(url, "GET", "/api/characters", { token: hero.token })).status, 401);

  const token = login.body.session_token;
  const socket = await JsonSocket.open(url);
  socket.send({ type: "auth_request", username: hero.username, password: "", session_token: token });
  await socket.next("auth_response");
  // The first generation sends the token in the body.
  const logout = await rest(url, "POST", "/api/auth/logout", { body: { session_token: token } });
  assert.equal(logout.body.success, true);
  assert.equal((await socket.closed).code, 4004);
});

test("the newest socket of a session wins", async () => {
  const { url } = server;
  const hero = await enterWorld(url);
  const newer = await JsonSocket.open(url);
  newer.send({ type: "auth_request", username: hero.username, password: "", session_token: hero.token });
  assert.equal((await newer.next("auth_response")).success, true);
  assert.equal((await hero.socket.closed).code, 4002);
  assert.equal((await newer.ask({ type: "chat", content: "still here" })).content, "still here");
  await newer.close();
});

test("a socket that is not authenticated is closed with 4001 after 5 s", async () => {
  const { url } = server;
  const silent = await JsonSocket.open(url);
  const talking = await JsonSocket.open(url);
  assert.equal((await talking.ask({ type: "ping" })).error_code, "UNAUTHENTICATED");
  assert.equal((await talking.closed).code, 4001);
  // Its close frame comes too. (workerd ends the connection of a socket that
  // never said a word only when the object goes to sleep, so `closed` is later.)
  await until(() => silent.raw.readyState !== WebSocket.OPEN, "it is closed", 2_000);
});

test("a refused auth_request may be tried again, three times in all", async () => {
  const { url } = server;
  const account = await signUpPlainly(url);
  const auth = { type: "auth_request", username: account.username, password: "" };
  const socket = await JsonSocket.open(url);
  assert.equal((await socket.ask({ ...auth, session_token: "s1_forged" })).success, false);
  assert.equal((await socket.ask({ ...auth, session_token: account.token })).success, true);
  await socket.close();
  const stubborn = await JsonSocket.open(url);
  for (let n = 0; n < 3; n += 1) stubborn.send({ ...auth, session_token: "s1_forged" });
  assert.equal((await stubborn.closed).code, 4001);
});

test("status counts who is in the world", async () => {
  const { url } = server;
  const hero = await enterWorld(url);
  let status;
  await until(async () => {
    status = await rest(url, "GET", "/api/status");
    return status.body.active_players >= 1;
  }, "the player is counted");
  assert.equal(status.body.status, "online");
  assert.ok(status.body.websocket_connections >= 1);
  const state = await rest(url, "GET", "/api/world/state");
  assert.equal(state.body.current_reality, "Neutral");
  assert.equal(Object.keys(state.body.faction_shard_counts).length, 6);
  await hero.socket.close();
});

test("a panic is a 500 for its request alone: a hub's players notice nothing", async () => {
  const { url } = server;
  const hero = await enterWorld(url);
  const walked = await hero.socket.ask(step(hero.character, 2, 2));
  assert.equal(walked.type, "move");
  const panics = await Promise.all([1, 2, 3].map(() => rest(url, "POST", "/api/test/panic")));
  for (const panic of panics) assert.equal(panic.status, 500);
  // The hub has kept its memory: a step that is only possible from (2, 2).
  assert.equal((await hero.socket.ask(step(hero.character, 3, 3))).type, "move");
  assert.equal((await hero.socket.ask({ type: "chat", content: "what panic?" })).content, "what panic?");
  await hero.socket.close();
});
