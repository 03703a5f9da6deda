// What is printed: a table for each scenario, and which aims were met.

/** Name, what it is called, its unit, and how many digits it has behind the point. */
const ROWS = [
  ["delivered", "updates delivered", "/s", 0],
  ["share", "of those that were sent", "%", 1, 100],
  ["cpuPerUpdate", "server CPU per delivered update", "µs", 2],
  ["cpuPerPlayer", "server CPU per player-second", "µs", 0],
  ["cores", "server, of a core", "%", 0, 100],
  ["bots", "bots, of a core", "%", 0, 100],
  ["p50", "position p50", "ms", 1],
  ["p95", "position p95", "ms", 1],
  ["p99", "position p99", "ms", 1],
  ["chatP50", "chat p50", "ms", 1],
  ["chatP95", "chat p95", "ms", 1],
  ["chatP99", "chat p99", "ms", 1],
  ["joinP50", "join p50", "ms", 1],
  ["joinP95", "join p95", "ms", 1],
  ["joinP99", "join p99", "ms", 1],
  ["bytesPerUpdate", "bytes per delivered update", "B", 2],
  ["bytesIn", "received per player-second", "B", 0],
  ["bytesOut", "sent per player-second", "B", 0],
  ["neighbours", "players in sight", "", 1],
  ["bytesPerNeighbour", "received per neighbour-second", "B", 1],
  ["memory", "memory per connection", "KiB", 1],
  ["joins", "joins, with tickets ready", "/s", 0],
  ["joinsWithTickets", "joins, tickets included", "/s", 0],
  ["cpuPerJoin", "server CPU per join", "µs", 0],
  ["corrections", "corrections", "", 0],
  ["unmatched", "entries of unknown sends", "", 0],
  ["lost", "connections lost", "", 0],
  ["room", "largest room, p99 under 100 ms", "players", 0],
];

/** A result as lines of text. */
export function table({ title, plan, servers }) {
  const names = Object.keys(servers);
  const both = names.length === 2;
  const line = (what, cells) => `  ${what.padEnd(34)}${cells.map((cell) => cell.padStart(18)).join("")}`;
  const rows = ROWS.flatMap(([name, what, unit, digits, times = 1]) => {
    const values = names.map((server) => servers[server].figures[name]);
    if (values.every((value) => value === undefined)) return [];
    const cells = values.map((value) => (value === undefined ? "–" : `${(value * times).toFixed(digits)} ${unit}`.trimEnd()));
    return [line(what, both ? [...cells, proportion(...values)] : cells)];
  });
  const heading = `${title}: ${plan.players} players, ${plan.model}, ${plan.rate} steps/s, ${plan.chat_rate} chats/min each, ${plan.seconds} s`;
  return [heading, line("", both ? [...names, "ratio"] : names), ...rows].join("\n");
}

const proportion = (ours, theirs) => (ours > 0 && theirs > 0 ? (ours / theirs).toFixed(2) : "");

/** What the project aims at, and whether these results reach it. */
export function verdicts(results) {
  const of = (scenario, server = "shardlink") => results.find((result) => result.scenario === scenario)?.servers[server]?.figures ?? {};
  const [a, plain, b, c] = [of("a"), of("a", "baseline"), of("b"), of("c")];
  const aims = [
    ["(a) CPU per update, of the baseline's", a.cpuPerUpdate / plain.cpuPerUpdate, "at most", 1.15],
    ["(a) position p99, ms", a.p99, "at most", 100],
    ["(a) share that arrived", a.share, "at least", 0.97],
    ["(a) largest room, of the baseline's", of("room").room / of("room", "baseline").room, "at least", 1],
    ["(b) position p99, ms", b.p99, "at most", 100],
    ["(b) share of a core", b.cores, "at most", 0.6],
    ["(c) bytes per delivered update", a.bytesPerUpdate, "at most", 8],
    ["(c) bytes per neighbour-second", c.bytesPerNeighbour ?? b.bytesPerNeighbour, "at most", 40],
    ["(d) KiB per connection, above the baseline's", of("d").memory - of("d", "baseline").memory, "at most", 8],
    ["(e) joins a second, warm", of("e-warm").joins, "at least", 300],
  ];
  return aims
    .filter(([, value]) => Number.isFinite(value))
    .map(([what, value, bound, limit]) => {
      const met = bound === "at most" ? value <= limit : value >= limit;
      return `  ${met ? "met    " : "NOT MET"}  ${what.padEnd(46)}${value.toFixed(2).padStart(9)}   (${bound} ${limit})`;
    });
}
