// The benchmark's own arithmetic, its search and its pictures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { figures, median, medians } from "../../scripts/bench/figures.mjs";
import { readOptions } from "../../scripts/bench/options.mjs";
import { plot } from "../../scripts/bench/plot.mjs";
import { search } from "../../scripts/bench/room.mjs";
import { chosen } from "../../scripts/bench/scenarios.mjs";
import { table, verdicts } from "../../scripts/bench/table.mjs";

const report = {
  seconds: 10,
  counts: {
    moves: 1_000, entries: 10_500, updates: 9_000, unmatched: 0, chats: 5, bytes_out: 14_000, bytes_in: 90_000,
    position_bytes: 72_000, frames_in: 2_000, corrections: 0, lost: 0, neighbours: 200, censuses: 20,
  },
  times: { position: { count: 9_000, p50: 20, p95: 40, p99: 50, max: 60 }, chat: null, join: null },
  server_cpu: 0.9,
  bots_cpu: 2,
  resident: [
    { players: 0, kib: 100_000 },
    { players: 11, kib: 101_100 },
  ],
  joined: 11,
  joining: 0.1,
  joining_cpu: 0.022,
  fetching: 0.4,
};

test("at a fixed rate what arrived for the first time is delivered, of all that could", () => {
  const found = figures(report, { model: "fixed", players: 11 });
  assert.equal(found.delivered, 900);
  assert.equal(found.share, 0.9);
  assert.equal(found.cpuPerUpdate, 100);
  assert.equal(found.bytesPerUpdate, 8);
  assert.equal(found.bytesPerNeighbour, undefined);
  assert.equal(found.p99, 50);
  assert.equal(found.chatP50, undefined);
});

test("by waypoints every entry is delivered, and bytes are counted for each neighbour", () => {
  const found = figures(report, { model: "waypoint", players: 20 });
  assert.equal(found.delivered, 1_050);
  assert.equal(found.neighbours, 10);
  assert.equal(found.bytesPerNeighbour, 36);
});

test("memory and joins are for each connection", () => {
  const found = figures(report, { model: "still", players: 11 });
  assert.equal(found.memory, 100);
  assert.equal(Math.round(found.joins), 110);
  assert.equal(Math.round(found.joinsWithTickets), 22);
  assert.equal(Math.round(found.cpuPerJoin), 2_000);
  assert.equal(found.cpuPerUpdate, undefined);
});

test("what the first batch leaves behind is not counted as memory of its connections", () => {
  const resident = [[0, 100_000], [10, 200_000], [20, 202_000], [30, 201_600]].map(([players, kib]) => ({ players, kib }));
  assert.equal(figures({ ...report, resident }, { model: "still", players: 30 }).memory, 80);
});

test("a median is the middle one, or between the two in the middle, of what is known", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([undefined, 7]), 7);
  assert.equal(median([undefined]), undefined);
  assert.deepEqual(medians([{ a: 1, b: 9 }, { a: 3, b: 7 }, { a: 2, b: 8 }]), { a: 2, b: 8 });
});

test("the search for the largest room ends within five per cent below it", async () => {
  for (const largest of [3, 65, 200, 516, 703]) {
    const found = await search(200, async (players) => players <= largest);
    assert.ok(found <= largest && found >= largest / 1.05 - 1, `${found} of ${largest}`);
  }
  assert.equal(await search(200, async () => true), 2_000);
  assert.equal(await search(200, async () => false), 0);
});

const result = (scenario, figures) => ({
  scenario,
  title: `(${scenario}) A & B`,
  plan: { players: 11, model: "fixed", rate: 10, chat_rate: 1, seconds: 10 },
  servers: Object.fromEntries(Object.entries(figures).map(([server, values]) => [server, { figures: values, runs: [] }])),
});

test("the table has both servers and how they compare", () => {
  const lines = table(result("a", { shardlink: { p99: 50 }, baseline: { p99: 100 } })).split("\n");
  assert.match(lines[0], /11 players, fixed, 10 steps\/s/);
  assert.match(lines[2], /position p99 +50\.0 ms +100\.0 ms +0\.50$/);
});

test("an aim is met or not, and not spoken of where nothing was measured", () => {
  const a = result("a", { shardlink: { p99: 99, cpuPerUpdate: 1.2 }, baseline: { p99: 63, cpuPerUpdate: 1 } });
  const judged = verdicts([a]);
  assert.equal(judged.length, 2);
  assert.match(judged[0], /NOT MET.*1\.20/);
  assert.match(judged[1], /^ {2}met .*99\.00/);
});

test("the plot is an SVG with a bar for each server, as long as its value", () => {
  const svg = plot([result("a", { shardlink: { p99: 50 }, baseline: { p99: 100 } })]);
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+"/);
  assert.match(svg, /\(a\) A &amp; B/);
  assert.deepEqual([...svg.matchAll(/<rect x="16" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width)), [60, 120]);
});

test("options replace what a scenario has, and a wrong one is a sentence", () => {
  const [only, ...none] = chosen(readOptions(["--players", "50", "--no-baseline"]));
  assert.deepEqual([only.name, only.plan.players, only.servers, none.length], ["a", 50, ["shardlink"], 0]);
  const names = (scenario) => chosen(readOptions(["--scenario", scenario])).map(({ name }) => name);
  assert.deepEqual(names("all"), ["a", "b", "b-chat", "c", "d", "e-warm", "e-cold"]);
  assert.deepEqual(names("b"), ["b", "b-chat"]);
  for (const words of [["--players", "many"], ["--scenario", "x"], ["--modell", "fixed"]]) {
    assert.throws(() => readOptions(words), { name: "Error", message: /--/ });
  }
});
