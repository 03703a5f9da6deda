// Where the session's token is kept, and what a reload makes of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../e2e/support/until.mjs";
import { Accounts, PASSWORD } from "./support/accounts.mjs";
import { problem } from "./support/server.mjs";
import { KEY, clientOf, codeOf, inWorld, server, signedIn, storeOf } from "./support/stage.mjs";

const STANDING = { body: { success: true, username: "aria", player_id: 7, character_id: 5 } };

test("a session survives a reload until the server has ended it", async () => {
  await Accounts.on(server);
  const storage = storeOf();
  await clientOf({ storage }).signIn("aria", PASSWORD);
  assert.deepEqual([...storage.map], [[KEY, "s1_1"]]);

  const reloaded = clientOf({ storage });
  assert.deepEqual(await reloaded.restore(), { username: "Aria", playerId: 7, characterId: null });
  server.on("GET /api/auth/session", STANDING);
  assert.deepEqual(await reloaded.restore(), { username: "aria", playerId: 7, characterId: 5 });
  assert.equal(server.asked.at(-1).token, "s1_1");
  server.on("GET /api/auth/session", () => { throw new TypeError("fetch failed"); });
  // Who is not reached has ended nothing.
  assert.equal(await codeOf(reloaded.restore()), "UNREACHABLE");
  assert.equal(storage.map.get(KEY), "s1_1");

  server.on("GET /api/auth/session", problem(401, "SESSION_EXPIRED"));
  assert.equal(await reloaded.restore(), null);
  assert.equal(storage.map.size, 0);
  const { length } = server.asked;
  assert.equal(await reloaded.restore(), null);
  assert.equal(await clientOf({ storage }).restore(), null);
  assert.equal(server.asked.length, length);
});

test("any request that says that the session has ended forgets it", async () => {
  for (const code of ["SESSION_EXPIRED", "UNAUTHENTICATED"]) {
    const storage = storeOf({ [KEY]: "s1_kept" });
    const client = signedIn({ storage });
    server.on("GET /api/characters", problem(403, "NOT_YOUR_CHARACTER", { detail: "Not yours." }));
    assert.equal(await codeOf(client.getCharacters()), "NOT_YOUR_CHARACTER");
    assert.equal(storage.map.size, 1);
    server.on("GET /api/characters", problem(401, code, { detail: "Sign in." }));
    assert.equal(await codeOf(client.getCharacters()), code);
    assert.equal(storage.map.size, 0);
  }
});

test("a close that may have ended the session has the client ask whether it did", async () => {
  const storage = storeOf({ [KEY]: "s1_kept" });
  const first = await inWorld({ storage });
  first.socket.ends(1000);
  assert.equal(first.client.status.state, "closed");
  assert.equal(storage.map.size, 1);

  // Another tab has entered with the same session.
  const second = await inWorld({ storage });
  server.on("GET /api/auth/session", STANDING);
  second.socket.ends(4002);
  await until(() => server.asked.at(-1)?.url.endsWith("/api/auth/session"), "the client asks");
  assert.equal((await second.client.restore()).playerId, 7);
  assert.equal(storage.map.size, 1);

  // Somebody has signed in elsewhere.
  const third = await inWorld({ storage });
  server.on("GET /api/auth/session", problem(401, "SESSION_EXPIRED"));
  third.socket.ends(4002);
  await until(() => storage.map.size === 0, "the token is forgotten");
  assert.equal(await codeOf(third.client.getCharacters()), "UNAUTHENTICATED");
});

test("a token is kept for each server, the path included, and goes to no other", async () => {
  const storage = storeOf({ [KEY]: "s1_kept" });
  server.on("GET /api/auth/session", STANDING);
  server.on("GET /game/api/auth/session", STANDING);
  for (const url of ["http://other.test", "https://shardlink.test", "http://shardlink.test:81", "http://shardlink.test/game"]) {
    assert.equal(await clientOf({ url, storage }).restore(), null, url);
  }
  assert.deepEqual(server.asked, []);
  for (const url of ["http://shardlink.test/", "http://shardlink.test?x=1#y", "http://aria:secret@shardlink.test"]) {
    assert.equal((await clientOf({ url, storage }).restore()).playerId, 7, url);
    assert.equal(server.asked.at(-1).url, "http://shardlink.test/api/auth/session");
  }
});

test("a token is forgotten by its owner alone: another tab's stays", async () => {
  const storage = storeOf({ [KEY]: "s1_mine" });
  const mine = clientOf({ storage });
  storage.setItem(KEY, "s1_theirs");
  server.on("GET /api/auth/session", problem(401, "SESSION_EXPIRED"));
  assert.equal(await mine.restore(), null);
  assert.equal(storage.map.get(KEY), "s1_theirs");
  server.on("POST /api/auth/logout", { body: { success: true } });
  await clientOf({ storage }).signOut();
  assert.equal(storage.map.size, 0);
});

test("a refusal of an earlier session's request does not end the session that has begun meanwhile", async () => {
  await Accounts.on(server);
  const storage = storeOf({ [KEY]: "s1_old" });
  const client = clientOf({ storage });
  let answer;
  server.on("GET /api/characters", () => new Promise((resolve) => (answer = resolve)));
  const late = client.getCharacters();
  await server.untilAsked(1);
  await client.signIn("aria", PASSWORD);
  answer(problem(401, "SESSION_EXPIRED"));
  assert.equal(await codeOf(late), "SESSION_EXPIRED");
  assert.equal(storage.map.get(KEY), "s1_1");
  assert.equal((await client.restore()).username, "Aria");
});

test("the page's own storages are used where they are asked for, local if nothing is said", async (t) => {
  const stores = { localStorage: storeOf(), sessionStorage: storeOf() };
  for (const [name, value] of Object.entries(stores)) {
    const real = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => (real ? Object.defineProperty(globalThis, name, real) : delete globalThis[name]));
  }
  await Accounts.on(server);
  const kept = () => [stores.localStorage.map.size, stores.sessionStorage.map.size];
  await clientOf({ storage: "none" }).signIn("aria", PASSWORD);
  assert.deepEqual(kept(), [0, 0]);
  await clientOf({ storage: "session" }).signIn("aria", PASSWORD);
  assert.deepEqual(kept(), [0, 1]);
  await clientOf({ storage: undefined }).signIn("aria", PASSWORD);
  assert.deepEqual(kept(), [1, 1]);
  assert.equal(await clientOf({ storage: "none" }).restore(), null);
});

test("a store that throws costs the next reload its session, and nothing else", async (t) => {
  await Accounts.on(server);
  const fail = () => { throw new Error("the quota is exceeded"); };
  const client = clientOf({ storage: { getItem: fail, setItem: fail, removeItem: fail } });
  assert.equal((await client.signIn("aria", PASSWORD)).username, "Aria");
  assert.equal((await client.restore()).username, "Aria");
  await client.signOut();
  // A browser that forbids its storage throws where it is only looked at.
  const real = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
  Object.defineProperty(globalThis, "localStorage", { get: fail, configurable: true });
  t.after(() => (real ? Object.defineProperty(globalThis, "localStorage", real) : delete globalThis.localStorage));
  assert.equal(await clientOf({ storage: "local" }).restore(), null);
});

test("what somebody else wrote into the store never reaches a header", async () => {
  for (const written of ["x\r\nEvil: 1", "x\n", "a b", "", "s1_é", "x".repeat(513), "a,b", 7, { toString: () => "s1_x" }, Promise.resolve("s1_x")]) {
    const client = signedIn({ storage: storeOf({ [KEY]: written }) });
    assert.equal(await client.restore(), null, String(written));
    assert.equal(await codeOf(client.getCharacters()), "UNAUTHENTICATED");
  }
  assert.deepEqual(server.asked, []);
});
