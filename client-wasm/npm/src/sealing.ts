// What is sealed on its way out and opened on its way in: chat of a party and whispers. The keys
// and the encryption are seal.ts's, which is loaded when a key is first set.
import { ShardlinkError } from "./errors.js";
import type { Sealed } from "./messages.js";
import type { KeyOwner, KeySource, OpenCode, SealContext, Seals } from "./seal.js";
import type { Channel, ChatLine, ChatMessage, PastChat } from "./types.js";

/** What everybody reads who cannot open it, the server too. */
const COVER = "[encrypted]";

/** What was opened is kept so that it can be shown: some channels' lines and histories. */
const KEPT = 512;

type Outcome = { content: string } | { code: OpenCode; message: string };

const REPLAYED: Outcome = { code: "REPLAYED", message: "This was said before, and is told again." };

/** Anything that was said. */
type Said = Pick<ChatMessage, "channel" | "sender_id" | "recipient_id" | "content" | "encrypted" | "unreadable">;

/** Where the player is, when something is said. */
export interface Place {
  own: number | undefined;
  party: number | undefined;
}

export class Sealing {
  #seals: Seals | undefined;
  /** The keys that are being set: what is said and heard meanwhile waits for them. */
  #setting: Promise<void> | undefined;
  /** How many times all was forgotten: a key that was being set then is not kept. */
  #cleared = 0;
  /** By {@link keyOf}. */
  readonly #opened = new Map<string, Outcome>();
  #hasPartyKey = false;
  #partyOfKey: number | undefined;
  #hasWhisperKeys = false;

  /** Whether anything may be sealed or opened at all. */
  get isUsed(): boolean {
    return this.#seals !== undefined || this.#setting !== undefined;
  }

  setPartyKey(source: KeySource | null, place: () => Place): Promise<void> {
    return this.#set(async (seals) => {
      await seals.setPartyKey(source);
      this.#hasPartyKey = source !== null;
      this.#partyOfKey = this.#hasPartyKey ? place().party : undefined;
    });
  }

  setWhisperKey(characterId: number, source: KeySource | null): Promise<void> {
    return this.#set(async (seals) => {
      await seals.setWhisperKey(characterId, source);
      this.#hasWhisperKeys ||= source !== null;
    });
  }

  /** Sets keys one after the other, from this moment on: nothing is said openly while the encryption is loaded. */
  #set(change: (seals: Seals) => Promise<void>): Promise<void> {
    const [before, times] = [this.#setting, this.#cleared];
    const setting = (async () => {
      await before?.catch(() => {});
      await change(await this.#load(times));
    })();
    this.#setting = setting;
    const done = () => {
      if (this.#setting === setting) this.#setting = undefined;
    };
    setting.then(done, done);
    return setting;
  }

  async fingerprint(owner: KeyOwner): Promise<string | null> {
    await this.#setting;
    return (await this.#seals?.fingerprint(owner)) ?? null;
  }

  async exportKey(owner: KeyOwner): Promise<string | null> {
    await this.#setting;
    return (await this.#seals?.exportKey(owner)) ?? null;
  }

  /**
   * One is in a party now: a key that was set in none is this party's, and that of another party
   * opens and seals nothing here.
   */
  inParty(party: number): void {
    if (!this.#hasPartyKey) return;
    this.#partyOfKey ??= party;
    if (this.#partyOfKey !== party) {
      this.#hasPartyKey = false;
      this.#partyOfKey = undefined;
      void this.#seals?.setPartyKey(null);
    }
  }

  /** Forgets every key, and what was opened. */
  clear(): void {
    this.#seals?.clear();
    this.#seals = undefined;
    this.#setting = undefined;
    this.#cleared += 1;
    this.#opened.clear();
    this.#hasPartyKey = false;
    this.#partyOfKey = undefined;
    this.#hasWhisperKeys = false;
  }

  /** What to send in the content's place, if there is a key for it. */
  async seal(content: string, channel: Channel, recipient: number | undefined, place: Place): Promise<{ content: string; encrypted: Sealed } | undefined> {
    // If the key that is being set cannot be, this is not said openly instead.
    if (channel === "party" || channel === "whisper") await this.#setting;
    const context = contextOf(channel, place.own, recipient ?? null, place.party);
    if (channel === "whisper" && recipient === undefined && this.#hasWhisperKeys) {
      // Said openly it would be a surprise: this name may be of somebody whom there is a key for.
      throw new ShardlinkError("INVALID_FIELD", "Whisper by id where there are keys of whispers: whose name this is is not known.", { field: "recipient" });
    }
    if (!context || !this.#seals?.canSeal(context)) return undefined;
    const encrypted = await this.#seals.seal(context, content);
    return { content: COVER, encrypted };
  }

  /**
   * Opens what was said, in place; what is not sealed stays as it is. What is `history` may have
   * been opened before.
   */
  async open<Chat extends Said>(said: Chat, place: Place, history: boolean): Promise<Chat> {
    const { encrypted, channel, sender_id, recipient_id } = said;
    if (encrypted) await this.#setting?.catch(() => {});
    if (!encrypted || !this.#seals) return said;
    const context = contextOf(channel, sender_id, recipient_id, place.party);
    if (!context) return said;
    const key = keyOf(said, encrypted, place);
    const before = this.#opened.get(key);
    // What failed may open with a key that came since.
    if (history && before && "content" in before) return put(said, before);
    const outcome = await this.#seals.open(context, encrypted, { history });
    this.#keep(key, outcome);
    return put(said, outcome);
  }

  async openAll(messages: readonly PastChat[], place: Place): Promise<void> {
    for (const { chat } of messages) await this.open(chat as ChatMessage, place, true);
    this.#markReplays(messages.map(({ chat }) => chat as ChatMessage), place);
  }

  /** Puts what was opened into lines, the oldest first. */
  showAll(lines: ChatLine[], place: () => Place): ChatLine[] {
    if (this.#opened.size === 0) return lines;
    const here = place();
    for (const line of lines) {
      const outcome = line.encrypted ? this.#opened.get(keyOf(line, line.encrypted, here)) : undefined;
      if (outcome) put(line, outcome);
    }
    return this.#markReplays(lines, here);
  }

  /** Of the same sealed thing told twice the first alone was said. */
  #markReplays<Chat extends Said>(said: Chat[], place: Place): Chat[] {
    const seen = new Set<string>();
    for (const one of said) {
      const key = one.encrypted ? keyOf(one, one.encrypted, place) : undefined;
      if (key === undefined || !this.#opened.has(key)) continue;
      if (seen.has(key)) put(one, REPLAYED);
      seen.add(key);
    }
    return said;
  }

  /** What one has said oneself: the answer holds one's own copy. */
  said<Chat extends Said>(copy: Chat, content: string): Chat {
    if (copy.encrypted) copy.content = content;
    return copy;
  }

  #keep(key: string, outcome: Outcome): void {
    // What was opened once stays so: what comes again is told as a replay, and changes nothing.
    if ("content" in (this.#opened.get(key) ?? {})) return;
    this.#opened.delete(key);
    this.#opened.set(key, outcome);
    for (const oldest of this.#opened.keys()) {
      if (this.#opened.size <= KEPT) break;
      this.#opened.delete(oldest);
    }
  }

  async #load(times: number): Promise<Seals> {
    const { Seals } = await import("./seal.js");
    if (times !== this.#cleared) throw new ShardlinkError("NO_KEY", "The keys were forgotten meanwhile.");
    this.#seals ??= new Seals();
    return this.#seals;
  }
}

/** A sealed thing in its place: elsewhere, or by another sender, it is another. */
const keyOf = ({ channel, sender_id, recipient_id }: Said, { nonce, ciphertext }: Sealed, { party }: Place) =>
  [channel, sender_id, channel === "party" ? party : recipient_id, nonce, ciphertext].join(" ");

function put<Chat extends Said>(said: Chat, outcome: Outcome): Chat {
  if ("content" in outcome) {
    said.content = outcome.content;
    delete said.unreadable;
  } else {
    // Whoever sends something sealed may write any content beside it.
    said.content = COVER;
    said.unreadable = outcome;
  }
  return said;
}

function contextOf(channel: Channel, sender: number | undefined, recipient: number | null, party: number | undefined): SealContext | undefined {
  if (sender === undefined) return undefined;
  if (channel === "party" && party !== undefined) return { channel, senderId: sender, partyId: party };
  if (channel === "whisper" && recipient !== null) return { channel, senderId: sender, recipientId: recipient };
  return undefined;
}
