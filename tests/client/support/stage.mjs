// The built package, and for each test a server that is played and clients that end with it.
import assert from "node:assert/strict";
import fs from "node:fs";
import { afterEach, beforeEach } from "node:test";
import { inRoot } from "../../../scripts/lib/paths.mjs";
import { PlayedServer } from "./server.mjs";

remembersStretching(crypto.subtle);

const { ShardlinkClient, ShardlinkError, init } = await import(inRoot("dist/npm/shardlink.js"));
await init(fs.readFileSync(inRoot("dist/npm/wasm/shardlink_client_bg.wasm")));
export { ShardlinkClient, ShardlinkError };

export const URL = "http://shardlink.test";

/** Where a client of this server keeps its token. */
export const KEY = `shardlink.session@${URL}`;

/** The server of the test that runs. */
export let server;
let clients = [];

beforeEach(() => {
  server = new PlayedServer().start();
});

afterEach(() => {
  for (const client of clients) client.dispose();
  clients = [];
  server.stop();
});

/** A store like localStorage, with these entries. */
export function storeOf(entries = {}) {
  const map = new Map(Object.entries(entries));
  return {
    map,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  };
}

export function clientOf(options = {}) {
  const client = new ShardlinkClient({ url: URL, storage: "none", ...options });
  clients.push(client);
  return client;
}

/** A client whose session, s1_kept, was kept by an earlier page. */
export const signedIn = (options = {}) => clientOf({ storage: storeOf({ [KEY]: "s1_kept" }), ...options });

/** A client in the world, and its socket. */
export async function inWorld(options = {}, letIn = {}) {
  givesTickets();
  const client = signedIn(options);
  const before = server.sockets.length;
  const selected = client.selectCharacter(5);
  const socket = await server.socket(before);
  socket.letsIn(letIn);
  return { client, socket, character: await selected };
}

/** The server gives tickets: t1_1 to whoever selects a character, w1_1 to whoever comes back, and so on. */
export function givesTickets() {
  let count = 0;
  server.on("POST /api/characters/select", () => ({ body: { success: true, ticket: `t1_${++count}` } }));
  server.on("POST /api/ws/ticket", () => ({ body: { success: true, ticket: `w1_${++count}` } }));
}

/** The error that a promise rejects with. */
export async function refusal(promise) {
  const outcome = await promise.then((value) => ({ value }), (error) => ({ error }));
  assert.ok("error" in outcome, `resolved with ${JSON.stringify(outcome.value)}`);
  assert.ok(outcome.error instanceof ShardlinkError, String(outcome.error));
  assert.match(outcome.error.message, /^[A-Z].*\.$/s, "a sentence for the player");
  return outcome.error;
}

export const codeOf = async (promise) => (await refusal(promise)).code;

/** The message is told to nobody, or to somebody later: enough turns for what was begun to be over. */
export async function turns(count = 5) {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** WebCrypto stretches a password with a salt once in a process: the machine may be slow. */
function remembersStretching(subtle) {
  const { importKey, deriveBits } = subtle;
  const passwords = new WeakMap();
  const known = new Map();
  subtle.importKey = async (format, bytes, ...rest) => {
    const key = await importKey.call(subtle, format, bytes, ...rest);
    passwords.set(key, Buffer.from(bytes).toString("hex"));
    return key;
  };
  subtle.deriveBits = async (algorithm, key, bits) => {
    const name = [passwords.get(key), Buffer.from(algorithm.salt).toString("hex"), algorithm.hash, algorithm.iterations, bits].join();
    if (!known.has(name)) known.set(name, deriveBits.call(subtle, algorithm, key, bits));
    return (await known.get(name)).slice(0);
  };
}
