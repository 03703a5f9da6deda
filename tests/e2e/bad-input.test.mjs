// Everything wrong that a client can send: a clear answer with a code, nothing
// lost, and the server still up for everybody else.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { JsonSocket, createCharacter, enterWorld, freshName, rest, signUp } from "./support/json-client.mjs";
import { assertProblem } from "./support/problems.mjs";
import { startServer } from "./support/server.mjs";

let server;
let witness;
before(async () => {
  server = await startServer();
  witness = await enterWorld(server.url);
});
after(async () => {
  // Whoever was there from the start has noticed nothing.
  assert.equal((await witness.socket.ask({ type: "chat", content: "all is well" })).content, "all is well");
  await witness.socket.close();
  await server.stop();
});

test("a wrong password and an unknown user get the same answer", async () => {
  const { url } = server;
  const account = await signUp(url);
  const login = (username, password) => rest(url, "POST", "/api/auth/login", { body: { username, password } });
  const wrong = await login(account.username, "not the password");
  const unknown = await login(freshName("nobody"), "not the password");
  assertProblem(wrong, 401, "BAD_CREDENTIALS");
  assertProblem(unknown, 401, "BAD_CREDENTIALS");
  const { request_id: a, ...wrongBody } = wrong.body;
  const { request_id: b, ...unknownBody } = unknown.body;
  assert.notEqual(a, b);
  assert.deepEqual(wrongBody, unknownBody);
});

test("a taken or reserved name, and one that breaks the rules, name the field", async () => {
  const { url } = server;
  const account = await signUp(url);
  const register = (username, password = "long enough") => rest(url, "POST", "/api/auth/register", { body: { username, password } });
  const taken = await register(account.username.toUpperCase());
  assertProblem(taken, 409, "NAME_TAKEN");
  assert.equal(taken.body.errors[0].field, "username");
  assertProblem(await register("Admin"), 409, "NAME_RESERVED");
  const bad = await register("a b");
  assertProblem(bad, 422, "INVALID_FIELD");
  assert.equal(bad.body.errors[0].field, "username");
  assert.equal((await register(freshName(), "short")).body.errors[0].field, "password");

  const choices = { name: freshName(), race: "Elf", class: "Rogue", faction: "Shadowborn" };
  const create = (body) => rest(url, "POST", "/api/characters", { token: account.token, body });
  assert.equal((await create(choices)).status, 201);
  assertProblem(await create({ ...choices, name: choices.name.toUpperCase() }), 409, "NAME_TAKEN");
  assertProblem(await create({ ...choices, name: "Ignarok" }), 409, "NAME_RESERVED");
  const race = await create({ ...choices, name: freshName(), race: "Robot" });
  assertProblem(race, 422, "INVALID_FIELD");
  assert.equal(race.body.errors[0].field, "race");
});

test("a name freed by deletion can be taken again, by a character with another id", async () => {
  const { url } = server;
  const account = await signUp(url);
  const first = await createCharacter(url, account.token);
  const deleted = await rest(url, "DELETE", `/api/characters/${first.id}`, { token: account.token });
  assert.equal(deleted.body.success, true);
  const second = await createCharacter(url, account.token, { name: first.name });
  assert.notEqual(second.id, first.id);
  const again = await rest(url, "DELETE", `/api/characters/${first.id}`, { token: account.token });
  assertProblem(again, 403, "NOT_YOUR_CHARACTER");
});

test("an account has at most ten characters", async () => {
  const { url } = server;
  const account = await signUp(url);
  for (let n = 0; n < 10; n += 1) await createCharacter(url, account.token);
  const body = { name: freshName(), race: "Elf", class: "Rogue", faction: "Shadowborn" };
  assertProblem(await rest(url, "POST", "/api/characters", { token: account.token, body }), 409, "TOO_MANY_CHARACTERS");
});

test("another player's character is refused on every way to it", async () => {
  const { url } = server;
  const account = await signUp(url);
  const { character } = witness;
  const select = await rest(url, "POST", "/api/characters/select", { token: account.token, body: { character_id: character.id } });
  assertProblem(select, 403, "NOT_YOUR_CHARACTER");
  assertProblem(await rest(url, "DELETE", `/api/characters/${character.id}`, { token: account.token }), 403, "NOT_YOUR_CHARACTER");
  assertProblem(await rest(url, "DELETE", "/api/characters/none", { token: account.token }), 403, "NOT_YOUR_CHARACTER");

  const thief = await enterWorld(url);
  for (const message of [
    { type: "character_select", character_id: character.id },
    { type: "character_delete", character_id: character.id },
    { type: "move", character_id: character.id, to_location_id: 0, position: { x: 1, y: 1, z: 0 } },
    { type: "chat", sender_id: character.id, content: "it was not me" },
  ]) {
    const answer = await thief.socket.ask(message);
    assert.equal(answer.type, "error", message.type);
    assert.equal(answer.error_code, "NOT_YOUR_CHARACTER", message.type);
  }
  await thief.socket.close();
});

test("no token, a forged one and an ended one are 401", async () => {
  const { url } = server;
  const account = await signUp(url);
  assertProblem(await rest(url, "GET", "/api/characters"), 401, "UNAUTHENTICATED");
  const forged = `${account.token.slice(0, -4)}AAAA`;
  assertProblem(await rest(url, "GET", "/api/characters", { token: forged }), 401, "UNAUTHENTICATED");
  await rest(url, "POST", "/api/auth/logout", { token: account.token });
  assertProblem(await rest(url, "GET", "/api/characters", { token: account.token }), 401, "SESSION_EXPIRED");
});

test("wrong addresses, methods, types and sizes are problems too", async () => {
  const { url } = server;
  assertProblem(await rest(url, "GET", "/api/nothing"), 404, "NOT_FOUND");
  assertProblem(await rest(url, "POST", "/api/test/panic"), 404, "NOT_FOUND");
  const method = await rest(url, "PUT", "/api/characters", { body: {} });
  assertProblem(method, 405, "METHOD_NOT_ALLOWED");
  assert.equal(method.headers.get("allow"), "GET, HEAD, POST, OPTIONS");
  const post = (body, type = "application/json") =>
    rest(url, "POST", "/api/auth/login", { body, headers: { "Content-Type": type } });
  assertProblem(await post("username=a", "application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE");
  assertProblem(await post("{not json"), 400, "MALFORMED");
  assertProblem(await post("[".repeat(30)), 400, "TOO_DEEP");
  assertProblem(await post(JSON.stringify({ username: "x".repeat(70_000) })), 413, "TOO_LARGE");
  assertProblem(await rest(url, "GET", "/ws"), 426, "UPGRADE_REQUIRED");
});

test("what cannot be decoded is an invalid_message with a code and the field; the socket stays open", async () => {
  const { socket } = witness;
  const sent = [
    ["nonsense", "MALFORMED"],
    ['{"type":"dance","version":"1.0.0"}', "UNKNOWN_TYPE", "type"],
    ['{"type":"auth_response","version":"1.0.0"}', "NOT_ALLOWED", "type"],
    ['{"type":"ping","version":"2.0.0"}', "UNSUPPORTED_VERSION", "version"],
    ['{"type":"character_select","version":"1.0.0","character_id":"seven"}', "INVALID_FIELD", "character_id"],
    [JSON.stringify({ type: "chat", version: "1.0.0", content: "x".repeat(1_000_000) }), "TOO_LARGE"],
    [new Uint8Array([255, 254, 253, 1, 2, 3]), "MALFORMED"],
  ];
  for (const [frame, code, field] of sent) {
    socket.sendRaw(frame);
    const answer = await socket.next("invalid_message");
    assert.equal(answer.error_code, code);
    if (field) assert.equal(answer.details.field, field);
  }
  assert.equal((await socket.ask({ type: "chat", content: "   " })).error_code, "EMPTY");
  assert.equal((await socket.ask({ type: "chat", content: "x".repeat(501) })).error_code, "TOO_LONG");
  assert.equal((await socket.ask({ type: "whisper", recipient_id: 1, content: "x" })).error_code, "NOT_FOUND");
  assert.equal((await socket.ask({ type: "ping" })).type, "pong");
});

test("the tenth undecodable message within 10 s is answered and closes with 4008", async () => {
  const { socket } = await enterWorld(server.url);
  for (let n = 0; n < 10; n += 1) socket.sendRaw("noise");
  assert.equal((await socket.closed).code, 4008);
  assert.equal(socket.received.filter((message) => message.type === "invalid_message").length, 10);
});

test("too much chat is RATE_LIMITED with retry_after; a flood closes with 4029", async () => {
  const { socket } = await enterWorld(server.url);
  for (let n = 0; n < 15; n += 1) socket.send({ type: "chat", content: `message ${n}` });
  const limited = await socket.next("error");
  assert.equal(limited.error_code, "RATE_LIMITED");
  assert.ok(limited.details.retry_after > 0 && limited.details.retry_after <= 1);
  for (let n = 0; n < 120; n += 1) socket.send({ type: "chat", content: `flood ${n}` });
  assert.equal((await socket.closed).code, 4029);
});

test("a ticket serves once, and a forged or foreign subprotocol is refused", async () => {
  const { url } = server;
  const account = await signUp(url);
  const { body } = await rest(url, "POST", "/api/ws/ticket", { token: account.token });
  const first = await JsonSocket.open(url, ["shardlink.v1.bin", body.ticket]);
  assert.equal(first.raw.protocol, "shardlink.v1.bin");
  await assert.rejects(JsonSocket.open(url, ["shardlink.v1.bin", body.ticket]));
  await assert.rejects(JsonSocket.open(url, ["shardlink.v1.bin", `${body.ticket.slice(0, -3)}AAA`]));
  await assert.rejects(JsonSocket.open(url, ["shardlink.v9.bin"]));
  await first.close();
});
