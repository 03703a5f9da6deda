// Who may do what: every route of the OpenAPI document that needs a session,
// with everything but a good token; every id, with another player's token; and
// secrets, which the server neither logs nor repeats.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { JsonSocket, PASSWORD, createCharacter, enterWorld, freshName, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { assertProblem } from "./support/problems.mjs";
import { upgrade } from "./support/raw-http.mjs";
import { routes } from "./support/routes.mjs";
import { prove, stretched } from "./support/scram.mjs";
import { startServer } from "./support/server.mjs";

let server;
before(async () => (server = await startServer({ env: { TEST_PANIC: "1", ADMIN_TOKEN: "0123456789abcdef0123456789abcdef" } })));
after(() => server.stop());

/** Whoever asks whether something may be done without a session must be told here. */
const OPEN = [
  "POST /api/auth/register",
  "POST /api/auth/login",
  "POST /api/auth/scram/register",
  "POST /api/auth/scram/start",
  "POST /api/auth/scram/finish",
  "POST /api/auth/logout",
  "GET /api/world/state",
  "GET /api/world/shards",
  "GET /api/world/events",
  "GET /api/realm",
  "GET /api/status",
  "GET /readyz",
];

/** Bodies that would be accepted, so that nothing but the token is at fault. */
const BODIES = {
  "POST /api/auth/password": () => ({ old_password: PASSWORD, new_password: "another password" }),
  "DELETE /api/auth/account": () => ({ password: PASSWORD }),
  "POST /api/characters": () => ({ name: freshName(), race: "Elf", class: "Ranger", faction: "Moonlit Circle" }),
  "POST /api/characters/select": (id) => ({ character_id: id }),
  "POST /api/party/create": () => ({ party_name: "The Four" }),
  "POST /api/party/invite": (id) => ({ party_id: id, invitee_id: id }),
  "POST /api/party/leave": (id) => ({ party_id: id }),
  "POST /api/admin/mute": (id) => ({ character_id: id, muted: true }),
  "POST /api/admin/announce": () => ({ content: "hello" }),
};

/** What another player's id is answered with, on each route that takes one. */
const NOT_YOURS = {
  "POST /api/characters/select": [403, "NOT_YOUR_CHARACTER"],
  "GET /api/characters/{id}/inventory": [403, "NOT_YOUR_CHARACTER"],
  "DELETE /api/characters/{id}": [403, "NOT_YOUR_CHARACTER"],
  // Of a character's own parties; and this player has selected none.
  "POST /api/party/invite": [409, "NO_CHARACTER"],
  "POST /api/party/leave": [409, "NO_CHARACTER"],
  "GET /api/party/{id}": [404, "NOT_FOUND"],
  // Whoever plays does not run the realm.
  "POST /api/admin/mute": [401, "UNAUTHENTICATED"],
};

/** Calls a route of the table about a character. */
function call(route, id, options) {
  if (route.takesBody) {
    assert.ok(BODIES[route.name], `${route.name} is new: say in BODIES what it takes`);
  }
  const body = BODIES[route.name]?.(id);
  return rest(server.url, route.method, route.path.replace(/\{\w+\}/, id), { body, ...options });
}

test("the routes that need no session are the known ones", () => {
  const open = routes.filter((route) => !route.needsSession).map((route) => route.name);
  assert.deepEqual(open.sort(), [...OPEN].sort());
});

test("no token, and whatever is none, is UNAUTHENTICATED on every route that needs a session", async () => {
  const { token } = await signUp(server.url);
  const { body } = await rest(server.url, "POST", "/api/ws/ticket", { token });
  const headers = {
    "no header": {},
    "an empty header": { Authorization: "" },
    "the token alone": { Authorization: token },
    "another scheme": { Authorization: `Basic ${token}` },
    "a scheme that begins alike": { Authorization: `BearerX ${token}` },
    "nothing after the scheme": { Authorization: "Bearer " },
    "two tokens": { Authorization: `Bearer ${token} ${token}` },
    "no base64": { Authorization: "Bearer s1_***" },
    "too short": { Authorization: "Bearer s1_AAAA" },
    "too long": { Authorization: `Bearer s1_${"A".repeat(7000)}` },
    "a cut token": { Authorization: `Bearer ${token.slice(0, -8)}` },
    "a forged tag": { Authorization: `Bearer ${token.slice(0, -4)}AAAA` },
    "another player in the token": { Authorization: `Bearer ${token.slice(0, 5)}AAAA${token.slice(9)}` },
    "a ticket": { Authorization: `Bearer ${body.ticket}` },
    "the token in a cookie": { Cookie: `session_token=${token}` },
  };
  for (const route of routes.filter((one) => one.needsSession)) {
    for (const [what, header] of Object.entries(headers)) {
      assertProblem(await call(route, 2 ** 40, { headers: header }), 401, "UNAUTHENTICATED", `${route.name}, ${what}`);
    }
    // Nor does the address's query hold a token.
    const asked = { ...route, path: `${route.path}?session_token=${token}&token=${token}` };
    assertProblem(await call(asked, 2 ** 40, {}), 401, "UNAUTHENTICATED", `${route.name}, in the query`);
  }
  // None of this has ended the session.
  assert.equal((await rest(server.url, "GET", "/api/characters", { token })).status, 200);
});

test("a token whose session has ended is SESSION_EXPIRED on every route that needs one", async () => {
  const { url } = server;
  const [loggedOut, replaced, refreshed] = [await signUp(url), await signUp(url), await signUp(url)];
  const { id } = await createCharacter(url, replaced.token);
  await rest(url, "POST", "/api/auth/logout", { token: loggedOut.token });
  const { username, password } = replaced;
  const again = await rest(url, "POST", "/api/auth/login", { body: { username, password } });
  await rest(url, "POST", "/api/auth/refresh", { token: refreshed.token });
  // Those who run the realm show another token.
  for (const route of routes.filter((one) => one.needsSession && !one.path.startsWith("/api/admin/"))) {
    for (const [what, { token }] of Object.entries({ loggedOut, replaced, refreshed })) {
      assertProblem(await call(route, id, { token }), 401, "SESSION_EXPIRED", `${route.name}, ${what}`);
    }
  }
  // Nothing was done on the way: the account, its password and its character are there.
  const list = await rest(url, "GET", "/api/characters", { token: again.body.session_token });
  assert.deepEqual(list.body.characters.map((character) => character.id), [id]);
  assert.equal((await rest(url, "POST", "/api/auth/login", { body: { username, password } })).status, 200);
});

test("another player's id is refused as one that nobody has, on every route that takes one", async () => {
  const { url } = server;
  const [owner, other] = [await signUp(url), await signUp(url)];
  const { id } = await createCharacter(url, owner.token);
  await createCharacter(url, other.token);
  const taking = routes.filter((route) => route.ids.length > 0);
  assert.ok(taking.length >= 3);
  for (const route of taking) {
    assert.ok(NOT_YOURS[route.name], `${route.name} is new: say in NOT_YOURS what another's id is answered with`);
    const answers = [];
    for (const asked of [id, 2 ** 50 + 1, 1]) {
      const answer = await call(route, asked, { token: other.token });
      assertProblem(answer, ...NOT_YOURS[route.name], `${route.name} ${asked}`);
      const { request_id, instance, ...said } = answer.body;
      answers.push(said);
    }
    // The answer does not tell whether there is such a character.
    for (const answer of answers) assert.deepEqual(answer, answers[0], route.name);
  }
  for (const id of ["none", "-1", "0", "1e3", "9007199254740992", "1.0", "%31", "１"]) {
    const answer = await rest(url, "DELETE", `/api/characters/${encodeURI(id)}`, { token: other.token });
    assertProblem(answer, 403, "NOT_YOUR_CHARACTER", id);
  }
  const kept = await rest(url, "GET", `/api/characters/${id}/inventory`, { token: owner.token });
  assert.equal(kept.status, 200);
});

test("another player's id is refused on the socket, in every message that names one's own character", async () => {
  const { url } = server;
  const owner = await enterWorld(url);
  const thief = await enterWorld(url);
  const { id } = owner.character;
  const messages = [
    { type: "character_select", character_id: id },
    { type: "character_delete", character_id: id },
    { type: "move", character_id: id, to_location_id: 0, position: { x: 1, y: 1, z: 0 } },
    { type: "chat", sender_id: id, content: "it was not me" },
    { type: "faction_chat", sender_id: id, content: "it was not me" },
    { type: "party_chat", sender_id: id, content: "it was not me" },
    { type: "whisper", sender_id: id, recipient_id: id, content: "it was not me" },
  ];
  for (const message of messages) {
    const answer = await thief.socket.ask(message);
    assert.deepEqual([answer.type, answer.error_code], ["error", "NOT_YOUR_CHARACTER"], message.type);
  }
  // A name that is not one's own is overwritten with the truth.
  const said = await thief.socket.ask({ type: "chat", sender_name: owner.character.name, content: "hello" });
  assert.equal(said.sender_name, thief.character.name);
  const heard = await owner.socket.next("chat", (chat) => chat.content === "hello");
  assert.equal(heard.sender_name, thief.character.name);
  assert.equal(owner.socket.received.some((message) => message.content === "it was not me"), false);
  await thief.socket.close();
  await owner.socket.close();
});

test("what proves one account's password changes and deletes no other", async () => {
  const { url } = server;
  const [mine, other] = [await signUp(url), await signUp(url)];
  await rest(url, "POST", "/api/auth/password", { token: mine.token, body: { old_password: PASSWORD, new_password: "only of mine" } });
  // The token of one, the proof of the other.
  const { body } = await prove(url, mine.username, "only of mine");
  const change = await rest(url, "POST", "/api/auth/password", { token: other.token, body: { ...body, ...(await stretched("stolen it is")) } });
  assertProblem(change, 401, "BAD_CREDENTIALS");
  const { body: second } = await prove(url, mine.username, "only of mine");
  assertProblem(await rest(url, "DELETE", "/api/auth/account", { token: other.token, body: second }), 401, "BAD_CREDENTIALS");
  const plain = await rest(url, "DELETE", "/api/auth/account", { token: other.token, body: { password: "only of mine" } });
  assertProblem(plain, 401, "BAD_CREDENTIALS");
  for (const { token } of [mine, other]) {
    assert.equal((await rest(url, "GET", "/api/characters", { token })).status, 200);
  }
});

/**
 * Does everything that takes a secret, rightly once and wrongly in many ways:
 * { secrets, sessions, refused }, with the text of every refusal.
 */
async function useSecrets(url) {
  const secrets = new Set();
  const secret = (text) => {
    secrets.add(text);
    return text;
  };
  const refused = [];
  const ask = async (method, address, options) => {
    const answer = await rest(url, method, address, options);
    // Without the query, which is ours and may hold a secret.
    if (answer.status >= 400) refused.push(`${method} ${address.split("?")[0]} ${JSON.stringify(answer.body)}`);
    return answer;
  };

  // All that works, once.
  const username = freshName("secret");
  const password = secret("Pa55word-of-the-test");
  await ask("POST", "/api/auth/register", { body: { username, password } });
  const login = await ask("POST", "/api/auth/login", { body: { username, password } });
  const first = secret(login.body.session_token);
  const token = secret((await ask("POST", "/api/auth/refresh", { token: first })).body.session_token);
  const { id } = await createCharacter(url, token);
  const ticket = secret((await selectCharacter(url, token, id)).ticket);
  const socket = await JsonSocket.open(url);
  socket.send({ type: "auth_request", username, password: "", session_token: token });
  assert.equal((await socket.next("auth_response")).success, true);
  await (await JsonSocket.open(url, ["shardlink.v1.bin", ticket])).close();
  secret((await ask("POST", "/api/ws/ticket", { token })).body.ticket);
  const { body: proof } = await prove(url, username, password);
  const [handshake, final] = [secret(proof.handshake_id), secret(proof.client_final)];
  const stretchedSecret = await stretched(secret("An0ther-password"));
  const changed = await ask("POST", "/api/auth/password", { token, body: { ...proof, ...stretchedSecret } });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));

  // All that fails, with a secret wherever it could be.
  const wrong = secret("Wr0ng-password-of-the-test");
  const long = secret("L0ng-password".repeat(30));
  const bodies = (value) => [
    { username, password: value },
    { username: value, password: 5 },
    { username: { password: value }, password: [value] },
    { username, password: { value } },
    { [value]: value },
    `{"username": "${username}", "password": "${value}"`,
    `{"username": "${username}", "password": ${value}}`,
    `${value}`,
    `["${value}"]`,
    `"${value}"`,
    `{"password": "${value}", "password": "${value}"}`,
    { client_first: value },
    { client_first: `n,,n=${username},r=${value},${value}` },
    { handshake_id: value, client_final: value },
    { handshake_id: handshake, client_final: value },
    { handshake_id: handshake, client_final: final },
    { username, salt: value, iterations: value, stored_key: value, server_key: value },
    { username, salt: value, iterations: 600_000, stored_key: value, server_key: value },
    { old_password: value, new_password: value, salt: value },
    { old_password: value, new_password: 7 },
    { session_token: value.repeat(8) },
    { session_token: [value] },
    { session_token: value },
    { name: value, race: value, class: value, faction: value },
    { character_id: value },
  ];
  for (const value of [wrong, long, first, ticket, handshake]) {
    for (const route of routes.filter((one) => one.takesBody)) {
      for (const body of bodies(value)) {
        for (const bearer of route.needsSession ? [first, token] : [undefined]) {
          await ask(route.method, route.path, { token: bearer, body });
        }
      }
      await ask(route.method, route.path, { token, body: value, headers: { "Content-Type": "text/plain" } });
    }
    await ask("GET", "/api/characters", { headers: { Authorization: `Bearer ${value}x` } });
    await ask("GET", "/api/characters", { headers: { Authorization: `Basic ${value}` } });
    await ask("GET", `/api/world/events?limit=${value}&cursor=${value}`);
    await ask("GET", `/api/nothing?token=${value}`);
    await ask("POST", `/api/test/panic?token=${value}`, { token: value, body: { password: value } });
    const door = await upgrade(url, { "Sec-WebSocket-Protocol": `shardlink.v1.bin, ${value}`, Authorization: `Bearer ${value}` });
    refused.push(`upgrade ${JSON.stringify(door.body)}`);
    const stranger = await JsonSocket.open(url);
    const frames = [
      `{"type":"auth_request","version":"1.0.0","username":"${username}","password":"${value}"`,
      { type: "auth_request", username: value, password: [value] },
      { type: "auth_request", username, session_token: { value } },
      { type: value, password: value },
      { type: "auth_request", username, password: "", session_token: `${value}x` },
    ];
    for (const frame of frames) {
      if (typeof frame === "string") stranger.sendRaw(frame);
      else stranger.send(frame);
    }
    await stranger.ask({ type: "ping" });
    refused.push(...stranger.received.map((message) => `socket ${JSON.stringify(message)}`));
    await stranger.close();
  }
  assert.ok(refused.length > 500, `${refused.length} refusals`);
  await socket.close();

  return { secrets: [...secrets], sessions: [first, token], refused };
}

let used;
const secretsInUse = () => (used ??= useSecrets(server.url));
const holds = (text, value) => text.includes(value) || text.includes(encodeURIComponent(value));

test("a refusal repeats no password, token, ticket or handshake", async () => {
  const { secrets, refused } = await secretsInUse();
  const repeating = refused.filter((text) => secrets.some((value) => holds(text, value)));
  assert.deepEqual(repeating.slice(0, 3), [], `${repeating.length} of ${refused.length}`);
});

test("the log has no password, token, ticket or handshake", async () => {
  const { secrets } = await secretsInUse();
  for (const value of secrets) assert.equal(holds(server.output(), value), false, "it is logged");
  // Not because nothing reaches the log: the panic is there.
  assert.match(server.output(), /a test asked for this/);
});

test("the disk has nothing that a thief could sign in with", async () => {
  const { secrets, sessions } = await secretsInUse();
  // A token's random bytes would make the token for whoever has the server's secret.
  const random = sessions.map((token) => Buffer.from(token.slice(3), "base64url").subarray(8, 40));
  const files = fs.readdirSync(server.dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length > 10);
  for (const file of files) {
    const bytes = fs.readFileSync(path.join(file.parentPath, file.name));
    for (const value of [...secrets, ...random]) assert.equal(bytes.includes(value), false, file.name);
  }
});
