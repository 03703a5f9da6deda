// A client that stops reading costs neither memory nor anybody's time.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createCharacter, enterWorld, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { RawSocket } from "./support/raw-socket.mjs";
import { startServer } from "./support/server.mjs";

/** Together they say some 200 KB a second. */
const CHATTERS = 20;
const LONG = "𝔰".repeat(480);
/** Chat allows five a second. */
const CHAT_EVERY_MS = 210;
const CHAT_P99_MS = 150;
/** The kernel's buffers come first; then 256 KiB are soon full. */
const CLOSED_WITHIN_MS = 40_000;
/** More than the same crowd makes memory grow by itself: its log fills in the first 90 s. */
const GROWTH = 16 * 1024 * 1024;
const CALM_MS = 15_000;

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const percentile = (values, share) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1];

/** What workerd holds in memory, in bytes. */
const resident = () => Number(/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${server.workerdPid}/status`, "utf8"))[1]) * 1024;

test("a client that never reads is closed with 4012, the memory stays and others chat as before", async (t) => {
  const { url } = server;
  const crowd = [];
  for (let n = 0; n < CHATTERS; n += 1) crowd.push(await enterWorld(url));
  const [listener, speaker] = crowd;
  const sockets = async () => (await rest(url, "GET", "/api/status")).body.websocket_connections;

  let talking = true;
  const latencies = [];
  const talks = crowd.map(async ({ socket }, index) => {
    for (let n = 0; talking; n += 1) {
      // Who is not waited for is forgotten: this test's own memory is not its subject.
      if (socket.received.length > 500) socket.received.length = 0;
      const content = `${index} ${n} ${LONG}`;
      const began = performance.now();
      socket.send({ type: "chat", content });
      socket.send({ type: "move", to_location_id: 0, position: { x: (n % 2) * 0.5, y: index * 0.1, z: 0 } });
      if (socket === speaker.socket) {
        listener.socket.next("chat", (chat) => chat.content === content, 20_000).then(() => latencies.push(performance.now() - began));
      }
      await pause(CHAT_EVERY_MS);
    }
  });
  // Until what everybody's chat takes has been taken.
  await pause(5_000);
  const first = resident();
  await pause(CALM_MS);
  const before = resident();
  const calm = latencies.splice(0);

  const account = await signUp(url);
  const character = await createCharacter(url, account.token);
  await selectCharacter(url, account.token, character.id);
  const entered = Promise.withResolvers();
  const slow = await RawSocket.open(url, { heard: ({ type }) => type === "location_update" && entered.resolve() });
  slow.send({ type: "auth_request", username: account.username, session_token: account.token });
  await entered.promise;
  slow.stopReading();
  await pause(1_000);
  assert.equal(await sockets(), CHATTERS + 1);
  const began = Date.now();
  while ((await sockets()) > CHATTERS) {
    assert.ok(Date.now() - began < CLOSED_WITHIN_MS, "it was not closed");
    await pause(200);
  }
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const byItself = ((before - first) / CALM_MS) * (Date.now() - began);
  const grown = resident() - before - byItself;
  talking = false;
  await Promise.all(talks);
  await pause(500);

  slow.readOn();
  for (let n = 0; n < 50 && slow.closeCode === undefined; n += 1) await pause(100);
  slow.cut();
  const show = (values) => `p50 ${percentile(values, 0.5).toFixed(1)} ms, p99 ${percentile(values, 0.99).toFixed(1)} ms of ${values.length}`;
  t.diagnostic(`closed after ${seconds} s; ${(grown / 2 ** 20).toFixed(1)} MiB more in memory, besides the ${(byItself / 2 ** 20).toFixed(1)} by which the crowd alone had it grow in as long`);
  t.diagnostic(`chat before: ${show(calm)}; beside the slow one: ${show(latencies)}`);
  assert.equal(slow.closeCode, 4012);
  assert.ok(grown < GROWTH, `${grown} bytes more`);
  assert.ok(percentile(latencies, 0.99) < CHAT_P99_MS, show(latencies));
  // It may come back, so it has not left.
  assert.equal((await rest(url, "GET", "/api/status")).body.active_players, CHATTERS + 1);
  for (const { socket } of crowd) await socket.close();
});
