// Floods: more than anybody needs, of what anybody may send.
import { setTimeout as pause } from "node:timers/promises";
import { listed, tally } from "../support/figures.mjs";
import { drained, repeatedly } from "../support/pace.mjs";
import { Player } from "../support/player.mjs";

/** "ping" as a text frame, masked with zeros. */
const PING = Buffer.from([0x81, 0x84, 0, 0, 0, 0, ...Buffer.from("ping")]);
const PINGS = Buffer.concat(Array.from({ length: 200 }, () => PING));

export const textPings = {
  name: "text-pings",
  what: "heartbeats without a pause, from players, which the runtime answers by itself",
  full: { flooders: 4, forMs: 12_000 },
  short: { flooders: 2, forMs: 1_000 },
  disturbs: "without the front door: what a flooder has sent before it is closed lies in the kernel's buffers, tens of thousands of frames, and the runtime brings us each of them",
  async run(stage, { flooders, forMs }) {
    const players = [];
    for (let n = 0; n < flooders; n += 1) players.push(await Player.enter(stage.attacker(n)));
    let [sent, pongs] = [0, 0];
    const until = performance.now() + forMs;
    await Promise.all(
      players.map(async (player) => {
        let counted = player.socket;
        while (performance.now() < until) {
          if (!player.online) {
            // Closed for it: they come back, and go on.
            await pause(20);
            continue;
          }
          if (counted !== player.socket) pongs += counted.pongs;
          counted = player.socket;
          sent += 200;
          if (!counted.socket.write(PINGS)) await drained(counted.socket, 200);
          else await pause(0);
        }
        pongs += counted.pongs;
      }),
    );
    const losses = players.reduce((sum, player) => sum + player.losses, 0);
    for (const player of players) player.leave();
    return { figures: { sent, answered: pongs, "closed for it": losses }, aims: {} };
  },
};

export const requestFlood = {
  name: "request-flood",
  what: "requests without a pause, from one address, to what anybody may ask",
  full: { atOnce: 64, forMs: 12_000 },
  short: { atOnce: 16, forMs: 1_000 },
  async run(stage, { atOnce, forMs }) {
    const visitor = stage.attacker(0, { keepAlive: true });
    const paths = ["/api/status", "/api/world/state", "/", "/readyz"];
    const statuses = await repeatedly({ forMs, atOnce }, async (n) => (await visitor.rest("GET", paths[n % paths.length]).catch(() => ({ status: "lost" }))).status);
    const counts = tally(statuses);
    return { figures: { requests: statuses.length, answers: listed(counts) }, aims: { "none is answered by a fault": !statuses.some((status) => [500, 502].includes(status)) } };
  },
};

export const messageFlood = {
  name: "message-flood",
  what: "messages that cannot be read, and chat without a pause, from players who come back when they are closed for it",
  full: { flooders: 4, forMs: 10_000 },
  short: { flooders: 2, forMs: 1_000 },
  async run(stage, { flooders, forMs }) {
    const players = [];
    for (let n = 0; n < flooders; n += 1) players.push(await Player.enter(stage.attacker(n)));
    let sent = 0;
    const until = performance.now() + forMs;
    await Promise.all(
      players.map(async (player, index) => {
        for (let n = 0; performance.now() < until; n += 1) {
          if (player.online) {
            for (let m = 0; m < 20; m += 1) player.send(index % 2 === 0 ? { type: "chat", content: `flood ${n} ${m}` } : { type: "dance" });
            sent += 20;
          }
          await pause(5);
        }
      }),
    );
    const refused = tally(players.flatMap((player) => player.refused));
    const losses = players.reduce((sum, player) => sum + player.losses, 0);
    for (const player of players) player.leave();
    return { figures: { sent, refused, "closed for it": losses }, aims: { "flooders are closed": losses > 0 } };
  },
};
