// Games may be compiled without this library of TypeScript, which the types below need.
/// <reference lib="esnext.disposable" preserve="true" />
// What every part of the client stands on: its one connection, whoever hears it, and its end.
import { Account } from "./account.js";
import { ShardlinkError, asShardlinkError } from "./errors.js";
import { baseOf, storageOf } from "./options.js";
import { type CallOptions, Rest, aborted, field, timedOut, within } from "./rest.js";
import { type Place, Sealing } from "./sealing.js";
import { Kept } from "./storage.js";
import type { ChatMessage, ClientOptions, EventType, Events, Party, PastChat, RequestType, Requests, Status } from "./types.js";
import { type RawClient, type Wasm, loadWasm } from "./wasm.js";

type Handler = (message: never) => void;

/** What may hold something sealed. */
export const SEALED = ["party_chat", "whisper", "chat_history"] as const;

/** `Symbol.asyncDispose`, where there is one. */
const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

export const nothing = () => {};

const disposed = (cause?: unknown) => new ShardlinkError("DISPOSED", "This client has been disposed of.", { cause });

/** What is marked as internal is of the client's own parts, and not of the package's types. */
export abstract class Core {
  /** @internal */
  protected readonly rest: Rest;
  /** @internal */
  protected readonly account: Account;
  /** @internal */
  protected readonly sealing = new Sealing();
  /** @internal */
  protected raw: RawClient | undefined;
  /** @internal */
  protected wasm: Wasm | undefined;
  /** Counts where the player wanted to be: a ticket that comes too late enters nothing. @internal */
  protected intent = 0;
  readonly #base: string;
  readonly #interpolationDelay: number;
  /** Each subscription, and the handler that it calls. */
  readonly #handlers = new Map<string, Map<Handler, Handler>>();
  #loading: Promise<RawClient> | undefined;
  #status: Status = { state: "closed" };
  #disposed = false;

  constructor(options: ClientOptions = {}) {
    this.#base = baseOf(options.url);
    this.#interpolationDelay = within("interpolationDelay", options.interpolationDelay ?? 100, 0, 1_000);
    this.rest = new Rest(this.#base, within("timeout", options.timeout ?? 30_000, 1, 600_000));
    this.account = new Account(this.rest, new Kept(storageOf(options.storage), `shardlink.session@${this.#base}`));
    this.on("status", (status) => (this.#status = status));
  }

  /** Calls `handler` with every message of a type; the function that is returned ends that. */
  on<Type extends EventType>(type: Type, handler: (message: Events[Type]) => void): () => void {
    return this.#subscribe(type, handler, handler);
  }

  /** {@link on}, for the next message alone. */
  once<Type extends EventType>(type: Type, handler: (message: Events[Type]) => void): () => void {
    const off = this.#subscribe(type, handler, (message: Events[Type]) => {
      off();
      handler(message);
    });
    return off;
  }

  /** Ends what {@link on} or {@link once} began with this handler; the earliest, if it was given twice. */
  off<Type extends EventType>(type: Type, handler: (message: Events[Type]) => void): void {
    for (const [own, given] of this.#handlers.get(type) ?? []) {
      if (given !== handler) continue;
      this.#handlers.get(type)?.delete(own);
      return this.#heard();
    }
  }

  #subscribe<Type extends EventType>(type: Type, given: (message: Events[Type]) => void, call: (message: Events[Type]) => void): () => void {
    if (this.#disposed) return nothing;
    const handlers = this.#handlers.get(type) ?? new Map<Handler, Handler>();
    // Each call is a subscription of its own, even with the same function.
    const own: Handler = (message) => call(message);
    this.#handlers.set(type, handlers.set(own, given));
    this.#heard();
    return () => {
      handlers.delete(own);
      this.#heard();
    };
  }

  /** The connection to the world, as it is now; `on("status", …)` hears its changes. */
  get status(): Status {
    return this.#status;
  }

  /**
   * Makes a request of any type that the protocol has, and resolves with its answer, which `on`
   * hears too. Rejects with the codes that {@link Requests} names for the type; with
   * UNKNOWN_TYPE, or INVALID_FIELD and the field, before anything is sent; and with
   * NOT_CONNECTED outside of the world.
   */
  request<Type extends RequestType>(
    type: Type,
    fields: Requests[Type]["fields"],
    options?: CallOptions,
  ): Promise<Requests[Type]["answer"]> {
    return this.run((raw) => endedBy(options, () => raw.request(type, fields)));
  }

  /**
   * Ends this client: it leaves the world, whatever is in flight rejects with DISPOSED, nothing
   * is heard any more, and whatever is asked of it from now on rejects with DISPOSED too. The
   * account stays signed in.
   */
  dispose(): void {
    if (this.#disposed) return;
    this.leave();
    this.#disposed = true;
    // In a handler the module tells of the end only when the handler is over, and nobody hears it.
    if (this.#status.state !== "closed") this.#status = { state: "closed", code: 1000 };
    this.rest.ended.abort();
    this.#handlers.clear();
    this.sealing.clear();
    const raw = this.raw;
    this.raw = undefined;
    // This may be a handler that the module is just calling.
    if (raw) setTimeout(() => raw.free(), 0);
  }

  /** {@link dispose}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.dispose();
  }

  #load(): Promise<RawClient> {
    this.#loading ??= this.#make().catch((thrown: unknown) => {
      this.#loading = undefined;
      throw thrown;
    });
    return this.#loading;
  }

  async #make(): Promise<RawClient> {
    const wasm = await loadWasm();
    if (this.#disposed) throw disposed();
    this.wasm = wasm;
    // "http" becomes "ws", so "https" becomes "wss".
    const socket = `${this.#base.replace(/^http/, "ws")}/ws`;
    const raw = new wasm.RawClient(socket, this.#interpolationDelay, {
      hears: (event) => this.#hears(event),
      emit: (event, value) => this.#tell(event, value),
      askTicket: (attempt) => void this.#ticket(attempt),
      // Another tab may have entered the world with the same session, which then still stands.
      sessionEnded: () => void this.account.restore().catch(nothing),
    });
    this.raw = raw;
    this.#heard();
    return raw;
  }

  /** The module: it is loaded whenever `#run` calls. */
  /** @internal */
  protected module(): Wasm {
    if (!this.wasm) throw disposed();
    return this.wasm;
  }

  /** @internal */
  protected leave(): void {
    this.intent += 1;
    this.raw?.leave();
  }

  async #ticket(attempt: number): Promise<void> {
    try {
      const answer = await this.account.signed("POST", "/api/ws/ticket");
      this.raw?.ticket(attempt, field(answer, "ticket", "string"));
    } catch (thrown) {
      const { code, message, retryAfter } = asShardlinkError(thrown);
      this.raw?.noTicket(attempt, code, message, retryAfter);
    }
  }

  #hears(event: string): boolean {
    return (this.#handlers.get(event)?.size ?? 0) > 0;
  }

  /** Position frames come twenty times a second: the module makes events of them only for somebody who hears them. */
  #heard(): void {
    this.raw?.hearFrames(this.#hears("position_frame"));
  }

  /** Whose words are heard, and in which party. */
  /** @internal */
  protected place(): Place {
    return { own: this.raw?.self?.character_id, party: this.kept<Party | null>("party", null)?.party_id };
  }

  /** Tells a message; one that is sealed when it has been opened. */
  #tell(event: string, value: unknown): void {
    const said = value as ChatMessage & { messages?: PastChat[] };
    if (!this.sealing.isUsed || !SEALED.includes(event as never)) return this.#emit(event, value);
    if (said.messages) void this.sealing.openAll(said.messages, this.place()).then(() => this.#emit(event, value));
    else if (said.encrypted) void this.sealing.open(said, this.place(), false).then(() => this.#emit(event, value));
    else this.#emit(event, value);
  }

  #emit(event: string, value: unknown): void {
    const handlers = this.#handlers.get(event);
    for (const handler of [...(handlers?.keys() ?? [])]) {
      // An earlier handler may have ended a later one, or the whole client.
      if (this.#disposed || !handlers?.has(handler)) continue;
      try {
        handler(value as never);
      } catch (error) {
        if (event !== "handler_error" && this.#hears("handler_error")) this.#emit("handler_error", { error, event });
        else report(error);
      }
    }
  }

  /** What the client keeps under a name, without asking anybody; `nothing` before it is loaded. */
  /** @internal */
  protected kept<T>(name: string, nothing: T): T {
    if (!this.raw) return nothing;
    try {
      return this.raw.kept(name);
    } catch (thrown) {
      throw asShardlinkError(thrown);
    }
  }

  /** Calls the module, which is loaded for it. @internal */
  protected run<T>(call: (raw: RawClient) => Promise<T>): Promise<T> {
    // Once loaded, calls reach the client at once and in their order.
    return this.unlessEnded(async () => call(this.raw ?? (await this.#load())));
  }

  /** Does something that has its end with this client, and rejects with its errors alone. @internal */
  protected async unlessEnded<T>(what: () => Promise<T>): Promise<T> {
    try {
      if (this.#disposed) throw disposed();
      return await what();
    } catch (thrown) {
      throw this.#disposed ? disposed(thrown) : asShardlinkError(thrown);
    }
  }
}

/** Reports an error as if nobody had caught it. */
function report(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  else queueMicrotask(() => { throw error; });
}

/**
 * What is asked over the socket, given up early if that is asked for: then `givenUp` is called.
 * The server may do it nevertheless, unless it was given up before it was begun.
 */
export function endedBy<T>({ signal, timeout }: CallOptions = {}, begin: () => Promise<T>, givenUp = nothing): Promise<T> {
  if (timeout !== undefined) within("timeout", timeout, 0, 600_000);
  if (signal?.aborted) throw aborted(signal.reason);
  const promise = begin();
  if (!signal && timeout === undefined) return promise;
  return new Promise((resolve, reject) => {
    const giveUp = (error: ShardlinkError) => {
      reject(error);
      givenUp();
    };
    const end = () => giveUp(aborted(signal?.reason));
    signal?.addEventListener("abort", end, { once: true });
    const timer = timeout === undefined ? undefined : setTimeout(() => giveUp(timedOut()), timeout);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    });
  });
}
