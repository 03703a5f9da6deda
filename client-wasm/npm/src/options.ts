// What a game tells the client, judged before anything is done with it.
import { invalid } from "./errors.js";
import type { StorageOption } from "./storage.js";

/** The server's address without what follows its path. */
export function baseOf(url: string | undefined): string {
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

/** Where the session's token is kept. */
export function storageOf(option: StorageOption | undefined): StorageOption {
  const known = option === undefined || option === "local" || option === "session" || option === "none";
  if (!known && typeof option?.getItem !== "function") throw invalid("storage", "The storage must be local, session, none, or an object like localStorage.");
  return option ?? "local";
}

export const isId = (id: number) => Number.isSafeInteger(id) && id >= 1;

export function idOf(id: number, field: string): number {
  if (!isId(id)) throw invalid(field, "This is not an id.");
  return id;
}
