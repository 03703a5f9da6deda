// `npm run bench`: bots that play by the client's own logic, against the built
// server and against a baseline, in the same run. tests/load/README.md says what
// is measured and what the figures mean.
import fs from "node:fs";
import { buildAll } from "./build.mjs";
import { buildBots } from "./bench/bots.mjs";
import { readOptions, usage } from "./bench/options.mjs";
import { plot } from "./bench/plot.mjs";
import { largestRoom } from "./bench/room.mjs";
import { measure } from "./bench/run.mjs";
import { chosen } from "./bench/scenarios.mjs";
import { openServers } from "./bench/servers.mjs";
import { table, verdicts } from "./bench/table.mjs";
import { surroundings } from "./bench/surroundings.mjs";
import { inRoot } from "./lib/paths.mjs";
import { note, step } from "./lib/say.mjs";
import { checkBuilt } from "./serve/built.mjs";
import { setUp } from "./setup.mjs";

export default async function bench(words) {
  const options = readOptions(words);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  if (options.build) {
    await setUp();
    await buildAll();
  }
  checkBuilt();
  await buildBots();

  const begun = surroundings();
  for (const remark of begun.remarks) note(remark);
  const servers = openServers();
  const results = [];
  try {
    for (const scenario of chosen(options)) {
      step(`${scenario.title}: ${scenario.what}`);
      results.push(await measure(scenario, servers, options));
      if (scenario.name === "a" && options.largestRoom) results.push(await largestRoom(scenario, servers, options));
    }
  } finally {
    await servers.close();
  }
  console.log(`\n${results.map(table).join("\n\n")}`);
  const judged = verdicts(results);
  if (judged.length > 0) console.log(`\n${judged.join("\n")}`);
  save({ begun, ended: surroundings(), options, results });
  return 0;
}

function save(record) {
  const folder = inRoot("bench-results");
  fs.mkdirSync(folder, { recursive: true });
  const name = `${folder}/${new Date().toISOString().replace(/[:.]/g, "-")}`;
  fs.writeFileSync(`${name}.json`, `${JSON.stringify(record, undefined, 2)}\n`);
  fs.writeFileSync(`${name}.svg`, plot(record.results));
  note(`saved ${name}.json and .svg`);
}
