// Stretching a password where a page has no WebCrypto: the same bytes, and the page goes on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Accounts, PASSWORD } from "./support/accounts.mjs";
import { clientOf, codeOf, server } from "./support/stage.mjs";

/** Until the test is over the page has randomness alone, as one that came over plain HTTP. */
function hidesWebCrypto(t) {
  const real = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, "crypto", { value: { getRandomValues: (bytes) => crypto.getRandomValues(bytes) }, configurable: true });
  const back = () => Object.defineProperty(globalThis, "crypto", real);
  t.after(back);
  return back;
}

test("without WebCrypto a password becomes the same bytes, and timers run meanwhile", async (t) => {
  await Accounts.on(server);
  const client = clientOf();
  const back = hidesWebCrypto(t);
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 1);
  t.after(() => clearInterval(timer));
  const odd = `pässwörd \u{1F511} ${"x".repeat(80)}`;
  await client.signUp("bran", odd);
  assert.ok(ticks >= 10, `${ticks} ticks while a password was stretched`);
  back();
  // A proof by other bytes would be refused.
  assert.equal((await client.signIn("bran", odd)).username, "bran");
});

test("a WebCrypto that refuses is done without", async (t) => {
  await Accounts.on(server);
  const refused = t.mock.method(crypto.subtle, "deriveBits", () => Promise.reject(new DOMException("no", "OperationError")));
  assert.equal((await clientOf().signIn("aria", PASSWORD)).username, "Aria");
  assert.equal(refused.mock.callCount(), 1);
});

test("stretching without WebCrypto ends when it is given up", async (t) => {
  hidesWebCrypto(t);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 5);
  assert.equal(await codeOf(clientOf().signUp("bran", PASSWORD, { signal: abort.signal })), "ABORTED");
  assert.deepEqual(server.asked, []);
});
