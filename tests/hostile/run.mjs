// Runs attacks one after the other, each on a server of its own, and says what came of
// them. scripts/hostile.mjs starts this on a core of its own; tests/e2e/hostile.test.mjs
// runs the short forms.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { BOTS_CORE, pin, surroundings } from "../../scripts/bench/surroundings.mjs";
import { inRoot, testArtefacts } from "../../scripts/lib/paths.mjs";
import { note, seconds, step } from "../../scripts/lib/say.mjs";
import { attacks, inShort } from "./attacks.mjs";
import { playing } from "./play.mjs";
import { honestPlayers } from "./support/honest.mjs";
import { row, table } from "./support/table.mjs";

/** The honest players' process is to be heard first. */
const ATTACKERS_NICE = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: "boolean", default: false }, checkout: { type: "string" }, kills: { type: "string" }, json: { type: "string" } },
});
const named = attacks.filter(({ name }) => positionals.length === 0 || positionals.some((word) => name.startsWith(word)));
const chosen = values.short ? inShort(named) : named;
const begun = surroundings();
for (const remark of begun.remarks) note(remark);
pin(process.pid, BOTS_CORE);
const honest = honestPlayers();
os.setPriority(ATTACKERS_NICE);

const { play, close } = playing({ honest, short: values.short, checkout: values.checkout && path.resolve(values.checkout), kills: values.kills && Number(values.kills) });
const results = [];
for (const attack of chosen) {
  step(`${attack.name}: ${attack.what}`);
  const start = Date.now();
  const result = await play(attack);
  results.push(result);
  for (const line of row(result)) note(line);
  note(seconds(start));
}
await close();
honest.close();

console.log(`\n${table(results)}`);
const file = values.json ?? path.join(testArtefacts, "hostile.json");
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.writeFileSync(file, `${JSON.stringify({ begun, checkout: values.checkout ?? inRoot(), short: values.short, results }, undefined, 2)}\n`);
note(`saved ${file}`);
process.exitCode = results.some(({ missed }) => missed.length > 0) ? 1 : 0;
