// Requests of REST: what a refusal tells, what is no answer at all, and what ends a request.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { never, problem } from "./support/server.mjs";
import { ShardlinkClient, URL, clientOf, codeOf, refusal, server, signedIn } from "./support/stage.mjs";

const PATH = "GET /api/world/state";
const LISTS = { factions: [], races: [], classes: [], locations: [] };

test("a request says who asks, carries nothing of the page's and is not kept by the browser", async () => {
  server.on("GET /api/characters", { body: { success: true, characters: [{ id: 5 }] } });
  server.on("GET /api/world/shards", { body: { shards: [] } });
  const client = signedIn();
  assert.deepEqual(await client.getCharacters(), [{ id: 5 }]);
  await client.getShardStatus();
  const [signed, anybodys] = server.asked;
  assert.deepEqual([...signed.headers], [["authorization", "Bearer s1_kept"]]);
  assert.deepEqual([...anybodys.headers], []);
  assert.deepEqual([signed.cache, signed.credentials], ["no-store", "omit"]);
});

test("a problem tells its code, sentence, field and wait", async () => {
  const client = clientOf();
  const errors = [{ field: "name", message: "is taken" }, { field: "race", message: "is none" }];
  const told = async (answer) => {
    server.on(PATH, answer);
    const { code, message, field, retryAfter } = await refusal(client.getWorldState());
    return [code, message, field, retryAfter];
  };
  assert.deepEqual(await told(problem(409, "NAME_TAKEN", { detail: "This name is taken.", errors })), ["NAME_TAKEN", "This name is taken.", "name", undefined]);
  assert.deepEqual(await told(problem(400, "INVALID_FIELD", { errors: [{ field: "x", message: "Bad." }] })), ["INVALID_FIELD", "Bad.", "x", undefined]);
  assert.deepEqual(await told(problem(429, "RATE_LIMITED", { detail: "Wait.", retry_after: 2.5 })), ["RATE_LIMITED", "Wait.", undefined, 2.5]);
  assert.deepEqual(await told({ ...problem(429, "RATE_LIMITED", { detail: "Wait." }), headers: { "Retry-After": "30" } }), ["RATE_LIMITED", "Wait.", undefined, 30]);
  // The body knows it better than the header.
  assert.deepEqual((await told({ ...problem(429, "RATE_LIMITED", { retry_after: 2.5 }), headers: { "Retry-After": "3" } }))[3], 2.5);
  // A newer server may know more codes; what it leaves out has a sentence all the same.
  assert.deepEqual(await told(problem(418, "TEAPOT_2")), ["TEAPOT_2", "The request failed.", undefined, undefined]);
});

test("what a problem has of another kind than it should is left out", async () => {
  const client = clientOf();
  for (const more of [{ errors: "x" }, { errors: [null] }, { errors: [{ field: 7, message: 7 }] }, { errors: [], detail: 7, retry_after: "soon" }, { retry_after: -1 }]) {
    server.on(PATH, { ...problem(400, "INVALID_FIELD", more), headers: { "Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT" } });
    const error = await refusal(client.getWorldState());
    assert.deepEqual([error.code, error.message, error.field, error.retryAfter], ["INVALID_FIELD", "The request failed.", undefined, undefined], JSON.stringify(more));
  }
});

test("a proxy whose server is away is not reaching the server, and it may name a wait", async () => {
  const client = clientOf();
  for (const status of [502, 503, 504]) {
    server.on(PATH, { status, body: "<html>Bad gateway</html>", headers: { "Retry-After": "7" } });
    const { code, retryAfter } = await refusal(client.getWorldState());
    assert.deepEqual([code, retryAfter], ["UNREACHABLE", 7], String(status));
  }
  // The server's own word counts whatever the status.
  server.on(PATH, problem(503, "SERVER_FULL", { detail: "Full." }));
  assert.equal(await codeOf(client.getWorldState()), "SERVER_FULL");
});

test("a server that is not there is unreachable", async () => {
  const error = await refusal(clientOf().getWorldState());
  assert.equal(error.code, "UNREACHABLE");
  assert.ok(error.cause instanceof TypeError);
});

test("junk is a bad response, whatever its status", async () => {
  const client = signedIn();
  for (const body of ["", "null", "7", "[]", '"x"', "<html></html>", "{", '{"code":7}', '{"code":"no code"}']) {
    for (const status of [200, 400, 404, 500]) {
      server.on("GET /api/characters", { status, body });
      assert.equal(await codeOf(client.getCharacters()), "BAD_RESPONSE", `${status} ${body}`);
    }
  }
  server.on("GET /api/characters", { body: { characters: null } });
  assert.equal(await codeOf(client.getCharacters()), "BAD_RESPONSE");
});

test("a body of more than a mebibyte is not read", async () => {
  const client = clientOf();
  const of = (length) => `{"x":"${"y".repeat(length - 8)}"}`;
  server.on(PATH, { body: of(1024 * 1024) });
  assert.equal((await client.getWorldState()).x.length, 1024 * 1024 - 8);
  server.on(PATH, { body: of(1024 * 1024 + 1) });
  assert.equal(await codeOf(client.getWorldState()), "BAD_RESPONSE");
});

test("a server that does not answer in time is given up: by the request's limit, or by the client's own", async () => {
  server.on(PATH, never);
  assert.equal(await codeOf(clientOf().getWorldState({ timeout: 10 })), "TIMEOUT");
  assert.equal(await codeOf(clientOf({ timeout: 10 }).getWorldState()), "TIMEOUT");
  assert.deepEqual(server.asked.map(({ signal }) => signal.aborted), [true, true]);
  // The request's own goes before the client's.
  server.on(PATH, () => new Promise((resolve) => setTimeout(resolve, 60, { body: { x: 1 } })));
  assert.deepEqual(await clientOf({ timeout: 1 }).getWorldState({ timeout: 30_000 }), { x: 1 });
});

test("a limit that is none is refused with its field, and nothing is sent", async () => {
  for (const timeout of [-1, NaN, Infinity, "soon"]) {
    const { code, field } = await refusal(clientOf().getWorldState({ timeout }));
    assert.deepEqual([code, field], ["INVALID_FIELD", "timeout"], String(timeout));
  }
  assert.deepEqual(server.asked, []);
});

test("a signal gives a request up: before it is sent, or while it is in flight", async () => {
  server.on(PATH, never);
  const client = clientOf();
  assert.equal(await codeOf(client.getWorldState({ signal: AbortSignal.abort() })), "ABORTED");
  assert.deepEqual(server.asked, []);
  const abort = new AbortController();
  const asked = client.getWorldState({ signal: abort.signal });
  await server.untilAsked(1);
  abort.abort();
  assert.equal(await codeOf(asked), "ABORTED");
  assert.ok(server.asked[0].signal.aborted);
});

test("a signal that was given up while a password is stretched sends nothing more", async () => {
  const abort = new AbortController();
  const signedUp = clientOf().signUp("bran", "correct horse", { signal: abort.signal });
  abort.abort();
  assert.equal(await codeOf(signedUp), "ABORTED");
  assert.deepEqual(server.asked, []);
});

test("a request that is over leaves nothing behind at a signal that goes on", async () => {
  server.on(PATH, { body: { x: 1 } });
  const { signal } = new AbortController();
  const client = clientOf();
  for (let count = 0; count < 3; count += 1) await client.getWorldState({ signal });
  assert.equal(await codeOf(client.getEvents({}, { signal })), "UNREACHABLE");
  assert.deepEqual(getEventListeners(signal, "abort"), []);
});

test("a realm is asked once and again after a failure, and the browser may keep it", async () => {
  const client = clientOf();
  assert.equal(await codeOf(client.realm()), "UNREACHABLE");
  server.on("GET /api/realm", { body: { factions: [] } });
  assert.equal(await codeOf(client.realm()), "BAD_RESPONSE");
  server.on("GET /api/realm", { body: LISTS });
  assert.deepEqual(await client.realm(), LISTS);
  assert.equal(await client.realm(), await client.realm());
  assert.equal(server.asked.length, 3);
  assert.equal(server.asked[2].cache, "no-cache");
  assert.deepEqual(await ShardlinkClient.canon({ url: URL }), LISTS);
});

test("a page of events is asked for by its limit and cursor, and a limit that is none is refused here", async () => {
  const client = clientOf();
  server.on("GET /api/world/events", { body: { events: [], next_cursor: "c1" } });
  assert.deepEqual(await client.getEvents({ limit: 2, cursor: "a&b" }), { events: [], next_cursor: "c1" });
  assert.equal(server.asked[0].path, "/api/world/events?limit=2&cursor=a%26b");
  server.on("GET /api/world/events", { body: { events: [], next_cursor: null } });
  assert.deepEqual(await client.getEvents(), { events: [] });
  for (const limit of [0, 201, 1.5, NaN]) assert.equal((await refusal(client.getEvents({ limit }))).field, "limit");
  assert.equal(server.asked.length, 2);
});

test("a character that lacks something, and what is no id, are refused here with the field", async () => {
  const client = signedIn();
  const whole = { name: "Aria", race: "Elf", class: "Rogue", faction: "Shadowborn" };
  assert.equal((await refusal(client.createCharacter({}))).field, "name");
  for (const field of Object.keys(whole)) {
    const error = await refusal(client.createCharacter({ ...whole, [field]: 7 }));
    assert.deepEqual([error.code, error.field], ["INVALID_FIELD", field]);
  }
  for (const id of ["x", "5", 0, -1, 1.5, NaN, 1e300, undefined]) {
    for (const method of ["selectCharacter", "deleteCharacter", "getInventory"]) {
      const error = await refusal(client[method](id));
      assert.deepEqual([error.code, error.field], ["INVALID_FIELD", "character_id"], `${method} ${id}`);
    }
  }
  assert.deepEqual(server.asked, []);
  server.on("POST /api/characters", { status: 201, body: { success: true, character: { id: 5 } } });
  assert.deepEqual(await client.createCharacter({ ...whole, more: 1 }), { id: 5 });
  assert.deepEqual(server.asked[0].body, whole);
});
