import { asShardlinkError } from "./errors.js";
import type {
  Canon,
  Channel,
  Character,
  ChatMessage,
  ClientOptions,
  EventType,
  Events,
  EventsPage,
  Inventory,
  LocationUpdate,
  NearbyPlayer,
  NewCharacter,
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
  readonly #whenLoaded: ((raw: RawClient) => void)[] = [];

  constructor(options: ClientOptions = {}) {
    this.#url = new URL(options.url ?? location.origin, globalThis.location?.href).href;
    this.#storage = options.storage ?? "local";
    this.#interpolationDelay = options.interpolationDelay ?? null;
  }

  /** What the world is made of; needs no server. */
  static async canon(): Promise<Canon> {
    return (await loadWasm()).canon();
  }

  /** Makes an account. Signing in is {@link connect}'s. */
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

  /** One's own characters, oldest first. */
  getCharacters(): Promise<Character[]> {
    return this.#run((raw) => raw.getCharacters());
  }

  /** What one of one's characters holds. */
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

  /** Goes to a neighbouring location; one arrives at its entrance, (0, 0, 0). */
  sendMove(toLocationId: number): Promise<LocationUpdate> {
    return this.#run((raw) => raw.sendMove(toLocationId));
  }

  /**
   * Says where one's character is and how it moves; call it at every frame while it
   * moves, and with a velocity of 0 when it stops. Without a velocity the client
   * measures it, and takes a character that has been at one place for 150 ms to stand.
   * Sent at most 20 times a second, and only where others would show one more than
   * 0.1 m off. While a lost connection is brought back the newest is kept. What the
   * server would refuse comes back as `position_correction`: go on from its position.
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
   * Says something. Resolves with one's own copy, which `on("chat")` hears too.
   * A whisper names its recipient by id or by name.
   */
  sendChat(message: string, channel: Channel = "global", recipient?: number | string): Promise<ChatMessage> {
    const id = typeof recipient === "number" ? recipient : null;
    const name = typeof recipient === "string" ? recipient : null;
    return this.#run((raw) => raw.sendChat(message, channel, id, name));
  }

  sendWhisper(recipient: number | string, message: string): Promise<ChatMessage> {
    return this.sendChat(message, "whisper", recipient);
  }

  sendFactionChat(message: string): Promise<ChatMessage> {
    return this.sendChat(message, "faction");
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
    // What fails to load fails for whoever calls next; there is nothing to hear until then.
    else this.#load().then(begin, () => this.#whenLoaded.push(begin));
    return () => {
      if (!ended) end();
      ended = true;
    };
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

  async #run<T>(call: (raw: RawClient) => Promise<T>): Promise<T> {
    try {
      // Once loaded, calls reach the client at once and in their order.
      return await call(this.#raw ?? (await this.#load()));
    } catch (thrown) {
      throw asShardlinkError(thrown);
    }
  }
}
