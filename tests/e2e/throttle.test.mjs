// Too many wrong sign-ins and registrations.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, freshName, rest, signUpPlainly } from "./support/json-client.mjs";
import { startServer } from "./support/server.mjs";

const LIMITS = { SIGN_IN_FAILURES_PER_NAME: "3", SIGN_IN_FAILURES_PER_ADDRESS: "8", REGISTRATIONS_PER_ADDRESS: "4" };

let server;
before(async () => (server = await startServer({ env: LIMITS })));
after(() => server.stop());

const login = (username, password) => rest(server.url, "POST", "/api/auth/login", { body: { username, password } });

function assertLimited(answer) {
  assert.equal(answer.status, 429, JSON.stringify(answer.body));
  assert.equal(answer.body.code, "RATE_LIMITED");
  const wait = Number(answer.headers.get("retry-after"));
  assert.ok(wait >= 1 && wait <= 60, `${wait}`);
}

const register = (username) => rest(server.url, "POST", "/api/auth/register", { body: { username, password: PASSWORD } });

test("a name with too many wrong passwords waits, known or not; then an address; whoever signed in from there before is spared", async () => {
  const known = freshName("user");
  assert.equal((await register(known)).status, 201);
  const nobody = freshName("nobody");
  for (const name of [known, nobody]) {
    for (let n = 0; n < 3; n += 1) assert.equal((await login(name, "wrong password")).status, 401);
    assertLimited(await login(name, "wrong password"));
  }
  // Not even the right one: otherwise the limit would tell which it is.
  assertLimited(await login(known, PASSWORD));
  // Six so far from this address. An owner who signed in from here before is not locked out by others.
  const account = await signUpPlainly(server.url);
  assert.equal((await login(account.username, "wrong password")).status, 401);
  assert.equal((await login(account.username, PASSWORD)).status, 200);
  // What breaks the rules of names and passwords is no wrong password.
  assert.equal((await login(freshName("nobody"), "wrong")).status, 422);
  // One more, and every name waits.
  assert.equal((await login(freshName("nobody"), "wrong password")).status, 401);
  assertLimited(await login(freshName("nobody"), "wrong password"));
});

test("too many registrations from an address wait", async () => {
  // Two were made above.
  for (let n = 0; n < 2; n += 1) assert.equal((await register(freshName("user"))).status, 201);
  assertLimited(await register(freshName("user")));
});
