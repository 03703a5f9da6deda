// node --test over tests/e2e: each file starts servers of its own.
import { nodeTestsBesides } from "./node-tests.mjs";

/**
 * Files that measure no time more closely than by seconds, the longest first, so that the last
 * one does not run alone. They mostly wait (for what expires, for alarms, for a browser), or ask
 * the server for much. The others count milliseconds, need the machine quiet and run alone.
 */
const BESIDES = [
  "clock",
  "two-browsers",
  "operating",
  "front-door",
  "revocation",
  "corrupt",
  "abuse",
  "seal",
  "social",
  "sessions",
  "security",
  "demo-social",
  "demo-views",
  "client-social",
  "client-account",
  "client-tabs",
  "encrypted-chat",
  "guide",
  "old-data",
  "bad-input",
  "first-generation",
  "cors",
  "hubs",
  "crash",
  "throttle",
  "scram",
  "pages",
  "realm",
  "closing",
  "text",
  "bodies",
  "config",
];

export const endToEnd = () => nodeTestsBesides("tests/e2e", BESIDES);
