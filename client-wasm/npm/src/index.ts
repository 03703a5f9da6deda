export { ShardlinkClient } from "./client.js";
export { ShardlinkError, type ClientCode } from "./errors.js";
export type { ClientMessage, ClientMessages, ErrorCode, Faction, ServerMessage, ServerMessages } from "./messages.js";
/** Every message and what it holds, by name: `messages.PlayerHere`. */
export type * as messages from "./messages.js";
export type * from "./types.js";
