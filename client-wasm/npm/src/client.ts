import { asShardlinkError } from "./errors.js";
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
  Vector,
  WorldState,
} from "./types.js";
import { loadWasm, type RawClient } from "./wasm.js";

/** A client of one server. Nothing is loaded or connected before it is needed. */
export class ShardlinkClient {
  readonly #url: string;
  readonly #storage: string;
  readonly #interpolationDelay: number | null;
  #roster: Pick<NearbyPlayer, "character_id" | "character_name" | "faction" | "level">[] = [];
  #rosterVersion: number | undefined;
  #loading: Promise<RawClient> | undefined;
  #raw: RawClient | undefined;
  #worldState: WorldState | null = null;
  readonly #whenLoaded: ((raw: RawClient) => void)[] = [
    (raw) => raw.on("world_state", (state: WorldState) => (this.#worldState = state)),
  ];

  constructor(options: ClientOptions = {}) {
    this.#url = new URL(options.url ?? location.origin, globalThis.location?.href).href;
    this.#storage = options.storage ?? "local";
    this.#interpolationDelay = options.interpolationDelay ?? null;
  }

  /** What the world is made of; needs no server. */
  static async canon(): Promise<Canon> {
    return (await loadWasm()).canon();
  }

  /** Makes an account, and does not sign in; {@link connect} does. */
  register(username: string, password: string): Promise<{ playerId: number }> {
    return this.#run((raw) => raw.register(username, password));
  }

  /** Signs in. A new sign-in ends the account's earlier session. */
  connect(username: string, password: string): Promise<Session> {
    return this.#run((raw) => raw.connect(username, password));
  }

  /** The session that is still standing after a reload, or null. */
  restore(): Promise<Session | null> {
    return this.#run((raw) => raw.restore());
  }

  /** Signs out: leaves the world, ends the session and forgets it. */
  disconnect(): Promise<void> {
    return this.#run<void>((raw) => raw.disconnect());
  }

  /** Changes the password; neither the old nor the new one leaves the browser. The account's other sessions end. */
  changePassword(oldPassword: string, newPassword: string): Promise<void> {
    return this.#run<void>((raw) => raw.changePassword(oldPassword, newPassword));
  }

  /** Deletes the account with its characters and their names, for good. */
  deleteAccount(password: string): Promise<void> {
    return this.#run<void>((raw) => raw.deleteAccount(password));
  }

  /** The account's characters, oldest first. */
  getCharacters(): Promise<Character[]> {
    return this.#run((raw) => raw.getCharacters());
  }

  /** What one of the account's characters holds. */
  getInventory(characterId: number): Promise<Inventory> {
    return this.#run((raw) => raw.getInventory(characterId));
  }

  /** Makes a character; {@link canon} has what there is to choose from. */
  createCharacter(wanted: NewCharacter): Promise<Character> {
    return this.#run((raw) => raw.createCharacter(wanted.name, wanted.race, wanted.class, wanted.faction));
  }

  /** Enters the world: resolves once one's character stands in it. */
  selectCharacter(id: number): Promise<Character> {
    return this.#run((raw) => raw.selectCharacter(id));
  }

  /** Leaves the world and stays signed in. */
  leaveWorld(): Promise<void> {
    return this.#run<void>(async (raw) => raw.leaveWorld());
  }

  /** Deletes a character, for good. */
  deleteCharacter(id: number): Promise<void> {
    return this.#run<void>((raw) => raw.deleteCharacter(id));
  }

  /**
   * Makes a request of any type that the protocol has, and resolves with its answer, which `on`
   * hears too. Rejects with the codes that {@link Requests} names for the type; with
   * UNKNOWN_TYPE, or INVALID_FIELD and the field, before anything is sent; and with
   * NOT_CONNECTED outside of the world.
   */
  request<Type extends RequestType>(type: Type, fields: Requests[Type]["fields"]): Promise<Requests[Type]["answer"]> {
    return this.#run((raw) => raw.request(type, fields));
  }

  /** Goes to a neighbouring location; one arrives at its entrance, (0, 0, 0). */
  sendMove(toLocationId: number): Promise<LocationUpdate> {
    // 0 would be a step within the location.
    return this.request("move", { to_location_id: toLocationId || -1 }) as Promise<LocationUpdate>;
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
  sendChat(message: string, channel: Channel = "global", recipient?: number | string): Promise<ChatMessage> {
    return this.request("chat", {
      content: message.normalize("NFC"),
      channel,
      recipient_id: byId(recipient),
      recipient_name: byName(recipient),
    });
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
  getHistory(channel: Channel, options: { before?: number | undefined } = {}): Promise<PastChat[]> {
    if (channel !== "whisper") {
      return this.request("chat_history", { channel, before: options.before ?? null }).then(({ messages }) => messages);
    }
    return this.#run<PastChat[]>(async (raw) => {
      const lines: ChatLine[] = raw.kept("messages:whisper");
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
    return this.#kept<ChatLine[]>(`messages:${channel}`, []);
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

  /** Asks for the realm as it is now. Outside of the world the server does not tell it by itself. */
  getWorldState(): Promise<WorldState> {
    return this.#run((raw) => raw.getWorldState());
  }

  getShardStatus(): Promise<Shard[]> {
    return this.#run((raw) => raw.getShardStatus());
  }

  /** What happened in the realm, the newest first; ask the next page with the answer's next_cursor. */
  getEvents(page: { limit?: number | undefined; cursor?: string | undefined } = {}): Promise<EventsPage> {
    return this.#run((raw) => raw.getEvents(page.limit, page.cursor));
  }

  /** Milliseconds to the server and back over the socket. */
  ping(): Promise<number> {
    return this.#run((raw) => raw.ping());
  }

  /** Calls `handler` with every message of a type; the function that is returned ends that. */
  on<Type extends EventType>(type: Type, handler: (message: Events[Type]) => void): () => void {
    let ended = false;
    let end = () => {};
    const begin = (raw: RawClient) => {
      if (ended) return;
      const subscription = raw.on(type, handler);
      end = () => raw.off(subscription);
    };
    if (this.#raw) begin(this.#raw);
    // If loading fails, the next call rejects; there is nothing to hear until it has loaded.
    else this.#load().then(begin, () => this.#whenLoaded.push(begin));
    return () => {
      if (!ended) end();
      ended = true;
    };
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
    const { RawClient } = await loadWasm();
    const raw = new RawClient(this.#url, this.#storage, this.#interpolationDelay);
    this.#raw = raw;
    for (const begin of this.#whenLoaded.splice(0)) begin(raw);
    return raw;
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

  async #run<T>(call: (raw: RawClient) => Promise<T>): Promise<T> {
    try {
      // Once loaded, calls reach the client at once and in their order.
      return await call(this.#raw ?? (await this.#load()));
    } catch (thrown) {
      throw asShardlinkError(thrown);
    }
  }
}

const byId = (character: number | string | undefined) => (typeof character === "number" ? character : null);
const byName = (character: number | string | undefined) => (typeof character === "string" ? character : null);
const nothing = () => {};
