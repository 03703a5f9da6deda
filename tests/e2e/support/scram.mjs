// The client's side of SCRAM-SHA-256 over REST, written from RFC 5802 alone: no
// code of ours.
import assert from "node:assert/strict";
import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { rest } from "./rest.mjs";

export const ITERATIONS = 600_000;

const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const hash = (bytes) => createHash("sha256").update(bytes).digest();
const xor = (a, b) => Buffer.from(a.map((byte, index) => byte ^ b[index]));

const stretchedBefore = new Map();

/** All accounts that one process makes have the same, unless a test gives another. */
const SALT = randomBytes(16);

/** A stretched password, remembered: with one salt, many accounts cost one stretching. */
function stretch(password, salt) {
  const key = `${password} ${salt.toString("hex")}`;
  if (!stretchedBefore.has(key)) {
    stretchedBefore.set(key, promisify(pbkdf2)(password, salt, ITERATIONS, 32, "sha256"));
  }
  return stretchedBefore.get(key);
}

/** What is sent of a new password: { salt, iterations, stored_key, server_key }. */
export async function stretched(password, salt = SALT) {
  const salted = await stretch(password, salt);
  return {
    salt: salt.toString("base64"),
    iterations: ITERATIONS,
    stored_key: hash(hmac(salted, "Client Key")).toString("base64"),
    server_key: hmac(salted, "Server Key").toString("base64"),
  };
}

export async function registerByScram(url, username, password, changes = {}) {
  const body = { username, ...(await stretched(password)), ...changes };
  return rest(url, "POST", "/api/auth/scram/register", { body });
}

/**
 * Starts an exchange and works out its end: { start, body, serverProof }, where
 * `body` proves that the password is known and serverProof is what the server
 * must prove itself with. `call` is rest(), or one like it.
 */
export async function prove(url, username, password, call = rest) {
  const bare = `n=${username},r=${randomBytes(18).toString("base64")}`;
  const start = await call(url, "POST", "/api/auth/scram/start", { body: { client_first: `n,,${bare}` } });
  assert.equal(start.status, 200, JSON.stringify(start.body));
  const [, nonce, salt, iterations] = start.body.server_first.match(/^r=([^,]+),s=([^,]+),i=(\d+)$/);
  assert.equal(Number(iterations), ITERATIONS);
  const salted = await stretch(password, Buffer.from(salt, "base64"));
  const clientKey = hmac(salted, "Client Key");
  const withoutProof = `c=biws,r=${nonce}`;
  const signed = `${bare},${start.body.server_first},${withoutProof}`;
  const proof = xor(clientKey, hmac(hash(clientKey), signed)).toString("base64");
  return {
    start,
    body: { handshake_id: start.body.handshake_id, client_final: `${withoutProof},p=${proof}` },
    serverProof: `v=${hmac(hmac(salted, "Server Key"), signed).toString("base64")}`,
  };
}

/** A whole exchange that signs in: what prove() gives, and { finish }. */
export async function signInByScram(url, username, password) {
  const proof = await prove(url, username, password);
  const finish = await rest(url, "POST", "/api/auth/scram/finish", { body: proof.body });
  return { ...proof, finish };
}
