// Whether a server counts as one that answers, by a server of our own.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { watchAnswers } from "../../scripts/serve/watch-answers.mjs";

const EVERY_MS = 100;

/** A server that answers as `handle` does, watched: { silent, stop() }. */
async function watched(t, handle) {
  const server = http.createServer(handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  const said = [];
  const watch = watchAnswers(`http://127.0.0.1:${server.address().port}`, EVERY_MS, (ms) => said.push(ms));
  t.after(() => {
    watch.stop();
    server.closeAllConnections();
    server.close();
  });
  return said;
}

test("a server that answers slowly answers", async (t) => {
  const said = await watched(t, async (_, response) => {
    await pause(2 * EVERY_MS);
    response.end();
  });
  await pause(15 * EVERY_MS);
  assert.deepEqual(said, []);
});

test("one that takes connections and says nothing does not, and that is told once", async (t) => {
  const said = await watched(t, () => {});
  await pause(15 * EVERY_MS);
  assert.deepEqual(said, [4 * EVERY_MS]);
});
