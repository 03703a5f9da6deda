// SCRAM-SHA-256 over REST, with the client's side written here from RFC 5802
// alone: no code of ours.
import assert from "node:assert/strict";
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { PASSWORD, freshName, rest, signUp } from "./support/json-client.mjs";
import { startServer } from "./support/server.mjs";

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const ITERATIONS = 600_000;
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const hash = (bytes) => createHash("sha256").update(bytes).digest();
const xor = (a, b) => Buffer.from(a.map((byte, index) => byte ^ b[index]));
const stretch = (password, salt) => pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");

async function register(username, password, changes = {}) {
  const salt = randomBytes(16);
  const salted = stretch(password, salt);
  const body = {
    username,
    salt: salt.toString("base64"),
    iterations: ITERATIONS,
    stored_key: hash(hmac(salted, "Client Key")).toString("base64"),
    server_key: hmac(salted, "Server Key").toString("base64"),
    ...changes,
  };
  return rest(server.url, "POST", "/api/auth/scram/register", { body });
}

/** A whole exchange: { start, finish, serverProof } where serverProof is what must come back. */
async function signIn(username, password) {
  const bare = `n=${username},r=${randomBytes(18).toString("base64")}`;
  const start = await rest(server.url, "POST", "/api/auth/scram/start", { body: { client_first: `n,,${bare}` } });
  assert.equal(start.status, 200, JSON.stringify(start.body));
  const [, nonce, salt, iterations] = start.body.server_first.match(/^r=([^,]+),s=([^,]+),i=(\d+)$/);
  assert.equal(Number(iterations), ITERATIONS);
  const salted = stretch(password, Buffer.from(salt, "base64"));
  const clientKey = hmac(salted, "Client Key");
  const withoutProof = `c=biws,r=${nonce}`;
  const signed = `${bare},${start.body.server_first},${withoutProof}`;
  const proof = xor(clientKey, hmac(hash(clientKey), signed)).toString("base64");
  const body = { handshake_id: start.body.handshake_id, client_final: `${withoutProof},p=${proof}` };
  const finish = await rest(server.url, "POST", "/api/auth/scram/finish", { body });
  return { start, body, finish, serverProof: `v=${hmac(hmac(salted, "Server Key"), signed).toString("base64")}` };
}

test("an account made by SCRAM signs in by SCRAM, and the server proves itself too", async () => {
  const username = freshName("scram");
  const registered = await register(username, PASSWORD);
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  const { finish, serverProof, body } = await signIn(username, PASSWORD);
  assert.equal(finish.status, 200, JSON.stringify(finish.body));
  assert.equal(finish.body.server_final, serverProof);
  assert.equal(finish.body.username, username);
  const list = await rest(server.url, "GET", "/api/characters", { token: finish.body.session_token });
  assert.equal(list.status, 200);
  // It serves once.
  const again = await rest(server.url, "POST", "/api/auth/scram/finish", { body });
  assert.equal(again.status, 401);
});

test("the plain routes and SCRAM know the same password", async () => {
  const plain = await signUp(server.url);
  assert.equal((await signIn(plain.username, PASSWORD)).finish.status, 200);
  const username = freshName("scram");
  await register(username, PASSWORD);
  const login = await rest(server.url, "POST", "/api/auth/login", { body: { username, password: PASSWORD } });
  assert.equal(login.status, 200);
});

test("a wrong password and an unknown user get the same answers, and an unknown user's salt is stable", async () => {
  const username = freshName("scram");
  await register(username, PASSWORD);
  const wrong = await signIn(username, "not the password");
  const nobody = freshName("nobody");
  const [once, twice] = [await signIn(nobody, PASSWORD), await signIn(nobody, PASSWORD)];
  // A proof that is none tells no more than a wrong one.
  for (const name of [username, nobody]) {
    const start = await rest(server.url, "POST", "/api/auth/scram/start", { body: { client_first: `n,,n=${name},r=abc` } });
    const body = { handshake_id: start.body.handshake_id, client_final: "nonsense" };
    const finish = await rest(server.url, "POST", "/api/auth/scram/finish", { body });
    assert.equal(finish.status, 401, name);
    assert.equal(finish.body.code, "BAD_CREDENTIALS");
  }
  for (const { finish } of [wrong, once, twice]) {
    assert.equal(finish.status, 401);
    assert.equal(finish.body.code, "BAD_CREDENTIALS");
  }
  const salt = ({ start }) => start.body.server_first.match(/,s=([^,]+),/)[1];
  assert.equal(salt(once), salt(twice));
  assert.match(wrong.start.body.handshake_id, /^h1_/);
});

test("channel binding, another count of iterations and malformed messages name the field", async () => {
  const start = (client_first) => rest(server.url, "POST", "/api/auth/scram/start", { body: { client_first } });
  for (const message of ["p=tls-exporter,,n=user,r=abc", "n,,n=a b,r=abc", "nonsense"]) {
    const refused = await start(message);
    assert.equal(refused.status, 422, message);
    assert.equal(refused.body.errors[0].field, "client_first");
  }
  const field = async (changes) => (await register(freshName("scram"), PASSWORD, changes)).body.errors[0].field;
  assert.equal(await field({ iterations: 4096 }), "iterations");
  assert.equal(await field({ salt: "AAAA" }), "salt");
  assert.equal(await field({ stored_key: "not base64" }), "stored_key");
  const forged = await rest(server.url, "POST", "/api/auth/scram/finish", { body: { handshake_id: "h1_AAAA", client_final: "c=biws,r=x,p=AAAA" } });
  assert.equal(forged.status, 401);
});
