// A client that stops reading costs neither memory nor anybody's time.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { crowding } from "./support/crowding.mjs";
import { createCharacter, enterWorld, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { RawSocket } from "./support/raw-socket.mjs";
import { startServer } from "./support/server.mjs";

/** Together they say some 200 KB a second. */
const CHATTERS = 20;
const LONG = "𝔰".repeat(480);
/** Chat allows five a second. */
const CHAT_EVERY_MS = 210;
const HEARD_WITHIN_MS = 20_000;
/** What a player would notice. */
const CHAT_P95_MS = 500;
/** Nor may it be this many times what it was before, on a machine where that was much. */
const CHAT_P95_TIMES = 3;
/** The kernel's buffers come first; then 256 KiB are soon full. */
const CLOSED_WITHIN_MS = 40_000;
/** More than the same crowd makes memory grow by itself: its log fills in the first 90 s. */
const GROWTH = 16 * 1024 * 1024;
const CALM_MS = 15_000;

let server;
const crowd = [];
let talking = true;
let talks;
/** How long the listener waited for what the speaker said, since this was last emptied. */
const latencies = [];
/** Of the crowd alone: how long chat took, and by how many bytes a millisecond its memory grew. */
let calm;
let growth;

before(async () => {
  server = await startServer();
  for (let n = 0; n < CHATTERS; n += 1) crowd.push(await enterWorld(server.url));
  const [listener, speaker] = crowd;
  talks = crowd.map(({ socket }, index) => talk(socket, index, socket === speaker.socket ? listener : undefined));
  // Until what everybody's chat takes has been taken.
  await pause(5_000);
  const first = resident();
  await pause(CALM_MS);
  // What the runtime gave back just then, it will not give back again.
  growth = Math.max(0, resident() - first) / CALM_MS;
  calm = latencies.splice(0);
});

after(async () => {
  talking = false;
  await Promise.all(talks ?? []);
  for (const { socket } of crowd) await socket.close();
  await server.stop();
});

async function talk(socket, index, listener) {
  for (let n = 0; talking; n += 1) {
    // Who is not waited for is forgotten: this test's own memory is not its subject.
    if (socket.received.length > 500) socket.received.length = 0;
    const content = `${index} ${n} ${LONG}`;
    const began = performance.now();
    const hears = (one) => one.socket.next("chat", (chat) => chat.content === content, HEARD_WITHIN_MS);
    // Its own copy comes before it says more: what piles up while the server has no time is refused as too much.
    const own = hears({ socket }).catch(() => {});
    listener && hears(listener).then(() => latencies.push(performance.now() - began), () => latencies.push(Infinity));
    socket.send({ type: "chat", content });
    socket.send({ type: "move", to_location_id: 0, position: { x: (n % 2) * 0.5, y: index * 0.1, z: 0 } });
    await Promise.all([pause(CHAT_EVERY_MS), own]);
  }
}

const percentile = (values, share) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1];
const show = (values) => [0.5, 0.95, 0.99].map((share) => `p${100 * share} ${percentile(values, share).toFixed(1)} ms`).join(", ") + ` of ${values.length}`;
const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(1);

/** What workerd holds in memory, in bytes. */
const resident = () => Number(/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${server.workerdPid}/status`, "utf8"))[1]) * 1024;

const status = async () => (await rest(server.url, "GET", "/api/status")).body;

/** Waits until a count of the status is this. */
async function counts(name, expected, withinMs) {
  for (const end = Date.now() + withinMs; (await status())[name] !== expected; await pause(200)) {
    assert.ok(Date.now() < end, `${name} was not ${expected} within ${withinMs} ms`);
  }
}

for (const [encoding, protocol, listener] of [["JSON", "shardlink.v1.json", "heard"], ["binary", "shardlink.v1.bin", "heardBinary"]]) {
  test(`a ${encoding} client that never reads is closed with 4012, the memory stays and others chat as before`, async (t) => {
    const { url } = server;
    const account = await signUp(url);
    const character = await createCharacter(url, account.token);
    const { ticket } = await selectCharacter(url, account.token, character.id);
    try {
      const spoken = Promise.withResolvers();
      const slow = await RawSocket.open(url, { protocols: [protocol, ticket], [listener]: spoken.resolve });
      await spoken.promise;
      slow.stopReading();
      await counts("active_players", CHATTERS + 1, 10_000);
      assert.equal((await status()).websocket_connections, CHATTERS + 1);
      latencies.length = 0;
      const [began, before] = [Date.now(), resident()];
      await counts("websocket_connections", CHATTERS, CLOSED_WITHIN_MS * crowding());
      const took = Date.now() - began;
      const grown = resident() - before - growth * took;
      const beside = latencies.splice(0);
      // It may come back, so it has not left.
      assert.equal((await status()).active_players, CHATTERS + 1);

      slow.readOn();
      for (let n = 0; n < 50 && slow.closeCode === undefined; n += 1) await pause(100);
      slow.cut();
      t.diagnostic(`closed after ${(took / 1000).toFixed(1)} s; ${mebibytes(grown)} MiB more in memory, besides the ${mebibytes(growth * took)} by which the crowd alone had it grow in as long`);
      t.diagnostic(`chat before: ${show(calm)}; beside the slow one: ${show(beside)}`);
      assert.equal(slow.closeCode, 4012);
      assert.ok(grown < GROWTH, `${grown} bytes more`);
      assert.ok(percentile(beside, 0.95) < Math.max(CHAT_P95_MS * crowding(), CHAT_P95_TIMES * percentile(calm, 0.95)), show(beside));
    } finally {
      // Now it does leave: the next one is counted from the same crowd.
      assert.equal((await rest(url, "POST", "/api/auth/logout", { token: account.token, body: {} })).status, 200);
    }
    await counts("active_players", CHATTERS, 10_000);
  });
}
