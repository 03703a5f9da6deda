// How often REST may be asked: by session, by address, and by whoever shows none.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, freshName, rest } from "./support/json-client.mjs";
import { assertProblem } from "./support/problems.mjs";
import { startServer } from "./support/server.mjs";

const LIMITS = { CLIENT_ADDRESS: "header:X-Real-IP", REST_PER_SESSION: "30", REST_PER_ADDRESS: "100", SIGN_INS_PER_ADDRESS: "3" };

let server;
before(async () => (server = await startServer({ env: LIMITS })));
after(() => server.stop());

const from = (address) => (address === undefined ? {} : { "X-Real-IP": address });
const status = (address) => rest(server.url, "GET", "/api/status", { headers: from(address) });

/** Asks one after the other until it is too much: how often it was answered, and the refusal. */
async function untilRefused(ask) {
  for (let answered = 0; answered < 1000; answered += 1) {
    const answer = await ask();
    if (answer.status === 429) return { answered, refusal: answer };
  }
  throw new Error("it was never too much");
}

test("an address has its budget, however it is written, and its neighbour another", async () => {
  const written = ["203.0.113.9", "203.0.113.9:51000", "::ffff:203.0.113.9", "198.51.100.1, 203.0.113.9"];
  let next = 0;
  const { answered, refusal } = await untilRefused(() => status(written[next++ % written.length]));
  // What came back while it was asked is on top.
  assert.ok(answered >= 100 && answered <= 130, `${answered}`);
  assertProblem(refusal, 429, "RATE_LIMITED");
  assert.equal((await status("203.0.113.10")).status, 200);
});

test("all who show no address that can be read have one budget, and the log says so", async () => {
  const shown = [undefined, "unknown", "", "203.0.113.300"];
  let next = 0;
  // `serve` has asked too, without the header.
  const { answered } = await untilRefused(() => status(shown[next++ % shown.length]));
  assert.ok(answered >= 50 && answered <= 130, `${answered}`);
  const lines = server.output().split("\n").filter((line) => line.includes("CLIENT_ADDRESS=header:X-Real-IP"));
  // Once a minute at most.
  assert.ok(lines.length === 1 || lines.length === 2, server.output());
});

test("a session has a budget of its own, which a new token does not renew; its neighbours are served", async () => {
  const headers = from("203.0.113.20");
  const credentials = { username: freshName("user"), password: PASSWORD };
  for (const route of ["register", "login"]) assert.ok((await rest(server.url, "POST", `/api/auth/${route}`, { body: credentials, headers })).status < 300);
  const login = await rest(server.url, "POST", "/api/auth/login", { body: credentials, headers });
  let token = login.body.session_token;
  const refreshed = await rest(server.url, "POST", "/api/auth/refresh", { token, headers });
  token = refreshed.body.session_token;
  const { answered, refusal } = await untilRefused(() => rest(server.url, "GET", "/api/auth/session", { token, headers: from("203.0.113.21") }));
  assert.ok(answered >= 28 && answered <= 40, `${answered}`);
  assertProblem(refusal, 429, "RATE_LIMITED");
  assert.match(refusal.body.detail, /You have asked too often/);
  assert.equal((await status("203.0.113.21")).status, 200);
});

test("right plain sign-ins from an address are counted, and say so", async () => {
  const headers = from("203.0.113.30");
  const account = { username: freshName("user"), password: PASSWORD };
  await rest(server.url, "POST", "/api/auth/register", { body: account, headers });
  const login = () => rest(server.url, "POST", "/api/auth/login", { body: account, headers });
  for (let n = 0; n < 3; n += 1) assert.equal((await login()).status, 200);
  const refusal = await login();
  assertProblem(refusal, 429, "RATE_LIMITED");
  assert.match(refusal.body.detail, /Too many sign-ins from your network/);
});

test("all fields of a body that are wrong are told at once, in words", async () => {
  const answer = await rest(server.url, "POST", "/api/auth/register", { body: { username: "a b", password: 5 }, headers: from("203.0.113.40") });
  assertProblem(answer, 422, "INVALID_FIELD");
  assert.deepEqual(answer.body.errors.map(({ field }) => field), ["username", "password"]);
  assert.deepEqual(answer.body.errors.map(({ message }) => message), [
    "The field username must be 3 to 50 letters (A to Z), digits, dots, hyphens and underscores.",
    "The field password must be a text.",
  ]);
});
