// A server that is stopped sends its players away to come back, and they come back to
// where they were; a close that is meant is final.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { crowding } from "./support/crowding.mjs";
import { createCharacter, enterWorld, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { RawSocket } from "./support/raw-socket.mjs";
import { startServer } from "./support/server.mjs";

/** What an operator is promised. */
const STOPS_WITHIN_MS = 10_000;

const until = async (what, holds) => {
  for (let n = 0; n < 100; n += 1) {
    if (holds()) return;
    await pause(50);
  }
  assert.fail(`${what} did not happen`);
};

test("SIGTERM closes sockets with 1012 after telling what was said, and the place is there after the restart", { timeout: 60_000 }, async () => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-closing-"));
  let server = await startServer({ dataDir });
  const account = await signUp(server.url);
  const character = await createCharacter(server.url, account.token);
  await selectCharacter(server.url, account.token, character.id);
  const heard = [];
  const socket = await RawSocket.open(server.url, { heard: (message) => heard.push(message) });
  socket.send({ type: "auth_request", username: account.username, session_token: account.token });
  await until("entering", () => heard.some(({ type }) => type === "location_update"));
  socket.send({ type: "move", to_location_id: 0, position: { x: 3, y: 1, z: 0 } });
  socket.send({ type: "chat", content: "before the stop" });
  await until("hearing oneself", () => heard.some(({ type }) => type === "chat"));
  // World has to have heard of the hub.
  await pause(1_000);

  const began = Date.now();
  const { code } = await server.stop();
  const took = Date.now() - began;
  assert.equal(code, 0);
  assert.ok(took < STOPS_WITHIN_MS, `it took ${took} ms`);
  assert.equal(socket.closeCode, 1012);

  server = await startServer({ dataDir });
  const { resume_token: token } = heard.find(({ type }) => type === "auth_response");
  const again = [];
  const back = await RawSocket.open(server.url, { protocols: ["shardlink.v1.json", `resume.${token}`], heard: (message) => again.push(message) });
  back.send({ type: "resume", last_seq: 0 });
  await until("resuming", () => again.some(({ type }) => type === "location_update"));
  assert.deepEqual(again.map(({ type }) => type), ["resumed", "chat", "location_update"]);
  assert.deepEqual([again[0].replayed, again[0].snapshot, again[1].content], [1, false, "before the stop"]);
  // From the entrance this would be too far: the place was kept.
  back.send({ type: "move", to_location_id: 0, position: { x: 9, y: 1, z: 0 }, message_id: "step" });
  await until("an answer", () => again.some(({ reply_to: to }) => to === "step"));
  assert.equal(again.find(({ reply_to: to }) => to === "step").type, "move");
  back.cut();
  await server.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

test("nobody but the one who started the server may have it send players away", async () => {
  const server = await startServer();
  for (const headers of [{}, { Authorization: "Bearer " }, { Authorization: `Bearer ${"x".repeat(43)}` }]) {
    assert.equal((await rest(server.url, "POST", "/internal/stop", { headers })).status, 404);
  }
  await server.stop();
});

test("a crowd that sends more than the budget is told a pace, and chat goes on", { timeout: 60_000 }, async () => {
  // 70 % of 40 a second are left for all.
  const server = await startServer({ env: { MESSAGE_BUDGET: "40" } });
  const crowd = [await enterWorld(server.url), await enterWorld(server.url), await enterWorld(server.url)];
  let walking = true;
  const walks = crowd.map(async ({ socket }) => {
    for (let n = 0; walking; n += 1) {
      socket.send({ type: "move", to_location_id: 0, position: { x: (n % 2) * 0.1, y: 0, z: 0 } });
      await pause(55);
    }
  });
  const paces = await Promise.all(crowd.map(({ socket }) => socket.next("pace")));
  assert.equal(new Set(paces.map((pace) => pace.max_position_rate)).size, 1, "the same for all");
  assert.ok(paces[0].max_position_rate < 18, `${paces[0].max_position_rate}`);
  const [{ socket }] = crowd;
  for (let n = 0; n < 10; n += 1) {
    const began = performance.now();
    assert.equal((await socket.ask({ type: "chat", content: `hello ${n}` })).type, "chat");
    assert.ok(performance.now() - began < 2_000 * crowding());
    await pause(210);
  }
  walking = false;
  await Promise.all(walks);
  // Nobody moves: all may again, before the hub sleeps.
  const full = await socket.next("pace", (pace) => pace.max_position_rate === 20, 20_000);
  assert.equal(full.max_position_rate, 20);
  assert.ok(!socket.received.some(({ type }) => type === "error"));
  for (const one of crowd) await one.socket.close();
  await server.stop();
});
