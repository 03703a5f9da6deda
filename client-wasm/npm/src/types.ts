// What the client gives to games. Ids are integers; positions are metres.

export interface Vector {
  x: number;
  y: number;
  z: number;
}

export interface ClientOptions {
  /** The server's address; the page's own origin if left out. */
  url?: string | undefined;
  /** Where the session is kept over reloads: in all tabs ("local", the default), in this tab ("session"), or not. */
  storage?: "local" | "session" | "none" | undefined;
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

export interface Character {
  id: number;
  name: string;
  is_player: boolean;
  race: string;
  class: string;
  faction: string;
  stats: Record<"strength" | "dexterity" | "intelligence" | "constitution" | "wisdom" | "charisma", number>;
  resources: Record<"health" | "max_health" | "stamina" | "max_stamina" | "mana" | "max_mana", number>;
  progression: Record<"level" | "experience" | "souls", number>;
  location_id: number;
  /** ISO 8601. */
  created_at: string;
  /** ISO 8601. */
  updated_at: string;
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

export interface WorldState {
  current_reality: string;
  /** 0 to 100. */
  reality_stability: number;
  faction_shard_counts: Record<string, number>;
  dominant_faction: string | null;
  active_players: number;
  total_aetherfalls: number;
}

export interface Shard {
  id: number;
  shard_number: number;
  name: string;
  description: string;
  location_id: number;
  is_captured: boolean;
  owning_faction: string | null;
  guardian_name: string;
  guardian_defeated: boolean;
  power_level: number;
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

/** What every message has. */
interface Message<Type extends string> {
  type: Type;
  /** Seconds since 1970, by the server's clock. */
  timestamp: number;
}

export type Channel = "global" | "party" | "faction" | "whisper";

interface ChatOf<Type extends string> extends Message<Type> {
  sender_id: number;
  sender_name: string;
  channel: Channel;
  content: string;
  recipient_id: number | null;
  recipient_name: string | null;
}

export type ChatMessage = ChatOf<"chat" | "whisper" | "party_chat" | "faction_chat">;

interface ErrorOf<Type extends string> extends Message<Type> {
  error_code: string;
  error_message: string;
  details: { field: string | null; retry_after: number | null } | null;
}

export interface LocationUpdate extends Message<"location_update"> {
  location_id: number;
  players: { character_id: number; character_name: string; position: Vector; faction: string; level: number }[];
}

/** The connection to the world. A message of the client's own, not of the server's. */
export interface Status {
  state: "connecting" | "connected" | "reconnecting" | "closed";
  /** The close code, if a close led here. */
  code?: number;
  /** A sentence for the player, if there is more to say. */
  reason?: string;
}

/** What `on` can hear, by type. */
export interface Events {
  status: Status;
  auth_response: Message<"auth_response"> & {
    success: boolean;
    player_id: number | null;
    message: string | null;
    server_time: number;
    character: Character | null;
    protocol: { min: string; max: string; schema_hash: string } | null;
  };
  disconnect: Message<"disconnect"> & { reason: string | null };
  pong: Message<"pong">;
  character_list: Message<"character_list"> & { characters: Character[] };
  character_update: Message<"character_update"> & {
    character_id: number;
    character_name: string;
    location_id: number | null;
    position: Vector | null;
    health: number | null;
    max_health: number | null;
    mana: number | null;
    max_mana: number | null;
    stamina: number | null;
    max_stamina: number | null;
    level: number | null;
    faction: string | null;
  };
  move: Message<"move"> & {
    character_id: number;
    from_location_id: number | null;
    /** 0: the same location. */
    to_location_id: number;
    position: Vector | null;
    velocity: Vector | null;
  };
  location_update: LocationUpdate;
  player_joined_area: Message<"player_joined_area"> & {
    character_id: number;
    character_name: string;
    location_id: number;
    position: Vector | null;
    faction: string | null;
    level: number | null;
  };
  player_left_area: Message<"player_left_area"> & { character_id: number; location_id: number };
  /** The server (or its rule, here) knows better where one's character is: continue from there. */
  position_correction: Message<"position_correction"> & { client_seq: number; position: Vector; velocity: Vector };
  chat: ChatOf<"chat">;
  whisper: ChatOf<"whisper">;
  party_chat: ChatOf<"party_chat">;
  faction_chat: ChatOf<"faction_chat">;
  /** A refusal that answers no request; one that does rejects that request's promise. */
  error: ErrorOf<"error">;
  invalid_message: ErrorOf<"invalid_message">;
}

export type EventType = keyof Events;
