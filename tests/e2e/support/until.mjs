// Waiting for what will be so, instead of for as long as it usually takes.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { rest } from "./rest.mjs";

/** Waits until something holds, and fails if it does not in time. */
export async function until(holds, what, timeoutMs = 8_000) {
  for (const end = Date.now() + timeoutMs; !(await holds()); await pause(20)) {
    if (Date.now() > end) assert.fail(`${what}: not within ${timeoutMs} ms`);
  }
}

/** Waits until the server counts so many players: a hub tells World of its population after half a second. */
export function untilActive(url, players, timeoutMs) {
  const active = async () => (await rest(url, "GET", "/api/status")).body.active_players;
  return until(async () => (await active()) === players, `${players} players are active`, timeoutMs);
}
