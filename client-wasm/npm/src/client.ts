import { endedBy } from "./core.js";
import { ShardlinkError, asShardlinkError, invalid } from "./errors.js";
import { baseOf, idOf, isId } from "./options.js";
import { type Answer, type CallOptions, type Method, Rest, field } from "./rest.js";
import { Social } from "./social.js";
import type {
  Canon,
  Character,
  ClientOptions,
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

/** Where each number of a player stands in {@link ShardlinkClient.positions}: metres, metres a second, milliseconds since 1970. */
export const PLAYER = { id: 0, x: 1, y: 2, z: 3, vx: 4, vy: 5, vz: 6, lastSeen: 7, numbers: 8 } as const;

const NOBODY = new Float64Array();

/** A client of one server. Nothing is loaded or connected before it is needed. */
export class ShardlinkClient extends Social {
  #roster: Pick<NearbyPlayer, "character_id" | "character_name" | "faction" | "level">[] = [];
  #rosterVersion: number | undefined;
  /** The roster's version and the location, and what stands behind them in the module's memory. */
  #header: Float64Array | undefined;
  #positions = NOBODY;
  #realm: Promise<Canon> | undefined;
  #worldState: WorldState | null = null;

  constructor(options: ClientOptions = {}) {
    super(options);
    this.on("world_state", (state) => (this.#worldState = state));
  }

  /** What the world of a server is made of; the page's own server, if no other is named. */
  static async canon(options: Pick<ClientOptions, "url"> = {}): Promise<Canon> {
    return realmOf(new Rest(baseOf(options.url)));
  }

  /** What the world is made of: what there is to choose from, the places, and what connects them. */
  realm(): Promise<Canon> {
    return this.unlessEnded(() => {
      this.#realm ??= realmOf(this.rest).catch((thrown: unknown) => {
        this.#realm = undefined;
        throw thrown;
      });
      return this.#realm;
    });
  }

  /** Makes an account, and does not sign in; {@link signIn} does. */
  signUp(username: string, password: string, options?: CallOptions): Promise<{ playerId: number }> {
    return this.run(() => this.account.signUp(this.module(), username, password, options));
  }

  /** The same as {@link signUp}: its name in the first generation. */
  register(username: string, password: string, options?: CallOptions): Promise<{ playerId: number }> {
    return this.signUp(username, password, options);
  }

  /** Signs in. A new sign-in ends the account's earlier session. */
  signIn(username: string, password: string, options?: CallOptions): Promise<Session> {
    // Leaves the world of the earlier session, which this sign-in replaces, and its keys.
    const begin = () => {
      this.leave();
      this.sealing.clear();
    };
    return this.run(() => this.account.signIn(this.module(), username, password, begin, options));
  }

  /** The same as {@link signIn}: its name in the first generation. */
  connect(username: string, password: string, options?: CallOptions): Promise<Session> {
    return this.signIn(username, password, options);
  }

  /** The session that is still standing after a reload, or null. */
  restore(options?: CallOptions): Promise<Session | null> {
    return this.run(() => this.account.restore(options));
  }

  /** Signs out: leaves the world, ends the session and forgets it. */
  signOut(options?: CallOptions): Promise<void> {
    this.leave();
    this.sealing.clear();
    return this.run(() => this.account.signOut(options));
  }

  /** The same as {@link signOut}: its name in the first generation. */
  disconnect(options?: CallOptions): Promise<void> {
    return this.signOut(options);
  }

  /** Changes the password; neither the old nor the new one leaves the browser. The account's other sessions end. */
  changePassword(oldPassword: string, newPassword: string, options?: CallOptions): Promise<void> {
    return this.run(() => this.account.changePassword(this.module(), oldPassword, newPassword, options));
  }

  /** Deletes the account with its characters and their names, for good. */
  deleteAccount(password: string, options?: CallOptions): Promise<void> {
    return this.run(async () => {
      await this.account.deleteAccount(this.module(), password, options);
      this.leave();
      this.sealing.clear();
      this.account.forget();
    });
  }

  /** The account's characters, oldest first. */
  getCharacters(options?: CallOptions): Promise<Character[]> {
    return this.#signed("GET", "/api/characters", undefined, options, (answer) => field(answer, "characters", "object") as Character[]);
  }

  /** What one of the account's characters holds. */
  getInventory(characterId: number, options?: CallOptions): Promise<Inventory> {
    return this.run(async () => {
      const path = `/api/characters/${idOf(characterId, "character_id")}/inventory`;
      return (await this.account.signed("GET", path, undefined, options)) as unknown as Inventory;
    });
  }

  /** Makes a character; {@link realm} has what there is to choose from. */
  createCharacter(wanted: NewCharacter, options?: CallOptions): Promise<Character> {
    return this.run(async () => {
      const { name, race, class: className, faction } = wanted;
      const body = { name, race, class: className, faction };
      for (const [field, value] of Object.entries(body)) {
        if (typeof value !== "string") throw invalid(field, `A character needs a ${field}, which is a text.`);
      }
      return field(await this.account.signed("POST", "/api/characters", body, options), "character", "object") as Character;
    });
  }

  /** Deletes a character, for good. */
  deleteCharacter(id: number, options?: CallOptions): Promise<void> {
    return this.run(async () => {
      await this.account.signed("DELETE", `/api/characters/${idOf(id, "character_id")}`, undefined, options);
    });
  }

  /** Enters the world: resolves once one's character stands in it. Who is refused stays where one is. */
  selectCharacter(id: number, options?: CallOptions): Promise<Character> {
    // What is refused here leaves an earlier choice standing.
    const intent = isId(id) ? ++this.intent : this.intent;
    return this.run(async (raw) => {
      const body = { character_id: idOf(id, "character_id") };
      const ticket = field(await this.account.signed("POST", "/api/characters/select", body, options), "ticket", "string");
      // Who has left meanwhile, or selected another character, does not want to enter any more.
      if (intent !== this.intent) throw notConnected();
      // Who gives it up does not enter later either.
      const givenUp = () => void (intent === this.intent && this.leave());
      return await endedBy(options, () => raw.enter(ticket), givenUp);
    });
  }

  /** Leaves the world and stays signed in. */
  leaveWorld(): Promise<void> {
    this.leave();
    return this.run(async () => {});
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
      if (velocity) this.raw?.sendPositionUpdate(x, y, z, velocity.x, velocity.y, velocity.z ?? 0);
      else this.raw?.sendPositionUpdate(x, y, z);
    } catch (thrown) {
      throw asShardlinkError(thrown);
    }
  }

  /**
   * Who else is here, where they are shown at this moment: read it at every frame. Every call
   * gives new objects; where they are too many, read {@link positions}.
   */
  getNearbyPlayers(): NearbyPlayer[] {
    const numbers = this.positions();
    if (!this.raw || !this.#header) return [];
    const [version, location_id = 0] = this.#header;
    // Names change seldom: they are asked for only when they do.
    if (version !== this.#rosterVersion) {
      this.#roster = this.raw.nearbyRoster();
      this.#rosterVersion = version;
    }
    return this.#roster.map(({ character_id, character_name, faction, level }, index) => {
      const number = (of: number) => numbers[index * PLAYER.numbers + of] ?? 0;
      return {
        character_id,
        character_name,
        faction,
        level,
        location_id,
        position: { x: number(PLAYER.x), y: number(PLAYER.y), z: number(PLAYER.z) },
        velocity: { x: number(PLAYER.vx), y: number(PLAYER.vy), z: number(PLAYER.vz) },
        last_seen: number(PLAYER.lastSeen),
      };
    });
  }

  /**
   * The same without names and without garbage: {@link PLAYER}.numbers numbers for each player,
   * in a view that is written in place. Read it at once: the next call changes it, and so may
   * any other method.
   */
  positions(): Float64Array {
    if (!this.raw || !this.wasm) return NOBODY;
    const at = this.raw.writePositions();
    const { buffer } = this.wasm.memory;
    const count = this.raw.positionsCount;
    // The memory moves when it grows, the numbers when there are more of them than before.
    if (this.#header?.buffer !== buffer || this.#header.byteOffset !== at) this.#header = new Float64Array(buffer, at, 2);
    const first = at + this.#header.byteLength;
    const view = this.#positions;
    if (view.buffer !== buffer || view.byteOffset !== first || view.length !== count - 2) this.#positions = new Float64Array(buffer, first, count - 2);
    return this.#positions;
  }

  /**
   * Milliseconds to the server and back, lately, as heartbeats and answers tell; null
   * before they did. {@link ping} measures anew.
   */
  get latency(): number | null {
    return this.raw?.latency ?? null;
  }

  /** The server's time in milliseconds since 1970, as it is estimated; null before it was heard of. */
  serverTime(): number | null {
    return this.raw?.serverTime() ?? null;
  }

  /** One's own character in the world; null outside of it. */
  get self(): Self | null {
    return this.raw?.self ?? null;
  }

  /**
   * The realm, as the server told it last; null before it did. It tells on entering the world and
   * when it changes, every 5 s at most: `on("world_state", …)` hears it.
   */
  get worldState(): WorldState | null {
    return this.#worldState;
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
    return this.run(async () => {
      const wanted = new URLSearchParams();
      if (page.limit !== undefined) {
        if (!Number.isInteger(page.limit) || page.limit < 1 || page.limit > 200) throw invalid("limit", "The limit must be an integer from 1 to 200.");
        wanted.set("limit", String(page.limit));
      }
      if (page.cursor !== undefined) wanted.set("cursor", page.cursor);
      const answer = await this.rest.call("GET", `/api/world/events?${wanted}`, options);
      const events = field(answer, "events", "object") as EventsPage["events"];
      // The last page has no cursor.
      const next = answer["next_cursor"];
      return typeof next === "string" ? { events, next_cursor: next } : { events };
    });
  }

  /** Milliseconds to the server and back over the socket. */
  ping(options?: CallOptions): Promise<number> {
    return this.run(async (raw) => {
      const begun = performance.now();
      await endedBy(options, () => raw.ping());
      return Math.round((performance.now() - begun) * 10) / 10;
    });
  }

  #signed<T>(method: Method, path: string, body: object | undefined, options: CallOptions | undefined, read: (answer: Answer) => T): Promise<T> {
    return this.run(async () => read(await this.account.signed(method, path, body, options)));
  }

  /** Asks what everybody may know. */
  #ask<T>(path: string, options: CallOptions | undefined, read: (answer: Answer) => T): Promise<T> {
    return this.run(async () => read(await this.rest.call("GET", path, options)));
  }

}

const notConnected = () => new ShardlinkError("NOT_CONNECTED", "There is no connection to the world.");

async function realmOf(rest: Rest): Promise<Canon> {
  const answer = await rest.call("GET", "/api/realm", { kept: true });
  for (const list of ["factions", "races", "classes", "locations"]) field(answer, list, "object");
  return answer as unknown as Canon;
}

