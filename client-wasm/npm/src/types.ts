// What the client gives to games. Ids are integers; positions are metres. What goes
// over the wire is in messages.ts, which is generated.
import type {
  Chat,
  Faction,
  Fields,
  Inventory as InventoryMessage,
  ServerMessages,
  Vector,
  WorldState as WorldStateMessage,
} from "./messages.js";

export type { Channel, Character, LocationUpdate, Shard, Vector } from "./messages.js";

export interface ClientOptions {
  /** The server's address; the page's own origin if left out. */
  url?: string | undefined;
  /** Where the session is kept over reloads: in all tabs ("local", the default), in this tab ("session"), or not. */
  storage?: "local" | "session" | "none" | undefined;
  /**
   * How far in the past others are shown, in milliseconds, from 0 to 1000; 100 if left
   * out. More hides a shakier network, less shows sooner what others do.
   */
  interpolationDelay?: number | undefined;
}

export interface Session {
  username: string;
  playerId: number;
  /** The character selected last. */
  characterId: number | null;
}

export interface NewCharacter {
  name: string;
  race: string;
  class: string;
  faction: string;
}

/** One's own character in the world. */
export interface Self {
  character_id: number;
  character_name: string;
  location_id: number;
  position: Vector;
  /** Walking speed, in metres a second. */
  speed: number;
  level: number;
  faction: string;
}

/** Somebody else, as shown at this moment. */
export interface NearbyPlayer {
  character_id: number;
  character_name: string;
  faction: string | null;
  level: number | null;
  location_id: number;
  position: Vector;
  /** Metres a second. */
  velocity: Vector;
  /** When something was last heard of it: milliseconds since 1970. */
  last_seen: number;
}

export type WorldState = Fields<WorldStateMessage>;

/** What a character holds. */
export type Inventory = Fields<InventoryMessage>;

/** Something that happened in the realm. */
export interface WorldEvent {
  id: string;
  event_type: string;
  title: string;
  description: string;
  /** ISO 8601. */
  timestamp: string;
  faction: Faction | null;
}

export interface EventsPage {
  /** The newest first. */
  events: WorldEvent[];
  /** What to ask the next page with; absent after the last. */
  next_cursor?: string;
}

export interface CanonLocation {
  id: number;
  name: string;
  zone: "town" | "dungeon" | "faction_hq" | "wilderness";
  safe: boolean;
  /** 0 to 9. */
  danger: number;
  /** The locations that a way leads to. */
  connections: number[];
}

/** What the world is made of, known without asking the server. */
export interface Canon {
  factions: { name: string }[];
  races: string[];
  classes: string[];
  locations: CanonLocation[];
  /** What x and y lie between. */
  bounds: { min: number; max: number };
  shards: { number: number; name: string; influence: string; guardian: string; location_id: number }[];
}

/** Something that was said, on whichever channel. */
export type ChatMessage = Chat;

/** The connection to the world. A message of the client's own, not of the server's. */
export interface Status {
  state: "connecting" | "connected" | "reconnecting" | "closed";
  /** The close code, if a close led here. */
  code?: number;
  /** A sentence for the player, if there is more to say. */
  reason?: string;
  /** With "connected": a lost connection goes on where it broke off, and nothing was missed. */
  resumed?: true;
}

/**
 * What `on` can hear, by type: the server's messages, and `status`. An `error` or
 * `invalid_message` is heard if it answers no request; one that does rejects that
 * request's promise.
 */
export interface Events extends ServerMessages {
  status: Status;
}

export type EventType = keyof Events;
