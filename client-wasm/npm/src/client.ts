// Games may be compiled without this library of TypeScript, which the types below need.
/// <reference lib="esnext.disposable" preserve="true" />
import { Account } from "./account.js";
import { ShardlinkError, asShardlinkError } from "./errors.js";
import type {
  Canon,
  Channel,
  Character,
  ChatLine,
  ChatMessage,
  ClientOptions,
  EventType,
  Events,
  EventsPage,
  Inventory,
  Invitation,
  KeyOwner,
  KeySource,
  LocationUpdate,
  LootSharing,
  NearbyPlayer,
  NewCharacter,
  Party,
  PartyInvite,
  PartyUpdate,
  PastChat,
  RequestType,
  Requests,
  Self,
  Session,
  Shard,
  Status,
  Vector,
  WorldState,
} from "./types.js";
import { type Answer, type CallOptions, type Method, Rest, aborted, field } from "./rest.js";
import { type Place, Sealing } from "./sealing.js";
import { Kept } from "./storage.js";
import { type RawClient, type Wasm, loadWasm } from "./wasm.js";

type Handler = (message: never) => void;

/** What may hold something sealed. */
const SEALED = ["party_chat", "whisper", "chat_history"] as const;

/** `Symbol.asyncDispose`, where there is one. */
const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/** A client of one server. Nothing is loaded or connected before it is needed. */
export class ShardlinkClient {
  readonly #base: string;
  readonly #interpolationDelay: number;
  readonly #rest: Rest;
  readonly #account: Account;
  readonly #sealing = new Sealing();
  readonly #handlers = new Map<string, Set<Handler>>();
  #roster: Pick<NearbyPlayer, "character_id" | "character_name" | "faction" | "level">[] = [];
  #rosterVersion: number | undefined;
  #loading: Promise<RawClient> | undefined;
  #raw: RawClient | undefined;
  #wasm: Wasm | undefined;
  #realm: Promise<Canon> | undefined;
  #worldState: WorldState | null = null;
  #status: Status = { state: "closed" };
  /** Counts where the player wanted to be: a ticket that comes too late enters nothing. */
  #intent = 0;
  #disposed = false;
  #hearsSealed = false;

  constructor(options: ClientOptions = {}) {
    this.#base = baseOf(options.url);
    this.#interpolationDelay = within("interpolationDelay", options.interpolationDelay ?? 100, 0, 1_000);
    this.#rest = new Rest(this.#base, within("timeout", options.timeout ?? 30_000, 1, 600_000));
    this.#account = new Account(this.#rest, new Kept(storageOf(options.storage), `shardlink.session@${this.#base}`));
    this.on("world_state", (state) => (this.#worldState = state));
    this.on("status", (status) => (this.#status = status));
  }

  /** What the world of a server is made of; the page's own server, if no other is named. */
  static async canon(options: Pick<ClientOptions, "url"> = {}): Promise<Canon> {
    return realmOf(new Rest(baseOf(options.url)));
  }

  /** What the world is made of: what there is to choose from, the places, and what connects them. */
  realm(): Promise<Canon> {
    this.#realm ??= realmOf(this.#rest).catch((thrown: unknown) => {
      this.#realm = undefined;
      throw thrown;
    });
    return this.#realm;
  }

  /** Makes an account, and does not sign in; {@link signIn} does. */
  signUp(username: string, password: string, options?: CallOptions): Promise<{ playerId: number }> {
    return this.#run(() => this.#account.signUp(this.#module(), username, password, options));
  }

  /** The same as {@link signUp}: its name in the first generation. */
  register(username: string, password: string, options?: CallOptions): Promise<{ playerId: number }> {
    return this.signUp(username, password, options);
  }

  /** Signs in. A new sign-in ends the account's earlier session. */
  signIn(username: string, password: string, options?: CallOptions): Promise<Session> {
    // Leaves the world of the earlier session, which this sign-in replaces.
    return this.#run(() => this.#account.signIn(this.#module(), username, password, () => this.#leave(), options));
  }

  /** The same as {@link signIn}: its name in the first generation. */
  connect(username: string, password: string, options?: CallOptions): Promise<Session> {
    return this.signIn(username, password, options);
  }

  /** The session that is still standing after a reload, or null. */
  restore(options?: CallOptions): Promise<Session | null> {
    return this.#run(() => this.#account.restore(options));
  }

  /** Signs out: leaves the world, ends the session and forgets it. */
  signOut(options?: CallOptions): Promise<void> {
    this.#leave();
    this.#sealing.clear();
    return this.#run(() => this.#account.signOut(options));
  }

  /** The same as {@link signOut}: its name in the first generation. */
  disconnect(options?: CallOptions): Promise<void> {
    return this.signOut(options);
  }

  /** Changes the password; neither the old nor the new one leaves the browser. The account's other sessions end. */
  changePassword(oldPassword: string, newPassword: string, options?: CallOptions): Promise<void> {
    return this.#run(() => this.#account.changePassword(this.#module(), oldPassword, newPassword, options));
  }

  /** Deletes the account with its characters and their names, for good. */
  deleteAccount(password: string, options?: CallOptions): Promise<void> {
    return this.#run(async () => {
      await this.#account.deleteAccount(this.#module(), password, options);
      this.#leave();
      this.#account.forget();
    });
  }

  /** The account's characters, oldest first. */
  getCharacters(options?: CallOptions): Promise<Character[]> {
    return this.#signed("GET", "/api/characters", undefined, options, (answer) => field(answer, "characters", "object") as Character[]);
  }

  /** What one of the account's characters holds. */
  getInventory(characterId: number, options?: CallOptions): Promise<Inventory> {
    return this.#run(async () => {
      const path = `/api/characters/${idOf(characterId, "character_id")}/inventory`;
      return (await this.#account.signed("GET", path, undefined, options)) as unknown as Inventory;
    });
  }

  /** Makes a character; {@link realm} has what there is to choose from. */
  createCharacter(wanted: NewCharacter, options?: CallOptions): Promise<Character> {
    return this.#run(async () => {
      const { name, race, class: className, faction } = wanted;
      const body = { name, race, class: className, faction };
      for (const [field, value] of Object.entries(body)) {
        if (typeof value !== "string") throw invalid(field, `A character needs a ${field}, which is a text.`);
      }
      return field(await this.#account.signed("POST", "/api/characters", body, options), "character", "object") as Character;
    });
  }

  /** Deletes a character, for good. */
  deleteCharacter(id: number, options?: CallOptions): Promise<void> {
    return this.#run(async () => {
      await this.#account.signed("DELETE", `/api/characters/${idOf(id, "character_id")}`, undefined, options);
    });
  }

  /** Enters the world: resolves once one's character stands in it. Who is refused stays where one is. */
  selectCharacter(id: number, options?: CallOptions): Promise<Character> {
    const intent = ++this.#intent;
    return this.#run(async (raw) => {
      const body = { character_id: idOf(id, "character_id") };
      const ticket = field(await this.#account.signed("POST", "/api/characters/select", body, options), "ticket", "string");
      // Who has left meanwhile, or selected another character, does not want to enter any more.
      if (intent !== this.#intent) throw notConnected();
      return await raw.enter(ticket);
    });
  }

  /** Leaves the world and stays signed in. */
  leaveWorld(): Promise<void> {
    this.#leave();
    return this.#run(async () => {});
  }

  /**
   * Ends this client: it leaves the world, whatever is in flight rejects with DISPOSED or
   * NOT_CONNECTED, nothing is heard any more, and whatever is asked of it from now on rejects
   * with DISPOSED. The account stays signed in.
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#leave();
    this.#disposed = true;
    this.#rest.ended.abort();
    this.#handlers.clear();
    this.#sealing.clear();
    const raw = this.#raw;
    this.#raw = undefined;
    // This may be a handler that the module is just calling.
    if (raw) setTimeout(() => raw.free(), 0);
  }

  /** {@link dispose}, for `await using`. */
  async [asyncDispose](): Promise<void> {
    this.dispose();
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
    options: CallOptions = {},
  ): Promise<Requests[Type]["answer"]> {
    return this.#run((raw) => endedBy(options, raw.request(type, fields)));
  }

  /** Goes to a neighbouring location; one arrives at its entrance, (0, 0, 0). */
  travel(toLocationId: number): Promise<LocationUpdate> {
    // 0 would be a step within the location.
    return this.request("move", { to_location_id: toLocationId || -1 }) as Promise<LocationUpdate>;
  }

  /** The same as {@link travel}: its name in the first generation. */
  sendMove(toLocationId: number): Promise<LocationUpdate> {
    return this.travel(toLocationId);
  }

  /**
   * Says where one's character is and how it moves; call it at every frame while it moves, and
   * with a velocity of 0 when it stops. Without a velocity the client measures it, and takes a
   * character that has been at one place for 150 ms to stand. The client sends it at most 20
   * times a second: when others would otherwise show the character more than 0.1 m off, when it
   * stops, and every 2 s while it moves. While a lost connection is brought back the newest is
   * kept. What the server would refuse comes back as `position_correction`: go on from its
   * position.
   */
  sendPositionUpdate(position: Omit<Vector, "z"> & { z?: number }, velocity?: Omit<Vector, "z"> & { z?: number }): void {
    const { x, y, z = 0 } = position;
    try {
      if (velocity) this.#raw?.sendPositionUpdate(x, y, z, velocity.x, velocity.y, velocity.z ?? 0);
      else this.#raw?.sendPositionUpdate(x, y, z);
    } catch (thrown) {
      throw asShardlinkError(thrown);
    }
  }

  /**
   * Says something, of 1 to 500 characters. Resolves with one's own copy once the message is
   * delivered; `on` hears the copy too, as a message of the channel's type. A whisper names its
   * recipient by id or by name. Rejects with EMPTY, TOO_LONG, MUTED (by those who run the
   * realm), RATE_LIMITED, NOT_IN_PARTY (on "party"), RECIPIENT_OFFLINE, or NOT_FOUND for a
   * recipient that does not exist.
   */
  async sendChat(message: string, channel: Channel = "global", recipient?: number | string): Promise<ChatMessage> {
    const content = message.normalize("NFC");
    const to = { channel, recipient_id: byId(recipient), recipient_name: byName(recipient) };
    if (!this.#sealing.isUsed) return this.request("chat", { content, ...to });
    const sealed = await this.#run(() => this.#sealing.seal(content, channel, byId(recipient) ?? undefined, this.#place()));
    return this.#sealing.said(await this.request("chat", { ...(sealed ?? { content }), ...to }), content);
  }

  /**
   * Seals what is said to the party from now on, so that neither the server nor anybody else
   * reads it who has not the same key: a passphrase of 8 to 256 bytes that was agreed upon
   * elsewhere, a new random key, or one that a friend has handed on. Keys before it still open;
   * null forgets them. Who joins another party needs another key. docs/encryption.md says what
   * this protects. Rejects with INVALID_FIELD for what is no key.
   */
  setPartyKey(source: KeySource | null): Promise<void> {
    return this.#run(() => this.#withKeys(() => this.#sealing.setPartyKey(source, this.#place())));
  }

  /** The same for whispers with a character, either way; they are then sent by its id. */
  setWhisperKey(characterId: number, source: KeySource | null): Promise<void> {
    return this.#run(() => this.#withKeys(() => this.#sealing.setWhisperKey(idOf(characterId, "characterId"), source)));
  }

  /** Digits that are alike for all who have the same key; people compare them. Null without a key. */
  getFingerprint(owner: KeyOwner): Promise<string | null> {
    return this.#run(() => this.#sealing.fingerprint(owner));
  }

  /** A random key as a text to hand on; null without one, and for a passphrase. */
  exportKey(owner: KeyOwner): Promise<string | null> {
    return this.#run(() => this.#sealing.exportKey(owner));
  }

  /** {@link sendChat} to one character, by id or by name, wherever it is in the world. */
  sendWhisper(recipient: number | string, message: string): Promise<ChatMessage> {
    return this.sendChat(message, "whisper", recipient);
  }

  /** {@link sendChat} to one's faction. */
  sendFactionChat(message: string): Promise<ChatMessage> {
    return this.sendChat(message, "faction");
  }

  /** {@link sendChat} to one's party. */
  sendPartyChat(message: string): Promise<ChatMessage> {
    return this.sendChat(message, "party");
  }

  /**
   * The last 50 messages of a channel that the server keeps, the oldest first, or those before
   * the message with the number `before`. The server keeps no whispers: for "whisper" this
   * gives those heard since one entered the world. On "party" it rejects with NOT_IN_PARTY.
   */
  async getHistory(channel: Channel, options: { before?: number | undefined } = {}): Promise<PastChat[]> {
    if (channel !== "whisper") {
      const { messages } = await this.request("chat_history", { channel, before: options.before ?? null });
      await this.#sealing.openAll(messages, this.#place());
      return messages;
    }
    return this.#run<PastChat[]>(async () => {
      const lines = this.getMessages("whisper");
      const { before = Infinity } = options;
      const earlier = lines.filter(({ key }) => key < before);
      return earlier.map(({ key, number: _, timestamp, ...chat }) => ({ number: key, timestamp, chat }));
    });
  }

  /**
   * What to show of a channel at this moment: its last 50 lines, the oldest first, from what
   * was heard and from the histories that came, each line once, without those of characters
   * that one has muted. Changes with the channel's messages, `chat_history`, `mute` and
   * `party`.
   */
  getMessages(channel: Channel): ChatLine[] {
    return this.#sealing.showAll(this.#kept<ChatLine[]>(`messages:${channel}`, []));
  }

  /**
   * Hears no more of a character, nor any invitation from it, from now on and on all
   * devices. Rejects with NOT_FOUND or TOO_MANY_MUTED (100).
   */
  mute(characterId: number): Promise<void> {
    return this.request("mute", { character_id: characterId, muted: true }).then(nothing);
  }

  /** Hears a muted character again. */
  unmute(characterId: number): Promise<void> {
    return this.request("mute", { character_id: characterId, muted: false }).then(nothing);
  }

  /** The ids of those whom one has muted. */
  getMuted(): number[] {
    return this.#kept<number[]>("muted", []);
  }

  /** Makes a gesture, which everybody sees who sees one's character: wave, dance, bow, cheer, point or sit. */
  emote(name: string): Promise<void> {
    return this.request("emote", { emote: name }).then(nothing);
  }

  /** The party one is in, as it was told last; null in none. `on("party", …)` hears its changes. */
  getParty(): Party | null {
    return this.#kept<Party | null>("party", null);
  }

  /** The invitations one has, the oldest first. */
  getInvitations(): Invitation[] {
    return this.#kept<Invitation[]>("invitations", []);
  }

  /**
   * Founds a party, which one leads; its name may have 160 bytes. Like every method that
   * changes a party, it resolves with the party as the server then has it; by then
   * {@link getParty} gives that too. Rejects with ALREADY_IN_PARTY.
   */
  createParty(name?: string): Promise<PartyUpdate> {
    return this.request("party_create", { party_name: name?.normalize("NFC") });
  }

  /**
   * Invites somebody, by id or by name, for five minutes. Only the leader may invite, and only
   * a character that is in the world: rejects with NOT_IN_PARTY, NOT_LEADER, PARTY_FULL,
   * ALREADY_IN_PARTY, RECIPIENT_OFFLINE or NOT_FOUND.
   */
  inviteToParty(character: number | string): Promise<PartyInvite> {
    return this.#ofOwnParty("party_invite", { invitee_id: byId(character), invitee_name: byName(character) });
  }

  /** Takes an invitation back. Only the leader may; rejects with NOT_LEADER, or NOT_FOUND where there is none. */
  withdrawInvite(characterId: number): Promise<PartyUpdate> {
    return this.#ofOwnParty("party_withdraw", { character_id: characterId });
  }

  /** Joins a party that one is invited into. Rejects with PARTY_FULL, ALREADY_IN_PARTY, or NOT_FOUND where the invitation stands no more. */
  acceptInvite(partyId: number): Promise<PartyUpdate> {
    return this.request("party_accept", { party_id: partyId });
  }

  /** Turns an invitation down. Rejects with NOT_FOUND where it stands no more. */
  declineInvite(partyId: number): Promise<void> {
    return this.request("party_decline", { party_id: partyId }).then(nothing);
  }

  /** Leaves the party. If the leader leaves, the longest member leads; the last one out ends it. Rejects with NOT_IN_PARTY. */
  leaveParty(): Promise<void> {
    return this.#ofOwnParty("party_leave", {}).then(nothing);
  }

  /** Puts a member out. Only the leader may; rejects with NOT_LEADER or NOT_FOUND. */
  kickFromParty(characterId: number): Promise<PartyUpdate> {
    return this.#ofOwnParty("party_kick", { character_id: characterId });
  }

  /** Ends the party, for all. Only the leader may; rejects with NOT_LEADER. */
  disbandParty(): Promise<void> {
    return this.#ofOwnParty("party_disband", {}).then(nothing);
  }

  /** Makes a member the leader. Only the leader may; rejects with NOT_LEADER or NOT_FOUND. */
  promote(characterId: number): Promise<PartyUpdate> {
    return this.#ofOwnParty("party_promote", { character_id: characterId });
  }

  /** Changes who gets what an enemy leaves. Only the leader may; rejects with NOT_LEADER. */
  setLootSharing(rule: LootSharing): Promise<PartyUpdate> {
    return this.#ofOwnParty("party_loot", { loot_sharing: rule });
  }

  /** Who else is here, where they are shown at this moment: read it at every frame. */
  getNearbyPlayers(): NearbyPlayer[] {
    const raw = this.#raw;
    if (!raw) return [];
    const numbers = raw.nearbyMotions();
    let next = 0;
    const number = () => numbers[next++] as number;
    const version = number();
    const location_id = number();
    // Names change seldom: they are asked for only when they do.
    if (version !== this.#rosterVersion) {
      this.#roster = raw.nearbyRoster();
      this.#rosterVersion = version;
    }
    return this.#roster.map(({ character_id, character_name, faction, level }) => ({
      character_id,
      character_name,
      faction,
      level,
      location_id,
      position: { x: number(), y: number(), z: number() },
      velocity: { x: number(), y: number(), z: number() },
      last_seen: number(),
    }));
  }

  /**
   * Milliseconds to the server and back, lately, as heartbeats and answers tell; null
   * before they did. {@link ping} measures anew.
   */
  get latency(): number | null {
    return this.#raw?.latency ?? null;
  }

  /** The server's time in milliseconds since 1970, as it is estimated; null before it was heard of. */
  serverTime(): number | null {
    return this.#raw?.serverTime() ?? null;
  }

  /** One's own character in the world; null outside of it. */
  get self(): Self | null {
    return this.#raw?.self ?? null;
  }

  /**
   * The realm, as the server told it last; null before it did. It tells on entering the world and
   * when it changes, every 5 s at most: `on("world_state", …)` hears it.
   */
  get worldState(): WorldState | null {
    return this.#worldState;
  }

  /** The connection to the world, as it is now; `on("status", …)` hears its changes. */
  get status(): Status {
    return this.#status;
  }

  /** Asks for the realm as it is now. Outside of the world the server does not tell it by itself. */
  getWorldState(options?: CallOptions): Promise<WorldState> {
    return this.#ask("/api/world/state", options, (answer) => answer as unknown as WorldState);
  }

  getShardStatus(options?: CallOptions): Promise<Shard[]> {
    return this.#ask("/api/world/shards", options, (answer) => field(answer, "shards", "object") as Shard[]);
  }

  /** What happened in the realm, the newest first; ask the next page with the answer's next_cursor. */
  getEvents(page: { limit?: number | undefined; cursor?: string | undefined } = {}, options?: CallOptions): Promise<EventsPage> {
    return this.#run(async () => {
      const wanted = new URLSearchParams();
      if (page.limit !== undefined) {
        if (!Number.isInteger(page.limit) || page.limit < 1 || page.limit > 200) throw invalid("limit", "The limit must be an integer from 1 to 200.");
        wanted.set("limit", String(page.limit));
      }
      if (page.cursor !== undefined) wanted.set("cursor", page.cursor);
      const answer = await this.#rest.call("GET", `/api/world/events?${wanted}`, options);
      const events = field(answer, "events", "object") as EventsPage["events"];
      // The last page has no cursor.
      const next = answer["next_cursor"];
      return typeof next === "string" ? { events, next_cursor: next } : { events };
    });
  }

  /** Milliseconds to the server and back over the socket. */
  ping(options: CallOptions = {}): Promise<number> {
    return this.#run(async (raw) => {
      const begun = performance.now();
      await endedBy(options, raw.ping());
      return Math.round((performance.now() - begun) * 10) / 10;
    });
  }

  /** Calls `handler` with every message of a type; the function that is returned ends that. */
  on<Type extends EventType>(type: Type, handler: (message: Events[Type]) => void): () => void {
    if (this.#disposed) return nothing;
    const handlers = this.#handlers.get(type) ?? new Set();
    // Each call is a subscription of its own, even with the same function.
    const own: Handler = (message) => handler(message);
    this.#handlers.set(type, handlers.add(own));
    this.#heard();
    return () => {
      handlers.delete(own);
      this.#heard();
    };
  }

  /** {@link on}, for the next message alone. */
  once<Type extends EventType>(type: Type, handler: (message: Events[Type]) => void): () => void {
    const off = this.on(type, (message) => {
      off();
      handler(message);
    });
    return off;
  }

  /** A request about the party that one is in: the client knows which. Rejects with NOT_IN_PARTY without one. */
  #ofOwnParty<Type extends RequestType>(
    type: Type,
    fields: Omit<Requests[Type]["fields"], "party_id">,
  ): Promise<Requests[Type]["answer"]> {
    return this.#run((raw) => raw.request(type, fields));
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
    this.#wasm = wasm;
    // "http" becomes "ws", so "https" becomes "wss".
    const socket = `${this.#base.replace(/^http/, "ws")}/ws`;
    const raw = new wasm.RawClient(socket, this.#interpolationDelay, {
      hears: (event) => this.#hears(event),
      emit: (event, value) => this.#tell(event, value),
      askTicket: (attempt) => void this.#ticket(attempt),
      sessionEnded: () => void this.#account.forget(),
    });
    this.#raw = raw;
    this.#heard();
    return raw;
  }

  /** The module: it is loaded whenever `#run` calls. */
  #module(): Wasm {
    if (!this.#wasm) throw disposed();
    return this.#wasm;
  }

  #leave(): void {
    this.#intent += 1;
    this.#raw?.leave();
  }

  async #ticket(attempt: number): Promise<void> {
    try {
      const answer = await this.#account.signed("POST", "/api/ws/ticket");
      this.#raw?.ticket(attempt, field(answer, "ticket", "string"));
    } catch (thrown) {
      const { code, message, retryAfter } = asShardlinkError(thrown);
      this.#raw?.noTicket(attempt, code, message, retryAfter);
    }
  }

  #hears(event: string): boolean {
    return (this.#handlers.get(event)?.size ?? 0) > 0;
  }

  /** Position frames come twenty times a second: the module makes events of them only for somebody who hears them. */
  #heard(): void {
    this.#raw?.hearFrames(this.#hears("position_frame"));
  }

  /** Whose words are heard, and in which party. */
  #place(): Place {
    return { own: this.#raw?.self?.character_id, party: this.getParty()?.party_id };
  }

  async #withKeys(set: () => Promise<void>): Promise<void> {
    if (!this.#hearsSealed) {
      this.#hearsSealed = true;
      // What nobody hears is not made, and would never be opened.
      for (const event of SEALED) this.on(event, nothing);
      this.on("party", ({ party }) => party && this.#sealing.inParty(party.party_id));
    }
    await set();
  }

  /** Tells a message; one that is sealed when it has been opened. */
  #tell(event: string, value: unknown): void {
    const said = value as ChatMessage & { messages?: PastChat[] };
    if (!this.#sealing.isUsed || !SEALED.includes(event as never)) return this.#emit(event, value);
    if (said.messages) void this.#sealing.openAll(said.messages, this.#place()).then(() => this.#emit(event, value));
    else if (said.encrypted) void this.#sealing.open(said, this.#place(), false).then(() => this.#emit(event, value));
    else this.#emit(event, value);
  }

  #emit(event: string, value: unknown): void {
    const handlers = this.#handlers.get(event);
    for (const handler of [...(handlers ?? [])]) {
      // An earlier handler may have ended a later one.
      if (!handlers?.has(handler)) continue;
      try {
        handler(value as never);
      } catch (error) {
        if (event !== "handler_error" && this.#hears("handler_error")) this.#emit("handler_error", { error, event });
        else report(error);
      }
    }
  }

  /** What the client keeps under a name, without asking anybody; `nothing` before it is loaded. */
  #kept<T>(name: string, nothing: T): T {
    if (!this.#raw) return nothing;
    try {
      return this.#raw.kept(name);
    } catch (thrown) {
      throw asShardlinkError(thrown);
    }
  }

  #signed<T>(method: Method, path: string, body: object | undefined, options: CallOptions | undefined, read: (answer: Answer) => T): Promise<T> {
    return this.#run(async () => read(await this.#account.signed(method, path, body, options)));
  }

  /** Asks what everybody may know. */
  #ask<T>(path: string, options: CallOptions | undefined, read: (answer: Answer) => T): Promise<T> {
    return this.#run(async () => read(await this.#rest.call("GET", path, options)));
  }

  async #run<T>(call: (raw: RawClient) => Promise<T>): Promise<T> {
    try {
      if (this.#disposed) throw disposed();
      // Once loaded, calls reach the client at once and in their order.
      return await call(this.#raw ?? (await this.#load()));
    } catch (thrown) {
      throw this.#disposed ? disposed(thrown) : asShardlinkError(thrown);
    }
  }
}

const byId = (character: number | string | undefined) => (typeof character === "number" ? character : null);
const byName = (character: number | string | undefined) => (typeof character === "string" ? character : null);
const nothing = () => {};

const disposed = (cause?: unknown) => new ShardlinkError("DISPOSED", "This client has been disposed of.", { cause });
const notConnected = () => new ShardlinkError("NOT_CONNECTED", "There is no connection to the world.");
const invalid = (field: string, message: string) => new ShardlinkError("INVALID_FIELD", message, { field });

async function realmOf(rest: Rest): Promise<Canon> {
  const answer = await rest.call("GET", "/api/realm", { kept: true });
  for (const list of ["factions", "races", "classes", "locations"]) field(answer, list, "object");
  return answer as unknown as Canon;
}

/** Reports an error as if nobody had caught it. */
function report(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  else queueMicrotask(() => { throw error; });
}

/** The server's address without what follows its path. */
function baseOf(url: string | undefined): string {
  const page = globalThis.location?.href;
  if (url === undefined && !page) throw invalid("url", 'Outside of a page the client needs to be told the server: new ShardlinkClient({ url: "https://…" }).');
  let parsed: URL;
  try {
    parsed = new URL(url ?? "/", page);
  } catch {
    throw invalid("url", `The url must be an http or https address, and "${url}" is none.`);
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") throw invalid("url", "The url must be an http or https address.");
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, "");
}

function storageOf(option: ClientOptions["storage"]) {
  const known = option === undefined || option === "local" || option === "session" || option === "none";
  if (!known && typeof option?.getItem !== "function") throw invalid("storage", "The storage must be local, session, none, or an object like localStorage.");
  return option ?? "local";
}

function within(field: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) throw invalid(field, `The ${field} must be from ${least} to ${most} milliseconds.`);
  return value;
}

function idOf(id: number, field: string): number {
  if (!Number.isSafeInteger(id) || id < 1) throw invalid(field, "This is not an id.");
  return id;
}

/** What is asked over the socket, given up early if that is asked for. The server may do it nevertheless. */
function endedBy<T>({ signal, timeout }: CallOptions, promise: Promise<T>): Promise<T> {
  if (!signal && timeout === undefined) return promise;
  return new Promise((resolve, reject) => {
    const end = () => reject(aborted(signal?.reason));
    if (signal?.aborted) end();
    signal?.addEventListener("abort", end, { once: true });
    const late = () => reject(new ShardlinkError("TIMEOUT", "The server did not answer in time."));
    const timer = timeout === undefined ? undefined : setTimeout(late, timeout);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    });
  });
}
