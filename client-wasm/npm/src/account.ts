// The account: signing up, in and out, and the session's token. No password leaves the browser:
// both sides prove what they know (SCRAM-SHA-256); the steps are the module's.
import { ShardlinkError } from "./errors.js";
import { type Answer, type CallOptions, type Method, type Rest, aborted, field, badResponse } from "./rest.js";
import { type Kept, isToken } from "./storage.js";
import { stretch } from "./stretch.js";
import type { Session } from "./types.js";
import type { Scram, Wasm } from "./wasm.js";

export class Account {
  readonly #rest: Rest;
  readonly #kept: Kept;
  #token: string | undefined;

  constructor(rest: Rest, kept: Kept) {
    this.#rest = rest;
    this.#kept = kept;
    this.#token = kept.read();
  }

  /** A request in the session's name. A refusal that says that the session has ended ends it here too. */
  async signed(method: Method, path: string, body?: object, options?: CallOptions): Promise<Answer> {
    const token = this.#token;
    if (!token) throw new ShardlinkError("UNAUTHENTICATED", "Sign in first.");
    try {
      return await this.#rest.call(method, path, { ...options, token, body });
    } catch (error) {
      // Another session may have begun meanwhile.
      if (endsSession(error) && this.#token === token) this.forget();
      throw error;
    }
  }

  /** Forgets the token, here and where it is kept. */
  forget(): string | undefined {
    const token = this.#token;
    this.#token = undefined;
    if (token) this.#kept.forget(token);
    return token;
  }

  async signUp(wasm: Wasm, username: string, password: string, options?: CallOptions): Promise<{ playerId: number }> {
    const checks = await newChecks(wasm, username, password, options?.signal);
    const made = await this.#rest.call("POST", "/api/auth/scram/register", { ...options, body: { username, ...checks } });
    return { playerId: field(made, "player_id", "number") };
  }

  /** `begin` is called once the server has proved itself, before the session begins. */
  async signIn(wasm: Wasm, username: string, password: string, begin: () => void, options?: CallOptions): Promise<Session> {
    const { scram, finish } = await this.#prove(wasm, username, password, options);
    try {
      const answer = await this.#rest.call("POST", "/api/auth/scram/finish", { ...options, body: finish });
      const token = answer["session_token"];
      if (!isToken(token)) throw badResponse();
      if (!scram.proves(text(answer, "server_final"))) {
        // A session of a server that lies serves nobody. Nothing waits for the answer, which it may never give.
        this.#logOut(token).catch(() => {});
        throw unproved(" You are not signed in.");
      }
      begin();
      this.#token = token;
      this.#kept.write(token);
      return session(answer);
    } finally {
      scram.free();
    }
  }

  /** The session that still stands, or null. */
  async restore(options?: CallOptions): Promise<Session | null> {
    try {
      return session(await this.signed("GET", "/api/auth/session", undefined, options));
    } catch (error) {
      if (endsSession(error)) return null;
      throw error;
    }
  }

  /** Forgets the session at once, without waiting for the server. */
  async signOut(options?: CallOptions): Promise<void> {
    const token = this.forget();
    if (!token) return;
    await this.#logOut(token, options).catch((error: unknown) => {
      if (!endsSession(error)) throw error;
    });
  }

  async changePassword(wasm: Wasm, old: string, wanted: string, options?: CallOptions): Promise<void> {
    // The new one is judged before any work is done; the user name here only fills a place.
    wasm.newPassword("new", wanted);
    const { scram, finish } = await this.#proveOwn(wasm, old, options);
    try {
      const checks = await newChecks(wasm, "new", wanted, options?.signal);
      const changed = await this.signed("POST", "/api/auth/password", { ...finish, ...checks }, options);
      if (!scram.proves(text(changed, "server_final"))) throw unproved();
    } finally {
      scram.free();
    }
  }

  async deleteAccount(wasm: Wasm, password: string, options?: CallOptions): Promise<void> {
    const { scram, finish } = await this.#proveOwn(wasm, password, options);
    scram.free();
    await this.signed("DELETE", "/api/auth/account", finish, options);
  }

  #logOut(token: string, options?: CallOptions): Promise<Answer> {
    return this.#rest.call("POST", "/api/auth/logout", { ...options, token });
  }

  async #proveOwn(wasm: Wasm, password: string, options?: CallOptions) {
    const own = await this.signed("GET", "/api/auth/session", undefined, options);
    return this.#prove(wasm, field(own, "username", "string"), password, options);
  }

  /** Prepares the proof that the password is known: what to send, and what judges the server's own proof. */
  async #prove(wasm: Wasm, username: string, password: string, options?: CallOptions): Promise<{ scram: Scram; finish: object }> {
    const scram = new wasm.Scram(username, password);
    try {
      const body = { client_first: scram.first() };
      const started = await this.#rest.call("POST", "/api/auth/scram/start", { ...options, body });
      const asked = scram.challenge(field(started, "server_first", "string"));
      const salted = await stretched(wasm, password, asked, options?.signal);
      const finish = { handshake_id: field(started, "handshake_id", "string"), client_final: scram.finish(salted) };
      return { scram, finish };
    } catch (error) {
      scram.free();
      throw error;
    }
  }
}

/** What a server is told of a new password. */
async function newChecks(wasm: Wasm, username: string, password: string, signal?: AbortSignal): Promise<object> {
  const asked = wasm.newPassword(username, password);
  const [salt, stored_key, server_key] = wasm.passwordChecks(asked, await stretched(wasm, password, asked, signal)) ?? [];
  return { salt, iterations: iterationsOf(asked), stored_key, server_key };
}

/** `asked` is what the module gave: 16 bytes of salt, then the iterations (little-endian). */
const iterationsOf = (asked: Uint8Array) => new DataView(asked.buffer, asked.byteOffset).getUint32(16, true);

async function stretched(wasm: Wasm, password: string, asked: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    const slices = (bytes: Uint8Array) => new wasm.Stretching(bytes, asked);
    return await stretch(password, asked.slice(0, 16), iterationsOf(asked), slices, signal);
  } finally {
    // Whoever has given up goes no further, whatever has come of it.
    if (signal?.aborted) throw aborted(signal.reason);
  }
}

const session = (answer: Answer): Session => ({
  username: field(answer, "username", "string"),
  playerId: field(answer, "player_id", "number"),
  characterId: typeof answer["character_id"] === "number" ? answer["character_id"] : null,
});

const text = (answer: Answer, name: string) => (typeof answer[name] === "string" ? answer[name] : "");

const unproved = (so = "") => new ShardlinkError("BAD_SERVER_PROOF", `The server could not prove that it knows your account.${so}`);

const endsSession = (error: unknown) => error instanceof ShardlinkError && (error.code === "UNAUTHENTICATED" || error.code === "SESSION_EXPIRED");
