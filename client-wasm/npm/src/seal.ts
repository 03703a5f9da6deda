// End-to-end encryption between players: the keys of a party and of those one whispers with.
// docs/encryption.md says what it protects; shared/src/crypto/sealed/ does it, in a WebAssembly
// module of its own that is loaded when a key is first set.
import { ShardlinkError, asShardlinkError } from "./errors.js";
import type { Sealed } from "./messages.js";
import { stretch } from "./stretch.js";
import { addressed, sealSource } from "./wasm.js";
import type { Sealer } from "./wasm/shardlink_seal.js";

/** Where something sealed belongs; it opens nowhere else. */
export type SealContext =
  | { channel: "party"; senderId: number; partyId: number }
  | { channel: "whisper"; senderId: number; recipientId: number };

/**
 * A passphrase of 8 to 256 bytes that was agreed upon elsewhere; 32 random bytes; a new random
 * key; or one that a friend handed on as text ({@link Seals.exportKey}).
 */
export type KeySource = string | Uint8Array | { random: true } | { key: string };

/** Whose keys: the party's, or of whispers with this character. */
export type KeyOwner = "party" | number;

/** Why something did not open. WRONG_KEY: another passphrase; NO_KEY: a key that was never given. */
export type OpenCode = "WRONG_KEY" | "REPLAYED" | "TAMPERED" | "NO_KEY";

export type Opened = { content: string } | { code: OpenCode; message: string };

/** Passphrases of a ring that still open: this one and those before it. */
const MAX_PHRASES = 3;

/** Keys that no passphrase gave, so that none is stretched for them again. */
const MAX_WRONG = 64;

/** A sender may make this client stretch in vain so often in a minute: each costs a core up to a second. */
const MAX_VAIN = 3;
const MINUTE = 60_000;

/** Senders whose vain attempts are counted: far more than a party has. */
const MAX_SENDERS = 64;

/** Rounds of PBKDF2, as in shared/src/limits.rs. */
const ROUNDS = 600_000;

const MESSAGES: Record<OpenCode, string> = {
  WRONG_KEY: "This was sealed with another passphrase.",
  NO_KEY: "This was sealed with a key that is not known here.",
  REPLAYED: "This was said before, and is told again.",
  TAMPERED: "This was changed on its way.",
};

/** What the module's codes are to whoever reads. */
const CODES: Partial<Record<string, OpenCode>> = {
  UNKNOWN_KEY: "NO_KEY",
  NO_KEY: "NO_KEY",
  WRONG_KEY: "WRONG_KEY",
  REPLAYED: "REPLAYED",
  TAMPERED: "TAMPERED",
  // An id that is none was changed on its way, too.
  INVALID_FIELD: "TAMPERED",
};

const failed = (code: OpenCode): Opened => ({ code, message: MESSAGES[code] });

type Wasm = Pick<typeof import("./wasm/shardlink_seal.js"), "Sealer" | "Stretching">;

let loading: Promise<Wasm> | undefined;

function load(): Promise<Wasm> {
  loading ??= import("./wasm/shardlink_seal.js")
    .then(async (module) => {
      await module.default({ module_or_path: await addressed(sealSource()) });
      return module;
    })
    .catch((cause: unknown) => {
      // The next call tries again.
      loading = undefined;
      throw new ShardlinkError("UNREACHABLE", "The encryption could not be loaded.", { cause });
    });
  return loading;
}

/** The keys of one player. */
export class Seals {
  #party: Ring | undefined;
  readonly #whispers = new Map<number, Ring>();

  /**
   * Sets the key that seals what is said to the party. Keys before it still open (the last 16,
   * three passphrases among them); null forgets all of them, at once. Rejects with
   * INVALID_FIELD for what is no key.
   */
  async setPartyKey(source: KeySource | null): Promise<void> {
    await this.#set("party", source);
  }

  /** Sets the key of whispers with a character, either way; otherwise like {@link setPartyKey}. */
  async setWhisperKey(characterId: number, source: KeySource | null): Promise<void> {
    await this.#set(characterId, source);
  }

  /** Forgets every key. */
  clear(): void {
    for (const owner of ["party", ...this.#whispers.keys()] as const) this.#forget(owner);
  }

  /** Whether there is a key to seal this with. */
  canSeal(context: SealContext): boolean {
    return this.#ring(ownerOf(context)) !== undefined;
  }

  /**
   * Seals up to 500 characters. What is sealed first is told first. Rejects with NO_KEY, EMPTY,
   * TOO_LONG, INVALID_FIELD (an id that is none) or EXHAUSTED (after 2^32 chats).
   */
  async seal(context: SealContext, content: string): Promise<Sealed> {
    const ring = this.#ring(ownerOf(context));
    if (!ring) throw new ShardlinkError("NO_KEY", "There is no key to seal with.");
    return ring.seal(context, content.normalize("NFC"));
  }

  /**
   * Opens what was sealed, each in its turn; never rejects for what came in. `history` opens
   * what may have been opened before. What it gives is cleaned like chat, but nobody has judged
   * it: show it as text, never as HTML.
   */
  async open(context: SealContext, sealed: Sealed, options: { history?: boolean } = {}): Promise<Opened> {
    // A whisper is one's own or another's; the key is under the other's id in both cases.
    const owners = context.channel === "party" ? (["party"] as const) : [context.recipientId, context.senderId];
    let opened = failed("NO_KEY");
    for (const ring of new Set(owners.map((owner) => this.#ring(owner)))) {
      const tried = await ring?.open(context, sealed, options.history ?? false);
      if (tried && !("code" in tried && tried.code === "NO_KEY")) opened = tried;
      if ("content" in opened) break;
    }
    return opened;
  }

  /**
   * Twenty digits in four groups for two people to compare, by voice or in person: of the key
   * that seals, or of the one with this id (a {@link Sealed}'s `key_id`). Null without the key.
   */
  async fingerprint(owner: KeyOwner, keyId?: string): Promise<string | null> {
    return (await this.#ring(owner)?.read((sealer) => sealer.fingerprint(keyId))) ?? null;
  }

  /** The random key that seals as text, to hand to a friend on a safe way; null if it comes of a passphrase. */
  async exportKey(owner: KeyOwner): Promise<string | null> {
    return (await this.#ring(owner)?.read((sealer) => sealer.exportKey())) ?? null;
  }

  #ring(owner: KeyOwner): Ring | undefined {
    return owner === "party" ? this.#party : this.#whispers.get(owner);
  }

  async #set(owner: KeyOwner, source: KeySource | null): Promise<void> {
    if (source === null) return this.#forget(owner);
    const checked = check(source);
    // Kept at once, so that what is sealed from now on waits for its key.
    const ring = this.#ring(owner) ?? new Ring();
    if (owner === "party") this.#party = ring;
    else this.#whispers.set(owner, ring);
    try {
      await ring.add(checked);
    } catch (thrown) {
      const empty = await ring.read((sealer) => sealer.keyId === undefined).catch(() => true);
      if (empty && this.#ring(owner) === ring) this.#forget(owner);
      throw thrown;
    }
  }

  #forget(owner: KeyOwner): void {
    this.#ring(owner)?.end();
    if (owner === "party") this.#party = undefined;
    else this.#whispers.delete(owner);
  }
}

/** The keys of one audience. One thing is done after the other, in the order it was asked for. */
class Ring {
  #sealer: Sealer | undefined;
  #ended = false;
  #turn: Promise<unknown> = Promise.resolve();
  /** The newest first. */
  #phrases: string[] = [];
  /** Whether the newest of them is what seals. */
  #current = false;
  readonly #wrong = new Set<string>();
  readonly #vain = new Map<number, { since: number; count: number }>();

  add(source: KeySource): Promise<void> {
    return this.#inTurn(async () => {
      const sealer = await this.#ready();
      if (typeof source === "string") return this.#addPhrase(sealer, source);
      if (source instanceof Uint8Array) sealer.addKey(source);
      else if ("key" in source) sealer.addText(source.key);
      else sealer.addRandom();
      this.#current = false;
    });
  }

  seal(context: SealContext, content: string): Promise<Sealed> {
    return this.#inTurn(async () => {
      const { channel, senderId } = context;
      return (await this.#ready()).seal(channel, senderId, targetOf(context), content);
    });
  }

  open(context: SealContext, sealed: Sealed, history: boolean): Promise<Opened> {
    return this.#inTurn(async () => {
      try {
        const sealer = await this.#ready();
        const missing = sealer.needs(sealed.key_id);
        if (missing && this.#phrases.length > 0 && !(await this.#learn(sealer, context.senderId, sealed.key_id, missing))) {
          return failed("WRONG_KEY");
        }
        const { v, key_id, nonce, ciphertext } = sealed;
        return { content: tidy(sealer.open(context.channel, context.senderId, targetOf(context), v, key_id, nonce, ciphertext, history)) };
      } catch (thrown) {
        const error = asShardlinkError(thrown);
        const code = CODES[error.code];
        if (code === undefined) throw error;
        return failed(code);
      }
    });
  }

  read<T>(look: (sealer: Sealer) => T): Promise<T> {
    return this.#inTurn(async () => look(await this.#ready()));
  }

  /** Forgets the keys, once what was asked for before is done. */
  end(): void {
    this.#phrases = [];
    void this.#inTurn(async () => {
      this.#ended = true;
      this.#sealer?.free();
      this.#sealer = undefined;
    });
  }

  async #addPhrase(sealer: Sealer, phrase: string): Promise<void> {
    if (this.#current && this.#phrases[0] === phrase) return;
    const salt = crypto.getRandomValues(new Uint8Array(16));
    sealer.addKey(await stretched(phrase, salt), salt);
    this.#phrases = [phrase, ...this.#phrases.filter((other) => other !== phrase)].slice(0, MAX_PHRASES);
    this.#current = true;
    this.#wrong.clear();
  }

  /** Tries the passphrases on a key that another member made of one of them. */
  async #learn(sealer: Sealer, sender: number, keyId: string, salt: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (this.#wrong.has(keyId) || !this.#mayStretch(sender)) return false;
    for (const [place, phrase] of this.#phrases.entries()) {
      if (sealer.learn(keyId, await stretched(phrase, salt), this.#current && place === 0)) return true;
    }
    for (const oldest of this.#wrong) {
      if (this.#wrong.size < MAX_WRONG) break;
      this.#wrong.delete(oldest);
    }
    this.#wrong.add(keyId);
    const vain = this.#vain.get(sender);
    if (vain) vain.count += 1;
    return false;
  }

  #mayStretch(sender: number): boolean {
    const now = performance.now();
    const vain = this.#vain.get(sender);
    if (vain && now - vain.since < MINUTE) return vain.count < MAX_VAIN;
    if (this.#vain.size >= MAX_SENDERS) this.#vain.clear();
    this.#vain.set(sender, { since: now, count: 0 });
    return true;
  }

  async #ready(): Promise<Sealer> {
    const { Sealer } = await load();
    if (this.#ended) throw new ShardlinkError("NO_KEY", "The key was forgotten meanwhile.");
    return (this.#sealer ??= new Sealer());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done.catch((thrown: unknown) => {
      throw asShardlinkError(thrown);
    });
  }
}

const ownerOf = (context: SealContext): KeyOwner => (context.channel === "party" ? "party" : context.recipientId);

const targetOf = (context: SealContext): number => (context.channel === "party" ? context.partyId : context.recipientId);

/** The source with its passphrase as all keyboards write it. */
function check(source: KeySource): KeySource {
  const invalid = (message: string) => new ShardlinkError("INVALID_FIELD", message, { field: "key" });
  if (source instanceof Uint8Array) {
    if (source.length !== 32) throw invalid("A key has 32 bytes.");
    return source.slice();
  }
  if (typeof source !== "string") return source;
  const phrase = source.normalize("NFKC");
  const length = new TextEncoder().encode(phrase).length;
  if (length < 8 || length > 256) throw invalid("A passphrase must be 8 to 256 bytes long.");
  return phrase;
}

/** At most four marks on a letter, as the server allows them in what it can read. */
const tidy = (content: string): string => content.normalize("NFC").replace(/(\p{M}{4})\p{M}+/gu, "$1");

const stretched = (phrase: string, salt: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  stretch(phrase, salt, ROUNDS, async (bytes) => new (await load()).Stretching(bytes, salt));
