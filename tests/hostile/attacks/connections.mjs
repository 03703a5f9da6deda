// Connections that are held and not used.
import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { find } from "../../../scripts/lib/environment.mjs";
import { tally } from "../support/figures.mjs";

/** Opens so many connections, quickly but not all in one moment: those that were not refused. */
async function open(stage, count, addresses) {
  const held = [];
  const visitors = Array.from({ length: addresses }, (_, n) => stage.attacker(n));
  for (let n = 0; n < count; n += 1) {
    held.push(visitors[n % addresses].connect());
    if (n % 50 === 49) await pause(10);
  }
  return held;
}

/** How many of them the server has not ended. */
async function stillHeld(connections) {
  const states = await Promise.all(connections.map(({ ended, socket }) => Promise.race([ended.then(() => false), pause(50, socket.readyState === "open")])));
  return states.filter(Boolean).length;
}

const cut = (connections) => connections.forEach(({ socket }) => socket.destroy());

const noPrlimit = () => (find("prlimit") ? undefined : "there is no prlimit here");

/** At a front door: opened again as often as they are closed. */
export const silentCrowd = {
  name: "silent-connections",
  what: "TCP connections that say nothing, from a dozen addresses, opened again as often as they are ended",
  full: { connections: 6000, addresses: 12, rounds: 4, roundMs: 4_000, perAddress: 200 },
  short: { connections: 500, addresses: 1, rounds: 2, roundMs: 1_000, perAddress: 200 },
  async run(stage, { connections, addresses, rounds, roundMs, perAddress }) {
    const held = [];
    const counts = [];
    for (let n = 0; n < rounds; n += 1) {
      held.push(...(await open(stage, Math.floor(connections / rounds), addresses)));
      await pause(roundMs);
      counts.push(await stillHeld(held));
    }
    cut(held);
    const most = Math.max(...counts);
    return { figures: { opened: held.length, "held at most": most }, aims: { [`at most ${perAddress} are held for each address`]: most <= perAddress * addresses } };
  },
};

export const silentConnections = {
  name: "silent-connections",
  what: "more TCP connections that say nothing than the server may open descriptors",
  full: { descriptors: 4096, connections: 6000, holdMs: 10_000 },
  short: { descriptors: 600, connections: 900, holdMs: 1_000 },
  outage: true,
  skip: noPrlimit,
  async run(stage, { descriptors, connections, holdMs }) {
    const before = stage.workerdPid;
    for (const pid of [stage.server.pid, before]) execFileSync("prlimit", ["--pid", String(pid), `--nofile=${descriptors}:${descriptors}`]);
    const held = await open(stage, connections, 4);
    await pause(holdMs);
    const left = await stillHeld(held);
    cut(held);
    const answers = await stage.answers();
    return {
      figures: { opened: connections, [`held after ${holdMs / 1000} s`]: left, "the process was replaced": stage.workerdPid !== before ? "yes" : "no", "answers afterwards": answers ? "yes" : "no" },
      aims: { "the server is there, or there again within 15 s": answers },
    };
  },
};

const HEAD = "GET /api/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";

/**
 * Hundreds of connections, held by a beginning and then a byte a second. `heldAtMost` is
 * how many may be there in the end, if that is for us to say. Most have no short form:
 * what takes ten seconds to be given up the trickling body shows.
 */
function holding({ name, what, begin, trickle, short, heldAtMost = Infinity }) {
  return {
    name,
    what,
    full: { connections: 400, addresses: 2, watchMs: 20_000 },
    short,
    async run(stage, { connections, addresses, watchMs }) {
      const held = await open(stage, connections, addresses);
      for (const { socket } of held) socket.write(begin);
      const lines = held.map(({ firstLine }) => firstLine);
      const timer = setInterval(() => held.forEach(({ socket }) => socket.writable && socket.write(trickle)), 1_000);
      await pause(watchMs);
      clearInterval(timer);
      const left = await stillHeld(held);
      cut(held);
      const answers = tally((await Promise.all(lines)).map((line) => line ?? "closed without a word"));
      return {
        figures: { opened: connections, [`held for ${watchMs / 1000} s`]: left, answers },
        aims: heldAtMost === Infinity ? {} : { [`at most ${heldAtMost} are held for ${watchMs / 1000} s`]: left <= heldAtMost },
      };
    },
  };
}

const SLOW_HEADERS = { name: "slow-headers", what: "requests by the hundred whose headers come a byte a second", begin: HEAD, trickle: "x" };

/** The runtime has no limit on the time of headers: a front door has. */
export const slowHeaders = holding(SLOW_HEADERS);
export const slowHeadersAtTheFront = holding({ ...SLOW_HEADERS, heldAtMost: 0, short: { connections: 60, addresses: 1, watchMs: 6_000 } });
export const slowBodies = holding({
  name: "slow-bodies",
  what: "requests by the hundred whose bodies come a byte a second",
  heldAtMost: 0,
  begin: "POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
  trickle: " ",
});
