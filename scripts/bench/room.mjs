// The largest room: how many players at a fixed rate a server takes before the
// p99 of positions passes 100 ms or fewer than 97 % of what was sent arrives.
import { note } from "../lib/say.mjs";
import { figures, median } from "./figures.mjs";
import { runOnce } from "./run.mjs";

/** A hub's highest capacity: rooms above it are not tried. */
const MOST = 2_000;

/** The search ends when the room that fails is larger than the one that holds by less than this. */
const NEAR = 1.05;

/** A result as measure() gives, whose figure is `room`. */
export async function largestRoom(scenario, servers, { runs }) {
  const plan = { ...scenario.plan, warm_up: 3, seconds: 8 };
  const found = {};
  for (const server of scenario.servers) {
    const rooms = [];
    for (let run = 0; run < runs; run++) {
      const tried = (players) => ({ ...scenario, plan: { ...plan, players } });
      rooms.push(await search(plan.players, async (players) => holds(await runOnce(servers, server, tried(players)), tried(players).plan, server)));
    }
    found[server] = { figures: { room: median(rooms) }, runs: rooms };
  }
  return { scenario: "room", title: "(a) Largest room", plan, servers: found };
}

/** The largest number that holds: by growing steps, then by halves. */
export async function search(start, hold) {
  let [good, bad] = [0, undefined];
  let next = start;
  while (bad === undefined || bad > Math.max(good * NEAR, good + 1)) {
    if (await hold(next)) good = next;
    else bad = next;
    if (good >= MOST) return MOST;
    next = bad === undefined ? Math.min(MOST, Math.ceil(good * 1.4)) : Math.floor((good + bad) / 2);
    if (next === good) return good;
  }
  return good;
}

function holds(report, plan, server) {
  const { p99, share, cores, bots } = figures(report, plan);
  const good = p99 < 100 && share >= 0.97;
  const percent = (part) => `${(part * 100).toFixed(0)} %`;
  note(`${server}, ${plan.players} players: p99 ${p99?.toFixed(0)} ms, ${percent(share)} arrived, server ${percent(cores)}, bots ${percent(bots)}: ${good ? "holds" : "too many"}`);
  if (!good && bots > 0.9) note("the bots were at the limit of their core: the server may hold more");
  return good;
}
