// A first-generation client, written from the wire contract alone: REST and
// JSON text frames, no code of ours.
import assert from "node:assert/strict";
import { PASSWORD, freshName, rest } from "./rest.mjs";
import { registerByScram, signInByScram } from "./scram.mjs";
import { Turns } from "./turns.mjs";

export { PASSWORD, freshName, rest };

let serial = 0;

/**
 * Registers and signs in: { username, password, playerId, token }. By SCRAM, which costs
 * the server nothing: it stretches plain passwords one at a time, half a second each.
 */
export async function signUp(url, username = freshName("user")) {
  const registered = await registerByScram(url, username, PASSWORD);
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  const { finish } = await signInByScram(url, username, PASSWORD);
  assert.equal(finish.status, 200, JSON.stringify(finish.body));
  return { username, password: PASSWORD, playerId: finish.body.player_id, token: finish.body.session_token };
}

/** The same as the first generation does it, which sends the password. */
export async function signUpPlainly(url, username = freshName("user")) {
  const credentials = { username, password: PASSWORD };
  const registered = await rest(url, "POST", "/api/auth/register", { body: credentials });
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  const login = await rest(url, "POST", "/api/auth/login", { body: credentials });
  assert.equal(login.status, 200, JSON.stringify(login.body));
  return { ...credentials, playerId: login.body.player_id, token: login.body.session_token };
}

/** Creates a character: the `character` object. */
export async function createCharacter(url, token, choices = {}) {
  const body = { name: freshName(), race: "Elf", class: "Ranger", faction: "Moonlit Circle", ...choices };
  const created = await rest(url, "POST", "/api/characters", { token, body });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  return created.body.character;
}

export async function selectCharacter(url, token, id) {
  const selected = await rest(url, "POST", "/api/characters/select", { token, body: { character_id: id } });
  assert.equal(selected.status, 200, JSON.stringify(selected.body));
  return selected.body;
}

/** A socket that remembers what came and lets a test wait for what is to come. */
export class JsonSocket {
  #waiting = [];
  #turns = new Turns();
  received = [];
  /** The heartbeats that were answered: "pong" is a text of its own and no message. */
  pongs = 0;

  static async open(url, protocols = []) {
    const socket = new JsonSocket(new WebSocket(`${url.replace("http", "ws")}/ws`, protocols));
    await socket.opened;
    return socket;
  }

  constructor(raw) {
    this.raw = raw;
    raw.binaryType = "arraybuffer";
    this.opened = new Promise((resolve, reject) => {
      raw.onopen = resolve;
      raw.onerror = () => reject(new Error("the socket was refused"));
    });
    this.closed = new Promise((resolve) => {
      raw.onclose = ({ code, reason }) => resolve({ code, reason });
    });
    raw.onmessage = ({ data }) => this.#receive(data);
  }

  #receive(data) {
    if (data === "pong") {
      this.pongs += 1;
      return;
    }
    const message = typeof data === "string" ? JSON.parse(data) : { binary: data };
    this.received.push(message);
    const index = this.#waiting.findIndex(({ matches }) => matches(message));
    if (index >= 0) this.#waiting.splice(index, 1)[0].resolve(message);
  }

  /** Sends a message with its envelope; `fields` has its type. At once, whatever the server's limits say. */
  send(fields) {
    this.raw.send(JSON.stringify({ version: "1.0.0", timestamp: Date.now() / 1000, message_id: null, priority: 1, ...fields }));
  }

  sendRaw(data) {
    this.raw.send(data);
  }

  /** The next message of a type that also fits `matches`, which may have come already. */
  async next(type, matches = () => true, timeoutMs = 10_000) {
    const fits = (message) => message.type === type && !message.taken && matches(message);
    const already = this.received.find(fits);
    if (already) return take(already);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const seen = this.received.map((message) => message.type).join(", ");
        reject(new Error(`no ${type} within ${timeoutMs} ms; received: ${seen}`));
      }, timeoutMs);
      this.#waiting.push({
        matches: fits,
        resolve: (message) => {
          clearTimeout(timer);
          resolve(take(message));
        },
      });
    });
  }

  /**
   * Sends a message with a message_id and resolves with whatever answers it. It waits for
   * its turn, so that however quick the machine is a test keeps to the server's limits.
   */
  async ask(fields) {
    const id = `m${(serial += 1)}`;
    await this.#turns.take(fields.type);
    this.send({ ...fields, message_id: id });
    const answer = (message) => message.reply_to === id;
    for (;;) {
      const found = this.received.find(answer);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (this.raw.readyState > 1 && !this.received.some(answer)) throw new Error("the socket closed before the answer");
    }
  }

  close(code = 1000) {
    this.raw.close(code);
    return this.closed;
  }
}

function take(message) {
  message.taken = true;
  return message;
}

/** The subprotocol of clients that are told everything; those of the first generation offer none. */
export const EVERYTHING = ["shardlink.v1.json"];

/** Signs up, creates a character, enters the world by JSON: { ...account, character, socket }. */
export async function enterWorld(url, choices, protocols = EVERYTHING) {
  const account = await signUp(url);
  const character = await createCharacter(url, account.token, choices);
  await selectCharacter(url, account.token, character.id);
  const socket = await JsonSocket.open(url, protocols);
  socket.send({ type: "auth_request", username: account.username, password: "", session_token: account.token });
  const auth = await socket.next("auth_response");
  assert.equal(auth.success, true, JSON.stringify(auth));
  await socket.next("location_update");
  return { ...account, character, socket };
}
