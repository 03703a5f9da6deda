// All attacks, in the order they are played. play.mjs says what an attack is.
import { addressHeader, openRedirect } from "./attacks/addresses.mjs";
import { budgets, goneCharacters, goneParties, hashingQueue, household, invitationFlood, restFlood } from "./attacks/budgets.mjs";
import { silentConnections, silentCrowd, slowBodies, slowHeaders, slowHeadersAtTheFront } from "./attacks/connections.mjs";
import { damagedFiles, fullDisk, killedParent, killedRevocations, twoServers } from "./attacks/crashes.mjs";
import { resumeSockets, silentUpgrades } from "./attacks/doors.mjs";
import { messageFlood, requestFlood, textPings } from "./attacks/floods.mjs";
import { kills } from "./attacks/kills.mjs";
import { endlessBody, tricklingBody, unfinishedFrames } from "./attacks/memory.mjs";
import { farAcknowledgement, quickJoins } from "./attacks/numbers.mjs";
import { lookalikes, wrongShapes } from "./attacks/text.mjs";
import { atTheFront } from "./front.mjs";

export const attacks = [
  unfinishedFrames,
  endlessBody,
  tricklingBody,
  silentConnections,
  slowHeaders,
  slowBodies,
  silentUpgrades,
  resumeSockets,
  addressHeader,
  openRedirect,
  textPings,
  messageFlood,
  requestFlood,
  atTheFront(unfinishedFrames, { full: { growthMiB: 64 }, short: { growthMiB: 64 } }),
  atTheFront(endlessBody),
  atTheFront(tricklingBody, { short: null }),
  atTheFront(silentCrowd),
  atTheFront(slowHeadersAtTheFront),
  atTheFront(slowBodies),
  atTheFront(silentUpgrades),
  atTheFront(textPings),
  atTheFront(messageFlood),
  atTheFront(requestFlood),
  farAcknowledgement,
  quickJoins,
  killedRevocations,
  twoServers,
  killedParent,
  damagedFiles,
  fullDisk,
  invitationFlood,
  restFlood,
  hashingQueue,
  goneCharacters,
  goneParties,
  budgets,
  household,
  lookalikes,
  wrongShapes,
  kills,
];

/** Those that have a short form, in an order in which most find the stage that they need. */
export function inShort(chosen) {
  const needs = ({ env, headers, players, outage }) => (outage ? "~" : "") + JSON.stringify([env ?? null, headers ?? null, players === 0]);
  return chosen.filter(({ short }) => short).toSorted((a, b) => (needs(a) < needs(b) ? -1 : needs(a) > needs(b) ? 1 : 0));
}
