// The short form of every attack that `npm run hostile` plays: what it would do to the
// server, in seconds. How long others wait meanwhile is measured by the long form alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { attacks } from "../hostile/attacks.mjs";
import { play } from "../hostile/play.mjs";
import { honestPlayers } from "../hostile/support/honest.mjs";
import { row } from "../hostile/support/table.mjs";

let honest;
before(() => (honest = honestPlayers()));
after(() => honest.close());

for (const attack of attacks.filter(({ short }) => short)) {
  test(`${attack.name}: ${attack.what}`, async (t) => {
    const result = await play(attack, { honest, short: true });
    if (result.skipped) return t.skip(result.skipped);
    for (const line of row(result)) t.diagnostic(line);
    assert.deepEqual(result.missed, [], result.output ?? row(result).join("\n"));
  });
}
