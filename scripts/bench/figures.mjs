// From what the bots report (tests/load/src/play.rs) to what is compared.

/** What is compared, by name. What a run says nothing of is undefined. */
export function figures({ seconds, counts, times, server_cpu, bots_cpu, ...report }, { model, players }) {
  // At a fixed rate every send is recognised, so an entry that repeats one does
  // not count; of waypoints only the turns are.
  const delivered = model === "fixed" ? counts.updates : counts.entries;
  const neighbours = ratio(counts.neighbours, counts.censuses);
  const playerSeconds = players * seconds;
  const moving = model !== "still";
  return {
    delivered: moving ? delivered / seconds : undefined,
    share: model === "fixed" ? ratio(counts.updates, counts.moves * (players - 1)) : undefined,
    cpuPerUpdate: moving ? ratio(server_cpu * 1e6, delivered) : undefined,
    cpuPerPlayer: moving ? (server_cpu * 1e6) / playerSeconds : undefined,
    cores: server_cpu / seconds,
    bots: bots_cpu / seconds,
    p50: times.position?.p50,
    p95: times.position?.p95,
    p99: times.position?.p99,
    chatP50: times.chat?.p50,
    chatP95: times.chat?.p95,
    chatP99: times.chat?.p99,
    joinP50: times.join?.p50,
    joinP95: times.join?.p95,
    joinP99: times.join?.p99,
    bytesPerUpdate: moving ? ratio(counts.position_bytes, delivered) : undefined,
    bytesIn: moving ? counts.bytes_in / playerSeconds : undefined,
    bytesOut: moving ? counts.bytes_out / playerSeconds : undefined,
    neighbours: moving ? neighbours : undefined,
    bytesPerNeighbour: model === "waypoint" ? ratio(counts.position_bytes / playerSeconds, neighbours) : undefined,
    memory: memory(report.resident),
    joins: ratio(report.joined, report.joining),
    joinsWithTickets: ratio(report.joined, report.joining + report.fetching),
    cpuPerJoin: ratio(report.joining_cpu * 1e6, report.joined),
    corrections: counts.corrections,
    unmatched: counts.unmatched,
    lost: counts.lost,
  };
}

/** The median of each figure. */
export function medians(list) {
  return Object.fromEntries(Object.keys(list[0]).map((name) => [name, median(list.map((one) => one[name]))]));
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const half = sorted.length / 2;
  return Number.isInteger(half) ? (sorted[half - 1] + sorted[half]) / 2 : sorted[Math.floor(half)];
}

const ratio = (part, whole) => (whole > 0 ? part / whole : undefined);

/**
 * KiB for each connection. The objects that joining wakes leave as much behind in the
 * process after each batch: from the first batch on only the connections add to it.
 */
function memory(readings) {
  const first = readings.length > 2 ? readings[1] : readings[0];
  const last = readings.at(-1);
  return ratio(last.kib - first.kib, last.players - first.players);
}
