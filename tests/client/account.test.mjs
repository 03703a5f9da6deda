// Signing up, in and out: no password leaves, and no server gets away with a lie.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Accounts, PASSWORD } from "./support/accounts.mjs";
import { never, problem } from "./support/server.mjs";
import { KEY, clientOf, codeOf, inWorld, refusal, server, signedIn, storeOf } from "./support/stage.mjs";

const EXCHANGE = ["POST /api/auth/scram/start", "POST /api/auth/scram/finish"];

test("who signed up can sign in and out, by both generations' names, and no request holds a password", async () => {
  const accounts = await Accounts.on(server);
  const client = clientOf();
  assert.deepEqual(await client.signUp("Bran", "battery staple"), { playerId: 8 });
  assert.deepEqual(await client.signIn("bran", "battery staple"), { username: "Bran", playerId: 8, characterId: null });
  await client.signOut();
  assert.deepEqual(await client.register("Cora", "staple battery"), { playerId: 9 });
  assert.deepEqual(await client.connect("cora", "staple battery"), { username: "Cora", playerId: 9, characterId: null });
  await client.disconnect();
  const all = ["POST /api/auth/scram/register", ...EXCHANGE, "POST /api/auth/logout"];
  assert.deepEqual(server.paths, [...all, ...all]);
  assert.equal(accounts.sessions.size, 0);
  assert.equal(await codeOf(client.getCharacters()), "UNAUTHENTICATED");
  for (const { url, text, headers } of server.asked) {
    for (const secret of ["staple", "battery", Buffer.from("battery staple").toString("base64").slice(0, 12)]) {
      assert.ok(!`${url} ${text} ${JSON.stringify([...headers])}`.includes(secret), text);
    }
  }
});

test("a sign-up has salts of its own", async () => {
  await Accounts.on(server);
  const client = clientOf();
  await client.signUp("bran", PASSWORD);
  await client.signUp("cora", PASSWORD);
  const [first, second] = server.asked.map(({ body }) => body);
  assert.deepEqual(Object.keys(first).sort(), ["iterations", "salt", "server_key", "stored_key", "username"]);
  assert.equal(Buffer.from(first.salt, "base64").length, 16);
  assert.equal(first.iterations, 600_000);
  assert.notEqual(first.salt, second.salt);
  assert.notEqual(first.stored_key, second.stored_key);
});

test("a wrong password and a name that nobody has are the same refusal, and keep no session", async () => {
  await Accounts.on(server);
  const storage = storeOf();
  const client = clientOf({ storage });
  const wrong = await refusal(client.signIn("aria", "battery staple"));
  const nobody = await refusal(client.signIn("nobody", PASSWORD));
  assert.deepEqual([wrong.code, wrong.message], ["BAD_CREDENTIALS", "The user name or the password is wrong."]);
  assert.deepEqual([nobody.code, nobody.message], [wrong.code, wrong.message]);
  assert.equal(storage.map.size, 0);
  assert.equal(await codeOf(client.getCharacters()), "UNAUTHENTICATED");
});

test("a refused sign-in leaves the session before it standing, and one that succeeds replaces it", async () => {
  const accounts = await Accounts.on(server);
  const { client, socket } = await inWorld();
  assert.equal(await codeOf(client.signIn("aria", "battery staple")), "BAD_CREDENTIALS");
  assert.equal(client.status.state, "connected");
  assert.equal(socket.closedWith, undefined);
  await client.signIn("aria", PASSWORD);
  assert.equal(socket.closedWith, 1000);
  assert.equal(client.status.state, "closed");
  await client.restore();
  assert.ok(accounts.sessions.has(server.asked.at(-1).token));
});

test("a server that cannot prove itself gets no session, and the one it gave is ended", async () => {
  const accounts = await Accounts.on(server);
  accounts.lies = true;
  const storage = storeOf();
  const client = clientOf({ storage });
  assert.equal(await codeOf(client.signIn("aria", PASSWORD)), "BAD_SERVER_PROOF");
  assert.equal(storage.map.size, 0);
  assert.equal(await codeOf(client.getCharacters()), "UNAUTHENTICATED");
  await server.untilAsked(3);
  assert.deepEqual(server.paths, [...EXCHANGE, "POST /api/auth/logout"]);
  assert.equal(server.asked[2].token, "s1_1");
  assert.equal(accounts.sessions.size, 0);
});

test("a server that lies and does not answer the end of its session keeps nobody waiting", async () => {
  const accounts = await Accounts.on(server);
  accounts.lies = true;
  server.on("POST /api/auth/logout", never);
  assert.equal(await codeOf(clientOf().signIn("aria", PASSWORD)), "BAD_SERVER_PROOF");
});

test("a server that asks for too little stretching learns nothing, and nothing is stretched", async (t) => {
  const accounts = await Accounts.on(server);
  accounts.iterations = 599_999;
  const stretched = t.mock.method(crypto.subtle, "deriveBits");
  assert.equal(await codeOf(clientOf().signIn("aria", PASSWORD)), "WEAK_SERVER");
  assert.deepEqual(server.paths, EXCHANGE.slice(0, 1));
  assert.equal(stretched.mock.callCount(), 0);
});

test("what is no answer of a server to a sign-in is a bad response, and keeps nothing", async () => {
  await Accounts.on(server);
  const storage = storeOf();
  const client = clientOf({ storage });
  for (const server_first of ["", "r=,s=,i=600000", `r=${"x".repeat(40)},s=AAAAAAAAAAAAAAAAAAAAAA==,i=600000`, 7]) {
    server.on("POST /api/auth/scram/start", { body: { handshake_id: "h1_0", server_first } });
    assert.equal(await codeOf(client.signIn("aria", PASSWORD)), "BAD_RESPONSE", String(server_first));
  }
  assert.ok(!server.paths.includes(EXCHANGE[1]));
  await Accounts.on(server);
  for (const session_token of [undefined, 7, "", "s1 x", "s1\r\nEvil: 1"]) {
    server.on("POST /api/auth/scram/finish", { body: { success: true, session_token, username: "Aria", player_id: 7 } });
    assert.equal(await codeOf(client.signIn("aria", PASSWORD)), "BAD_RESPONSE", String(session_token));
  }
  assert.equal(storage.map.size, 0);
});

test("names and passwords that break the rules are refused with their field, before anything is sent", async () => {
  const client = clientOf();
  for (const [username, password, field] of [["a b", PASSWORD, "username"], ["ab", PASSWORD, "username"], ["aria", "short", "password"]]) {
    for (const method of ["signIn", "signUp", "connect", "register"]) {
      const { code, field: at } = await refusal(client[method](username, password));
      assert.deepEqual([code, at], ["INVALID_FIELD", field], method);
    }
  }
  assert.deepEqual(server.asked, []);
});

test("signing out forgets the session at once, ends it on the server and leaves the world", async () => {
  await Accounts.on(server);
  const storage = storeOf({ [KEY]: "s1_kept" });
  const { client, socket } = await inWorld({ storage });
  let answer;
  server.on("POST /api/auth/logout", () => new Promise((resolve) => (answer = resolve)));
  const signedOut = client.signOut();
  assert.equal(socket.closedWith, 1000);
  assert.equal(socket.received("disconnect").length, 1);
  assert.equal(storage.map.size, 0);
  await server.untilAsked(2);
  assert.equal(server.asked.at(-1).token, "s1_kept");
  answer({ body: { success: true } });
  await signedOut;
  // There is nothing to end a second time.
  await client.signOut();
  assert.deepEqual(server.paths.slice(1), ["POST /api/auth/logout"]);
});

test("signing out of a session that has ended already is no error, and without a network it is told", async () => {
  server.on("POST /api/auth/logout", problem(401, "SESSION_EXPIRED"));
  await signedIn().signOut();
  const storage = storeOf({ [KEY]: "s1_kept" });
  const client = signedIn({ storage });
  server.on("POST /api/auth/logout", () => { throw new TypeError("fetch failed"); });
  assert.equal(await codeOf(client.signOut()), "UNREACHABLE");
  assert.equal(storage.map.size, 0);
});

test("a password is changed by proofs alone, and a server that cannot prove itself is told of", async () => {
  await Accounts.on(server);
  const client = clientOf();
  await client.signIn("aria", PASSWORD);
  assert.equal((await refusal(client.changePassword(PASSWORD, "short"))).field, "password");
  assert.equal(server.asked.length, 2);
  server.on("POST /api/auth/password", { body: { success: true, server_final: "v=AAAA" } });
  const { code, message } = await refusal(client.changePassword(PASSWORD, "battery staple"));
  assert.equal(code, "BAD_SERVER_PROOF");
  // One is signed in as before.
  assert.doesNotMatch(message, /not signed in/);
  assert.deepEqual(server.paths.slice(2), ["GET /api/auth/session", EXCHANGE[0], "POST /api/auth/password"]);
  const { body } = server.asked.at(-1);
  assert.deepEqual(Object.keys(body).sort(), ["client_final", "handshake_id", "iterations", "salt", "server_key", "stored_key"]);
  for (const { text } of server.asked) assert.ok(!/horse|staple/.test(text), text);
});

test("who deletes the account leaves the world and is forgotten, and who is refused stays", async () => {
  const accounts = await Accounts.on(server);
  const storage = storeOf({ [KEY]: "s1_kept" });
  const { client, socket } = await inWorld({ storage });
  accounts.sessions.set("s1_kept", { username: "Aria", player_id: 7 });
  server.on("DELETE /api/auth/account", problem(401, "BAD_CREDENTIALS", { detail: "The password is wrong." }));
  assert.equal(await codeOf(client.deleteAccount("battery staple")), "BAD_CREDENTIALS");
  assert.equal(client.status.state, "connected");
  assert.equal(storage.map.get(KEY), "s1_kept");
  server.on("DELETE /api/auth/account", { body: { success: true } });
  await client.deleteAccount(PASSWORD);
  assert.equal(socket.closedWith, 1000);
  assert.equal(storage.map.size, 0);
});
