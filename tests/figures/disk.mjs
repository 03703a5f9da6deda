// What is left on disk of what was made and deleted: characters, parties, accounts. By
// hand, after `npm run build`; it takes some four minutes, most of them waiting:
//
//     node tests/figures/disk.mjs
//
// Printed is the disk space of their objects' files, for each one that was made: with its
// rows, before it leaves memory; at rest; and at rest after it was deleted.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PASSWORD, createCharacter, freshName, rest, selectCharacter } from "../e2e/support/json-client.mjs";
import { prove, registerByScram, signInByScram, stretched } from "../e2e/support/scram.mjs";
import { startServer } from "../e2e/support/server.mjs";

const COUNT = 100;
/** Of each account, whose day allows no more than 20 characters and 50 parties. */
const EACH = 10;
/** An object leaves memory some 11 s after it was last asked, and its files are closed then. */
const AT_REST_MS = 20_000;
/** An ended party is forgotten after a minute. */
const FORGOTTEN_MS = 65_000;

const limits = { REGISTRATIONS_PER_ADDRESS: "1000000", REST_PER_SESSION: "1000000", REST_PER_ADDRESS: "1000000" };
const server = await startServer({ env: limits });
const { url, dataDir } = server;
const secret = await stretched(PASSWORD, randomBytes(16));

/** The objects of a class, by id: the bytes of disk that their files take. */
function objectsOf(className) {
  const objects = new Map();
  for (const entry of fs.readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
    const [, id] = /^([0-9a-f]{64})\.sqlite/.exec(entry.name) ?? [];
    if (!id || !entry.parentPath.endsWith(`-${className}`)) continue;
    const found = fs.statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    objects.set(id, (objects.get(id) ?? 0) + (found?.blocks ?? 0) * 512);
  }
  return objects;
}

async function measure(className, what, make, remove, restMs) {
  const before = objectsOf(className);
  const kibEach = () => {
    const added = [...objectsOf(className)].filter(([id]) => !before.has(id));
    return (added.reduce((sum, [, bytes]) => sum + bytes, 0) / 1024 / COUNT).toFixed(1);
  };
  const made = await make();
  const full = kibEach();
  await pause(AT_REST_MS);
  const atRest = kibEach();
  await remove(made);
  await pause(restMs);
  console.log(`${COUNT} ${what}: ${full} KiB each with its rows, ${atRest} at rest, ${kibEach()} at rest after it was deleted`);
}

async function repeat(count, act) {
  const made = [];
  for (let n = 0; n < count; n += 1) made.push(await act(n));
  return made;
}

async function succeed(method, route, token, body) {
  const answer = await rest(url, method, route, { token, body });
  if (answer.status >= 300) throw new Error(`${method} ${route}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function account() {
  const username = freshName("disk");
  await registerByScram(url, username, PASSWORD, secret);
  const { finish } = await signInByScram(url, username, PASSWORD);
  return { username, token: finish.body.session_token };
}

const owners = await repeat(COUNT / EACH, account);
const owner = (n) => owners[n % owners.length];
await measure(
  "Character",
  "characters",
  () => repeat(COUNT, async (n) => ({ token: owner(n).token, id: (await createCharacter(url, owner(n).token)).id })),
  async (made) => {
    for (const { token, id } of made) await succeed("DELETE", `/api/characters/${id}`, token);
  },
  AT_REST_MS,
);

for (const { token } of owners) await selectCharacter(url, token, (await createCharacter(url, token)).id);
await measure(
  "Party",
  "parties",
  () =>
    repeat(COUNT, async (n) => {
      const { party_id } = await succeed("POST", "/api/party/create", owner(n).token, {});
      await succeed("POST", "/api/party/leave", owner(n).token, { party_id });
    }),
  async () => {},
  FORGOTTEN_MS + AT_REST_MS,
);

await measure(
  "Account",
  "accounts",
  () => repeat(COUNT, account),
  async (made) => {
    for (const { username, token } of made) await succeed("DELETE", "/api/auth/account", token, (await prove(url, username, PASSWORD)).body);
  },
  AT_REST_MS,
);
await server.stop();
