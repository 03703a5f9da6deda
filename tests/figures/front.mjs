// What the front door holds, and what an honest player's chat takes meanwhile: silent TCP
// connections of as many as may be, opened again as often as they are ended; and players, who
// all hear that chat. By hand on an otherwise idle Linux machine with HAProxy, after `npm run
// build`; it takes two minutes:
//
//     ulimit -n 90000; node tests/figures/front.mjs [players]
//
// With a lower limit of descriptors the door holds fewer, an eighth of it. The server is on one core; HAProxy, the crowd and the honest players are on the other.
import fs from "node:fs";
import os from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { BOTS_CORE, pin } from "../../scripts/bench/surroundings.mjs";
import { listed } from "../hostile/support/figures.mjs";
import { honestPlayers } from "../hostile/support/honest.mjs";
import { Player } from "../hostile/support/player.mjs";
import { Stage } from "../hostile/support/stage.mjs";
import { Visitor, hostileAddress } from "../hostile/support/visitor.mjs";

const PLAYERS = Number(process.argv[2] ?? 500);
/** A front door lets each address have 200 connections, and all together ten thousand. */
const ADDRESSES = 60;
const PER_ADDRESS = 200;
const CROWD_MS = 20_000;
/** An address may open 400 in 10 s, so a crowd is there again twice in that time. */
const AGAIN_MS = 6_000;
const TALK_MS = 20_000;
const HOUSES = 50;

pin(process.pid, BOTS_CORE);
const honest = honestPlayers();
os.setPriority(10);
const stage = await Stage.open({ honest, env: { FRONT: "haproxy" } });
const port = Number(new URL(stage.url).port);
const said = ({ said: count, p50, p99, worst, lost, unheard, rest }) => `chat p50 ${p50} ms, p99 ${p99}, worst ${worst} of ${count} said; ${lost} sockets lost, ${unheard} not heard, REST ${listed(rest)}`;
const load = () => `load ${os.loadavg()[0].toFixed(2)}`;

/** Connections that the door has taken in: those that still wait for it in the kernel have no file yet. */
function taken() {
  const lines = fs.readFileSync("/proc/net/tcp", "utf8").trim().split("\n").slice(1);
  return lines.map((line) => line.trim().split(/\s+/)).filter(([, local, , state, , , , , , file]) => state === "01" && parseInt(local.split(":")[1], 16) === port && file !== "0").length;
}

await honest.begin();
await pause(TALK_MS);
console.log(`nobody else: ${said(await honest.end())}; ${load()}`);

// The crowd.
const visitors = Array.from({ length: ADDRESSES }, (_, n) => new Visitor(stage.url, { from: hostileAddress(n) }));
let open = [];
let opened = 0;
await honest.begin();
const held = [];
for (const until = performance.now() + CROWD_MS; performance.now() < until; ) {
  const again = performance.now() + AGAIN_MS;
  // Those that the door has not come to are given up, and each address has again what it may have.
  for (const { socket } of open) socket.destroy();
  open = [];
  for (let n = 0; n < PER_ADDRESS; n += 1) {
    for (const visitor of visitors) {
      const one = visitor.connect();
      opened += 1;
      one.ended.then(() => one.socket.destroy());
      open.push(one);
    }
    await pause(10);
  }
  while (performance.now() < again) {
    held.push(taken());
    await pause(500);
  }
}
console.log(`${ADDRESSES} addresses open ${opened} silent connections in ${CROWD_MS / 1000} s, at most ${Math.max(...held)} held at a time (each half second: ${held.join(" ")}): ${said(await honest.end())}; ${load()}`);
for (const { socket } of open) socket.destroy();
await pause(1_000);

// The players.
const entering = performance.now();
let entered = 0;
const sockets = [];
await Promise.all(
  Array.from({ length: HOUSES }, async (_, house) => {
    const visitor = new Visitor(stage.url, { from: hostileAddress(1_024 + house), keepAlive: true });
    for (let n = house; n < PLAYERS; n += HOUSES) {
      const player = await Player.enter(visitor).catch((error) => error);
      if (player instanceof Error) {
        console.log(player.message);
        continue;
      }
      player.leaving = true;
      entered += 1;
      // What it hears from now on is read and thrown away: this process is not what is measured.
      const { socket } = player.socket;
      socket.removeAllListeners("data");
      socket.resume();
      sockets.push(socket);
    }
  }),
);
console.log(`${entered} players entered in ${((performance.now() - entering) / 1000).toFixed(1)} s`);
await pause(5_000);
await honest.begin();
await pause(TALK_MS);
const figures = await honest.end();
console.log(`${entered} players stand and listen, ${sockets.filter((socket) => !socket.destroyed).length} of their sockets are there in the end: ${said(figures)}; ${load()}`);
for (const socket of sockets) socket.destroy();
await stage.close();
honest.close();
process.exit(0);
