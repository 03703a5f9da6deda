// What the client gives to games. Ids are integers; positions are metres. What goes
// over the wire is in messages.ts, which is generated.
import type {
  Channel,
  Chat,
  Faction,
  Fields,
  Inventory as InventoryMessage,
  LootSharing,
  Requests,
  Sealed,
  ServerMessages,
  Vector,
  WorldState as WorldStateMessage,
} from "./messages.js";

import type { OpenCode } from "./seal.js";
import type { StorageOption } from "./storage.js";

export type { KeyOwner, KeySource, OpenCode } from "./seal.js";

export type { Channel, Character, LocationUpdate, LootSharing, PartyInvite, PartyUpdate, PastChat, Requests, Shard, Vector } from "./messages.js";

/** What `request` can make, by the type of the message. */
export type RequestType = keyof Requests;

export interface ClientOptions {
  /** The server's address; the page's own origin if left out. */
  url?: string | undefined;
  /**
   * Where the session's token is kept over reloads: in all tabs ("local", the default), in this
   * tab ("session"), not at all ("none"), or in a store of the game's own. Nothing else is kept.
   */
  storage?: StorageOption | undefined;
  /** How long a request of REST may take, in milliseconds; 30,000 if left out. */
  timeout?: number | undefined;
  /**
   * How far in the past others are shown, in milliseconds, from 0 to 1000; 100 if left out. A
   * longer delay hides a shakier network, a shorter one shows sooner what others do.
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

/** Why something that was sealed could not be opened: its content then says only that it was sealed. */
export interface Unreadable {
  code: OpenCode;
  /** A sentence for the player. */
  message: string;
}

/**
 * Something that was said, on whichever channel. If it was sealed, `encrypted` is not null, and
 * `content` is what was really said, unless it is `unreadable` or there is no key.
 */
export type ChatMessage = Chat & { unreadable?: Unreadable };

/** A line of a channel as it is kept to be shown. */
export interface ChatLine {
  /** Tells it from all other lines for as long as the client lives. */
  key: number;
  /** Its number in the channel's history; null for what was heard and not found there. */
  number: number | null;
  /** When it was said, in seconds since 1970. */
  timestamp: number;
  sender_id: number;
  sender_name: string;
  channel: Channel;
  content: string;
  recipient_id: number | null;
  recipient_name: string | null;
  encrypted: Sealed | null;
  unreadable?: Unreadable;
}

/** The party one is in. */
export interface Party {
  party_id: number;
  party_name: string | null;
  leader_id: number;
  /** The longest first: when the leader leaves, the first of the others leads. */
  members: PartyMember[];
  /** How many may be in it. */
  max_members: number;
  /** Who gets what an enemy leaves: everybody the same, as the leader decides, or as the dice do. */
  loot_sharing: LootSharing;
  /** Rises with every change. */
  version: number;
}

export interface PartyMember {
  character_id: number;
  character_name: string;
  is_leader: boolean;
  /** Whether it is in the world. */
  online: boolean;
  /** Null where the server has not told it. */
  health: number | null;
  max_health: number | null;
}

/** An invitation into a party, which can be accepted or declined. */
export interface Invitation {
  party_id: number;
  party_name: string | null;
  inviter_id: number;
  inviter_name: string;
  /** How long it still stands, at the moment that it is read. */
  seconds_left: number;
}

/** An invitation that stands no more. */
export interface InvitationEnded extends Omit<Invitation, "seconds_left"> {
  /** "withdrawn" also stands for the invitations of a party that has ended. */
  outcome: "accepted" | "declined" | "withdrawn" | "expired";
}

/** A member of one's party has come into the world or left it. */
export interface PartyPresence {
  party_id: number;
  character_id: number;
  character_name: string;
  online: boolean;
}

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
 * What `on` can hear, by type: the server's messages, of which each channel of the chat
 * has one of its own (`chat` is the global one, then `party_chat`, `faction_chat` and
 * `whisper`); and the client's own, from `status` on. An `error` or `invalid_message` is
 * heard if it answers no request; one that does rejects that request's promise.
 */
export interface Events extends ServerMessages {
  status: Status;
  /** A handler threw. Unless somebody hears this, the error is reported as if nobody had caught it. */
  handler_error: { error: unknown; event: string };
  /** The party one is in has changed; null when one is in none any more. */
  party: { party: Party | null };
  party_presence: PartyPresence;
  /** One is invited into a party. */
  invitation: Invitation;
  invitation_ended: InvitationEnded;
}

export type EventType = keyof Events;
