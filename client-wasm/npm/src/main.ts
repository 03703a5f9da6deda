// What every entry of the package gives.
export { PLAYER, ShardlinkClient } from "./client.js";
export { init, type WasmSource } from "./wasm.js";
export type { CallOptions } from "./rest.js";
export type { KeyStore } from "./storage.js";
export { ShardlinkError, type ClientCode } from "./errors.js";
export type { ClientMessage, ClientMessages, ErrorCode, Faction, ServerMessage, ServerMessages } from "./messages.js";
/** Every message and what it holds, by name: `messages.PlayerHere`. */
export type * as messages from "./messages.js";
export type * from "./types.js";
