export { ShardlinkClient } from "./client.js";
export { ShardlinkError, type ClientCode } from "./errors.js";
export type * from "./types.js";
