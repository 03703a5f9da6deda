// SCRAM-SHA-256 over REST.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, freshName, rest, signUpPlainly } from "./support/json-client.mjs";
import { registerByScram, signInByScram } from "./support/scram.mjs";
import { startServer } from "./support/server.mjs";

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const register = (username, password, changes) => registerByScram(server.url, username, password, changes);
const signIn = (username, password) => signInByScram(server.url, username, password);

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
  const plain = await signUpPlainly(server.url);
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
