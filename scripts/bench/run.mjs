// Running a scenario: each run on a server of its own, ours and the baseline in turns.
import { note } from "../lib/say.mjs";
import { play } from "./bots.mjs";
import { figures, medians } from "./figures.mjs";

/** { scenario, title, plan, settings, servers: { name: { figures, runs } } } */
export async function measure(scenario, servers, { runs }) {
  const { name, title, plan, settings, servers: names } = scenario;
  const found = Object.fromEntries(names.map((server) => [server, []]));
  for (let run = 1; run <= runs; run++) {
    for (const server of names) {
      const report = await runOnce(servers, server, scenario);
      found[server].push(report);
      const { p99, cores, bots } = figures(report, plan);
      note(`${server}, run ${run} of ${runs}: p99 ${p99?.toFixed(0) ?? "–"} ms, server ${percent(cores)}, bots ${percent(bots)} of a core`);
      if (bots > 0.9) note("the bots were near the limit of their core: what is measured is theirs too");
    }
  }
  const result = (reports) => ({ figures: medians(reports.map((report) => figures(report, plan))), runs: reports });
  return { scenario: name, title, plan, settings, servers: Object.fromEntries(names.map((server) => [server, result(found[server])])) };
}

/** One run on a server that has just started; the bots' report. */
export async function runOnce(servers, name, { plan, settings }) {
  await servers.prepare(name, plan.players);
  const server = await servers.start(name, settings);
  try {
    return await play({ ...plan, ...server.plan });
  } finally {
    await server.stop();
  }
}

const percent = (share) => `${(share * 100).toFixed(0)} %`;
