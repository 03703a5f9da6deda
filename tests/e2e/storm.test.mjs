// Signing in by a password costs the server real work. However many do at once,
// those who play must not notice.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { crowding } from "./support/crowding.mjs";
import { PASSWORD, enterWorld, freshName, rest, signUp } from "./support/json-client.mjs";
import { assertProblem } from "./support/problems.mjs";
import { startServer } from "./support/server.mjs";

const STORM_MS = 12_000;
const AT_ONCE = 32;
/** Chat allows five a second. */
const CHAT_EVERY_MS = 210;
/** What a player would notice. `npm run hostile -- hashing-queue` measures it more closely. */
const CHAT_P95_MS = 500;

let server;
// So high that everything is really hashed, not counted and refused.
const limits = { SIGN_IN_FAILURES_PER_NAME: "1000000", SIGN_IN_FAILURES_PER_ADDRESS: "1000000", SIGN_INS_PER_ADDRESS: "1000000", REST_PER_ADDRESS: "1000000" };
before(async () => (server = await startServer({ env: limits })));
after(() => server.stop());

/** The value that this share of the values does not exceed. */
const percentile = (values, share) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1];

test("in a storm of plain sign-ins chat stays quick, and who would wait too long is told when to come back", async (t) => {
  const { url } = server;
  const [a, b] = [await enterWorld(url), await enterWorld(url)];
  const known = await signUp(url);
  const chat = (count) => Promise.all([chatEvery(a, b, count), chatEvery(b, a, count)]);

  const calm = (await chat(10)).flat();
  const until = Date.now() + STORM_MS;
  const storm = Array.from({ length: AT_ONCE }, (_, n) => signInUntil(url, until, n, known.username));
  await pause(500);
  const inStorm = (await chat(Math.floor((STORM_MS - 1_000) / CHAT_EVERY_MS))).flat();
  const answers = (await Promise.all(storm)).flat();

  const counts = Object.groupBy(answers, (answer) => answer.status);
  const said = Object.entries(counts).map(([status, some]) => `${some.length} × ${status}`).join(", ");
  const show = (values) => [0.5, 0.95, 0.99].map((share) => `p${100 * share} ${percentile(values, share).toFixed(1)} ms`).join(", ") + ` of ${values.length}`;
  t.diagnostic(`sign-ins: ${said}`);
  t.diagnostic(`chat in calm: ${show(calm)}`);
  t.diagnostic(`chat in the storm: ${show(inStorm)}`);

  // Right and wrong ones were judged all the while, and nothing else went wrong.
  assert.deepEqual(Object.keys(counts), ["200", "401", "503"], said);
  for (const refused of counts[503]) assertProblem(refused, 503, "OVERLOADED");
  // Server and bots wait for a core, each as long.
  assert.ok(percentile(inStorm, 0.95) < CHAT_P95_MS * crowding() ** 2, show(inStorm));
  await a.socket.close();
  await b.socket.close();
});

test("many wrong passwords at once do not keep a realm where nobody plays from answering", async (t) => {
  const quiet = await startServer({ env: limits });
  try {
    const { url } = quiet;
    const known = await signUp(url);
    let going = true;
    const took = [];
    const asking = (async () => {
      while (going) {
        const began = performance.now();
        assert.equal((await rest(url, "GET", "/api/status")).status, 200);
        took.push(performance.now() - began);
        await pause(20);
      }
    })();
    // The first may take a piece, by which the server learns how long one takes.
    const wrong = (n) => rest(url, "POST", "/api/auth/login", { body: { username: known.username, password: `wrong ${n}` } });
    const answers = await Promise.all(Array.from({ length: 24 }, (_, n) => wrong(n)));
    going = false;
    await asking;
    const counts = Object.groupBy(answers, (answer) => answer.status);
    t.diagnostic(`${Object.entries(counts).map(([status, some]) => `${some.length} × ${status}`).join(", ")}; asked ${took.length} times, ${Math.max(...took).toFixed(0)} ms at most`);
    assert.ok(counts[401]?.length > 0, "some were judged");
    assert.ok(Math.max(...took) < 1_500 * crowding(), `an answer took ${Math.max(...took).toFixed(0)} ms`);
  } finally {
    await quiet.stop();
  }
});

/** Says something again and again; how long each took to be heard by the other. */
async function chatEvery(speaker, listener, count) {
  const heard = [];
  for (let n = 0; n < count; n += 1) {
    const content = `${speaker.username} ${n} of ${count}`;
    const began = performance.now();
    speaker.socket.send({ type: "chat", content });
    heard.push(listener.socket.next("chat", (chat) => chat.content === content, 20_000).then(() => performance.now() - began));
    await pause(CHAT_EVERY_MS);
  }
  return Promise.all(heard);
}

/** One of those who sign in: a third of them rightly, the others wrongly or as nobody. */
async function signInUntil(url, until, n, known) {
  const answers = [];
  while (Date.now() < until) {
    const username = n % 3 === 2 ? freshName("nobody") : known;
    const password = n % 3 === 0 ? PASSWORD : "not the password";
    const answer = await rest(url, "POST", "/api/auth/login", { body: { username, password } });
    answers.push(answer);
    // Ten times as impatient as the server asks for at least: a storm of refusals
    // alone would measure this process, not the server.
    if (answer.status === 503) await pause(100);
  }
  return answers;
}
