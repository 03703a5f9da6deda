// Naming a thing must not create it: whoever asks for made-up names, ids and
// tokens by the ten thousand leaves no object behind, and no file.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createCharacter, enterWorld, freshName, rest, signUp } from "./support/json-client.mjs";
import { clientMessages } from "./support/messages.mjs";
import { routes } from "./support/routes.mjs";
import { startServer } from "./support/server.mjs";

const MANY = 4_000;
const AT_ONCE = 48;
/** The Directory and the Throttle are that many objects each, whatever is asked. */
const SHARDS = 64;
/** An object's database, its log and the log's index. */
const FILES = 3;

const ADMIN_TOKEN = "0123456789abcdef0123456789abcdef";

let server;
let account;
let players;
before(async () => {
  server = await startServer({ env: { ADMIN_TOKEN, REST_PER_SESSION: "1000000", REST_PER_ADDRESS: "1000000" } });
  account = await signUp(server.url);
  await createCharacter(server.url, account.token);
  players = [];
  for (let n = 0; n < 4; n += 1) players.push(await enterWorld(server.url));
});
after(() => server.stop());

/** How many objects of each class there are on disk, and how many files. */
function onDisk() {
  const objects = new Map();
  const entries = fs.readdirSync(path.join(server.dataDir, "objects"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  for (const { parentPath, name } of files) {
    const [, id] = name.match(/^([0-9a-f]{64})\.sqlite$/) ?? [];
    const kind = path.basename(parentPath);
    if (id) objects.set(kind, (objects.get(kind) ?? 0) + 1);
  }
  return { objects, files: files.length };
}

/** Runs something and checks that it has made nothing that is its own. */
async function leavesNothing(t, act) {
  const before = onDisk();
  const began = performance.now();
  const what = await act();
  // What an object does after it has answered.
  await pause(500);
  const after = onDisk();
  t.diagnostic(`${what} in ${((performance.now() - began) / 1000).toFixed(1)} s; ${after.files - before.files} files more`);
  assert.ok(after.files - before.files <= 2 * SHARDS * FILES, `${after.files - before.files} files more`);
  for (const [kind, count] of after.objects) {
    const most = /Directory|Throttle/.test(kind) ? SHARDS : (before.objects.get(kind) ?? 0);
    assert.ok(count <= most, `${kind}: ${count} objects, ${before.objects.get(kind) ?? 0} before`);
  }
}

/** Calls many times, some at once: how often each status came. */
async function batter(count, call) {
  const statuses = {};
  let next = 0;
  const one = async () => {
    while (next < count) {
      const { status } = await call((next += 1));
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return statuses;
}

/** An id that looks like one: as the server draws them, small but of no location, or the largest. */
function madeUpId(n) {
  if (n === 1) return 2 ** 53 - 1;
  return n % 10 === 0 ? 1000 + n : 2 ** 32 + Math.floor(Math.random() * 2 ** 52);
}

const base64url = (length) => Buffer.from(Array.from({ length }, () => Math.floor(Math.random() * 256))).toString("base64url");

const handshakes = [];
const post = (address, body) => rest(server.url, "POST", address, { body });

/**
 * What takes a name, an id or a sealed text: how it is asked with the n-th
 * made-up one, how often, and which statuses may come.
 */
const ASKED = {
  "POST /api/auth/scram/start": {
    expected: [200],
    call: async () => {
      const answer = await post("/api/auth/scram/start", { client_first: `n,,n=${freshName("nobody")},r=abc` });
      handshakes.push(answer.body.handshake_id);
      return answer;
    },
  },
  // The handshakes of those, which are the server's own: the address's limit stops them after thirty.
  "POST /api/auth/scram/finish": {
    expected: [401, 429],
    call: (n) => post("/api/auth/scram/finish", { handshake_id: handshakes[n] ?? `h1_${base64url(150)}`, client_final: "c=biws,r=abc,p=AAAA" }),
  },
  // Most are refused by the address's limit, before any is hashed. On a busy machine the limit
  // lets some in again before those who wait have been hashed: there is no place for these.
  "POST /api/auth/login": {
    expected: [401, 429, 503],
    call: () => post("/api/auth/login", { username: freshName("nobody"), password: "not the password" }),
  },
  // Each would make an account if it were right: what is wrong must not reach a name.
  "POST /api/auth/register": {
    expected: [422],
    call: () => post("/api/auth/register", { username: freshName("nobody"), password: "short" }),
  },
  "POST /api/auth/scram/register": {
    expected: [422],
    call: () => post("/api/auth/scram/register", { username: freshName("nobody"), salt: "AAAA", iterations: 600_000, stored_key: "", server_key: "" }),
  },
  "POST /api/auth/logout": {
    expected: [401],
    call: () => post("/api/auth/logout", { session_token: `s1_${base64url(56)}` }),
  },
  "POST /api/auth/password": {
    expected: [401],
    call: () =>
      rest(server.url, "POST", "/api/auth/password", { token: `s1_${base64url(56)}`, body: { old_password: "not the password", new_password: "another one" } }),
  },
  "DELETE /api/auth/account": {
    expected: [401],
    call: () => rest(server.url, "DELETE", "/api/auth/account", { token: `s1_${base64url(56)}`, body: { handshake_id: "h1_AAAA", client_final: "" } }),
  },
  "POST /api/characters": {
    expected: [422],
    call: (n) => rest(server.url, "POST", "/api/characters", { token: account.token, body: { name: `Nobody ${n}`, race: "Robot", class: "Rogue", faction: "Shadowborn" } }),
  },
  "POST /api/characters/select": {
    expected: [403],
    call: (n) => rest(server.url, "POST", "/api/characters/select", { token: account.token, body: { character_id: madeUpId(n) } }),
  },
  "GET /api/characters/{id}/inventory": {
    expected: [403],
    call: (n) => rest(server.url, "GET", `/api/characters/${madeUpId(n)}/inventory`, { token: account.token }),
  },
  "DELETE /api/characters/{id}": {
    expected: [403],
    call: (n) => rest(server.url, "DELETE", `/api/characters/${madeUpId(n)}`, { token: account.token }),
  },
  // Nobody is selected; it would found one for whoever is.
  "POST /api/party/create": {
    expected: [409],
    call: (n) => rest(server.url, "POST", "/api/party/create", { token: account.token, body: { party_name: `Nobody's ${n}` } }),
  },
  "POST /api/party/invite": {
    expected: [409],
    call: (n) => rest(server.url, "POST", "/api/party/invite", { token: players[0].token, body: { party_id: madeUpId(n), invitee_id: madeUpId(n) } }),
  },
  "POST /api/party/leave": {
    expected: [409],
    call: (n) => rest(server.url, "POST", "/api/party/leave", { token: players[0].token, body: { party_id: madeUpId(n) } }),
  },
  "GET /api/party/{id}": {
    expected: [404],
    call: (n) => rest(server.url, "GET", `/api/party/${madeUpId(n)}`, { token: players[0].token }),
  },
  "POST /api/admin/mute": {
    expected: [404],
    call: (n) => rest(server.url, "POST", "/api/admin/mute", { token: ADMIN_TOKEN, body: { character_id: madeUpId(n), muted: true } }),
  },
  // With the right token it would be announced.
  "POST /api/admin/announce": {
    expected: [401],
    call: () => rest(server.url, "POST", "/api/admin/announce", { token: "x".repeat(32), body: { content: "hello" } }),
  },
};

/**
 * Four thousand for what names a thing. Where the address's limit answers after
 * the first thirty, or the form alone is at fault, a quarter shows as much: all of
 * them would cost CI another minute.
 */
const ALL_OF_THEM = ["POST /api/auth/scram/start", ...routes.filter((route) => route.ids.length > 0).map((route) => route.name)];
const FEWER = 1_000;

test("every route that takes a name, an id or a body is asked for made-up ones", () => {
  const taking = routes.filter((route) => route.takesBody || route.ids.length > 0).map((route) => route.name);
  assert.deepEqual(Object.keys(ASKED).sort(), taking.sort());
});

for (const [name, { expected, call }] of Object.entries(ASKED)) {
  test(`${name} makes nothing of what is made up`, async (t) => {
    await leavesNothing(t, async () => {
      const statuses = await batter(ALL_OF_THEM.includes(name) ? MANY : FEWER, call);
      for (const status of Object.keys(statuses)) assert.ok(expected.includes(Number(status)), `${name}: ${JSON.stringify(statuses)}`);
      return JSON.stringify(statuses);
    });
  });
}

test("forged tokens of made-up players make nothing, wherever one is shown", async (t) => {
  const asked = routes.filter((route) => route.needsSession && route.method === "GET");
  await leavesNothing(t, async () => {
    const statuses = await batter(FEWER, (n) => rest(server.url, "GET", asked[n % asked.length].path.replace("{id}", 7), { token: `s1_${base64url(56)}` }));
    assert.deepEqual(statuses, { 401: FEWER });
    return JSON.stringify(statuses);
  });
});

test("no message makes anything of made-up ids and names, as many as the limits let through in some seconds", async (t) => {
  const messages = clientMessages.filter((message) => message.ids.length > 0);
  assert.ok(messages.length > 20, messages.map((message) => message.type).join(", "));
  await leavesNothing(t, async () => {
    const codes = {};
    // Each player has a share of the messages and its own limits.
    const shares = players.map((_, index) => messages.filter((_, n) => n % players.length === index));
    await Promise.all(
      players.map(async (player, index) => {
        const until = Date.now() + 8_000;
        for (let n = 0; Date.now() < until; n += 1) {
          const message = shares[index][n % shares[index].length];
          const answer = await player.socket.ask(message.make(madeUpId(n)));
          const code = answer.error_code ?? answer.type;
          codes[code] = (codes[code] ?? 0) + 1;
          // What everybody hears is said to nobody in particular: a recipient is ignored there.
          const said = ["chat", "faction_chat"].includes(message.type) && answer.type === message.type;
          assert.ok(said || answer.type === "error", `${message.type}: ${JSON.stringify(answer)}`);
          assert.notEqual(code, "INTERNAL", message.type);
          if (code === "RATE_LIMITED") await pause(answer.details.retry_after * 1000);
        }
      }),
    );
    return JSON.stringify(codes);
  });
  for (const { socket } of players) {
    assert.equal((await socket.ask({ type: "ping" })).type, "pong");
    await socket.close();
  }
});
