// A player by JSON, who comes back by itself whenever its connection is lost.
import { setTimeout as pause } from "node:timers/promises";

const JSON_PROTOCOL = "shardlink.v1.json";
const ANSWERED_WITHIN_MS = 10_000;
/** After these a client does not resume (docs/PROTOCOL.md). */
const FINAL = [4001, 4002, 4003, 4004, 4008];
/** A place is kept for 60 s. */
const COMES_BACK_WITHIN_MS = 60_000;

let serial = 0;

export class Player {
  /** The chats that were heard, in their order: [content, when]. */
  heard = [];
  /** Connections that were lost, and what became of them. */
  losses = 0;
  resumed = 0;
  entered = 0;
  /** For how long it was away each time, in milliseconds. */
  away = [];
  /** Codes of what it was refused. */
  refused = [];
  /** Counts of the messages that came, by type. */
  counts = {};
  lastSeq = 0;
  leaving = false;
  #asked = new Map();

  /** Signs up, makes a character and enters the world. `heard(content)` is called with every chat. */
  static async enter(visitor, { name, heard = () => {} } = {}) {
    const player = new Player();
    player.visitor = visitor;
    player.onChat = heard;
    player.account = await visitor.signUp();
    player.character = await visitor.createCharacter(player.account.token, name);
    await player.enterWorld();
    return player;
  }

  /** Enters by a ticket, as somebody new. */
  async enterWorld() {
    const { hub, ticket } = await this.visitor.must("POST", "/api/characters/select", { token: this.account.token, body: { character_id: this.character.id } });
    this.hub = hub;
    await this.enterBy(ticket);
  }

  async enterBy(ticket) {
    await this.#connect([JSON_PROTOCOL, ticket]);
  }

  /** Goes on where it was. Rejects if the server does not let it. */
  async resume(lastSeq = this.lastSeq) {
    await this.#connect([JSON_PROTOCOL, `resume.${this.resumeToken}`], { type: "resume", last_seq: lastSeq });
  }

  async #connect(protocols, first) {
    const inWorld = Promise.withResolvers();
    inWorld.promise.catch(() => {});
    let socket;
    socket = await this.visitor.socket({
      protocols,
      heard: (message) => this.#hear(message, inWorld.resolve),
      // A server's close frame is answered by the end, as clients do.
      closing: () => socket?.cut(),
      ended: () => {
        inWorld.reject(new Error(`closed with ${socket?.closeCode ?? "no word"}`));
        this.closeCode = socket?.closeCode;
        if (this.socket === socket) this.#lost();
      },
    });
    if (first) socket.send(first);
    const timer = setTimeout(() => inWorld.reject(new Error("nothing came")), ANSWERED_WITHIN_MS);
    await inWorld.promise.finally(() => clearTimeout(timer));
    this.socket = socket;
    this.online = true;
  }

  #hear(message, entered) {
    const { type, seq, reply_to: replyTo } = message;
    this.counts[type] = (this.counts[type] ?? 0) + 1;
    if (seq !== undefined) this.lastSeq = Math.max(this.lastSeq, seq);
    if (type === "auth_response" && message.resume_token) this.resumeToken = message.resume_token;
    if (type === "location_update") entered();
    if (type === "chat") {
      this.heard.push([message.content, performance.now()]);
      this.onChat(message.content);
    }
    if (message.error_code) this.refused.push(message.error_code);
    const answer = this.#asked.get(replyTo);
    if (answer) {
      this.#asked.delete(replyTo);
      answer(message);
    }
  }

  #lost() {
    this.online = false;
    if (this.leaving) return;
    this.losses += 1;
    this.back = this.#comeBack();
  }

  async #comeBack() {
    const began = performance.now();
    while (performance.now() - began < COMES_BACK_WITHIN_MS && !this.leaving) {
      const way = FINAL.includes(this.closeCode) ? "enterWorld" : "resume";
      const refusal = await this[way]().catch((error) => error);
      if (refusal?.message.includes(" 401 ")) this.closeCode = 4001;
      if (refusal === undefined) {
        this.away.push(performance.now() - began);
        if (way === "resume") this.resumed += 1;
        else this.entered += 1;
        return;
      }
      await pause(200);
    }
  }

  /** Says something to all; false if there is no connection to say it by. */
  say(content) {
    if (!this.online) return false;
    this.send({ type: "chat", content });
    return true;
  }

  send(fields) {
    this.socket.send(fields);
  }

  /** Sends a message with a message_id: its answer, or undefined if none came in time. */
  ask(fields, withinMs = ANSWERED_WITHIN_MS) {
    const id = `p${(serial += 1)}`;
    const { promise, resolve } = Promise.withResolvers();
    this.#asked.set(id, resolve);
    const timer = setTimeout(resolve, withinMs);
    this.send({ ...fields, message_id: id });
    return promise.finally(() => {
      clearTimeout(timer);
      this.#asked.delete(id);
    });
  }

  /** Leaves for good. */
  leave() {
    this.leaving = true;
    this.socket?.cut();
  }
}
