// What is measured. A plan's fields are those of tests/load/src/plan.rs; the
// servers that take part in it are named.

/** Everybody is seen, however crowded it is: the highest AREA_CAP there is. */
const ALL_SEE_ALL = { AREA_CAP: "2000" };

const BOTH = ["shardlink", "baseline"];
const COMMON = { rate: 10, chat_rate: 1, settle: 0, warm_up: 3, seconds: 30 };

/** Random waypoints start at the entrance: after a minute at 6 m/s they are spread. */
const SPREAD = 60;

/** Objects leave memory after some 11 s without events. */
const ASLEEP = 13;

const SCENARIOS = [
  {
    name: "a",
    title: "(a) One room, fixed rate",
    what: "all see all",
    servers: BOTH,
    settings: ALL_SEE_ALL,
    plan: { ...COMMON, model: "fixed", players: 200 },
  },
  {
    name: "b",
    title: "(b) One hub, random waypoint",
    what: "1,000 players over the whole map; the client's logic decides what is sent",
    servers: ["shardlink"],
    plan: { ...COMMON, model: "waypoint", players: 1_000, rate: 20, chat_rate: 0, warm_up: SPREAD },
  },
  {
    name: "b-chat",
    title: "(b) The same, with chat",
    what: "each of them says something to all once a minute: 1,000 deliveries a piece",
    servers: ["shardlink"],
    plan: { ...COMMON, model: "waypoint", players: 1_000, rate: 20, warm_up: SPREAD },
  },
  {
    name: "c",
    title: "(c) Bytes for each neighbour",
    what: "200 players by random waypoint, at the default error bound",
    servers: ["shardlink"],
    plan: { ...COMMON, model: "waypoint", players: 200, rate: 20, chat_rate: 0, warm_up: SPREAD },
  },
  {
    name: "d",
    title: "(d) Memory for each connection",
    what: "1,000 players who stand, 250 more after every 13 s of silence",
    servers: BOTH,
    plan: { ...COMMON, model: "still", players: 1_000, chat_rate: 0, settle: ASLEEP, warm_up: 0, seconds: 1 },
  },
  {
    name: "e-warm",
    title: "(e) Joins, warm",
    what: "500 players with tickets after 200 who do not count; their objects in memory, and the code compiled",
    servers: BOTH,
    plan: { ...COMMON, model: "still", players: 700, rehearsal: 200, chat_rate: 0, touch: true, warm_up: 0, seconds: 1 },
  },
  {
    name: "e-cold",
    title: "(e) Joins, cold",
    what: "500 players with tickets, of a server that has just started",
    servers: BOTH,
    plan: { ...COMMON, model: "still", players: 500, chat_rate: 0, warm_up: 0, seconds: 1 },
  },
];

/** The scenarios that the options choose, with what the options change in them. */
export function chosen({ scenario, servers, settings, plan }) {
  return SCENARIOS.filter(({ name }) => scenario === "all" || name.startsWith(scenario)).map((one) => ({
    ...one,
    servers: one.servers.filter((name) => servers.includes(name)),
    settings: { ...one.settings, ...settings },
    plan: { ...one.plan, ...(one.plan.model === "still" ? { players: plan.players ?? one.plan.players } : plan) },
  }));
}
