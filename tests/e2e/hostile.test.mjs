// The short form of every attack that `npm run hostile` plays: what it would do to the
// server, in seconds. How long others wait meanwhile is measured by the long form alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { attacks, inShort } from "../hostile/attacks.mjs";
import { playing } from "../hostile/play.mjs";
import { honestPlayers } from "../hostile/support/honest.mjs";
import { row } from "../hostile/support/table.mjs";

let honest;
let stage;
before(() => {
  honest = honestPlayers();
  stage = playing({ honest, short: true });
});
after(async () => {
  await stage.close();
  honest.close();
});

for (const attack of inShort(attacks)) {
  test(`${attack.name}: ${attack.what}`, async (t) => {
    const result = await stage.play(attack);
    if (result.skipped) return t.skip(result.skipped);
    for (const line of row(result)) t.diagnostic(line);
    assert.deepEqual(result.missed, [], result.output ?? row(result).join("\n"));
  });
}
