// How often a client may send, from the contract alone (docs/PROTOCOL.md): what a test
// that is not about limits keeps to.
import { setTimeout as pause } from "node:timers/promises";

const CHAT = { types: ["chat", "faction_chat", "party_chat", "whisper"], perSecond: 5, burst: 10 };
const MOVES = { types: ["move", "own_move"], perSecond: 20, burst: 20 };
const OTHER = { types: [], perSecond: 10, burst: 20 };

/** A network delivers together what was sent one by one: so much of each rate is not used. */
const SPARED = 0.1;

/** The turns of one connection. */
export class Turns {
  #buckets = new Map();

  /** Waits until a message of this type may be sent. Those who wait get their turns in order. */
  async take(type) {
    const kind = [CHAT, MOVES].find(({ types }) => types.includes(type)) ?? OTHER;
    const perMs = (kind.perSecond * (1 - SPARED)) / 1000;
    const burst = kind.burst * (1 - SPARED);
    const now = performance.now();
    const { tokens, at } = this.#buckets.get(kind) ?? { tokens: burst, at: now };
    // Below zero: owed to those who wait already.
    const left = Math.min(burst, tokens + (now - at) * perMs) - 1;
    this.#buckets.set(kind, { tokens: left, at: now });
    if (left < 0) await pause(-left / perMs);
  }
}
