// `npm run hostile`: the built server is attacked, from outside and as a stranger would,
// while honest players talk beside; what came of each attack is printed, and is an error
// where an aim is missed. tests/hostile/ has the attacks.
import { parseArgs } from "node:util";
import { inRoot } from "./lib/paths.mjs";
import { Stop } from "./lib/say.mjs";
import { tee } from "./lib/processes.mjs";
import { checkBuilt } from "./serve/built.mjs";
import { node } from "./setup/node.mjs";

const usage = `npm run hostile -- [options] [attack…]   all of them, or those whose names begin so; never builds
  --list           what attacks there are
  --short          the small forms that npm test runs
  --kills N        of the attack "kills": how often the server is killed, 200
  --checkout DIR   attacks the server of another built checkout, for figures from before a change
  --json FILE      where all figures are saved, test-artefacts/hostile.json`;

export default async function hostile(words) {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
      kills: { type: "string" },
      checkout: { type: "string" },
      json: { type: "string" },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const { attacks } = await import("../tests/hostile/attacks.mjs");
  if (values.list) {
    for (const { name, what } of attacks) console.log(`${name.padEnd(26)} ${what}`);
    return 0;
  }
  const unknown = positionals.find((word) => !attacks.some(({ name }) => name.startsWith(word)));
  if (unknown !== undefined) throw new Stop(`There is no attack ${unknown}.\n\n${usage}`);
  if (values.kills !== undefined && !/^[1-9]\d{0,4}$/.test(values.kills)) throw new Stop(usage);
  if (values.checkout === undefined) checkBuilt();
  // Node 24, which has what the attacks use, whatever runs these scripts.
  const { code } = await tee(node(), [inRoot("tests/hostile/run.mjs"), ...words]);
  return code;
}
