// `npm test`: sets up, builds and runs every test; `npm test -- native` (or
// documents, tools, client, browser, e2e, package, contract) runs one stage. The last line on stdout is "N passed, N failed".
import fs from "node:fs";
import { buildAll } from "./build.mjs";
import { testArtefacts } from "./lib/paths.mjs";
import { Stop, seconds, step } from "./lib/say.mjs";
import { setUp } from "./setup.mjs";
import { browser } from "./test/browser.mjs";
import { client } from "./test/client.mjs";
import { contract } from "./test/contract.mjs";
import { documents } from "./test/documents.mjs";
import { endToEnd } from "./test/e2e.mjs";
import { native } from "./test/native.mjs";
import { packed } from "./test/package.mjs";
import { tools } from "./test/tools.mjs";

/** Each resolves to { code, passed, failed }. */
const STAGES = {
  native: { what: "Native tests: rules, logic and codecs", run: native },
  documents: { what: "The documents: the protocol's by their own validators, and what all of them link to", run: documents },
  tools: { what: "The benchmark's own arithmetic, and the parts of `serve`", run: tools },
  client: { what: "The built npm package under Node, against a server that is played", run: client, needsBuild: true },
  browser: { what: "Browser tests of the client, in headless Chromium", run: browser, needsBrowser: true },
  e2e: { what: "End to end: the built server under workerd, and real pages", run: endToEnd, needsBrowser: true, needsBuild: true },
  package: { what: "The package from its tarball, in Node, pages, bundlers and TypeScript; and the examples", run: packed, needsBrowser: true, needsBuild: true },
  contract: { what: "The built server by its documents: REST, the page to read it, and the binary protocol", run: contract, needsBrowser: true, needsPython: true, needsBuild: true },
};

export default async function test(options) {
  const names = options.length > 0 ? options : Object.keys(STAGES);
  const unknown = names.find((name) => !Object.hasOwn(STAGES, name));
  if (unknown) throw new Stop(`There is no stage ${unknown}: ${Object.keys(STAGES).join(", ")}.`);
  const stages = names.map((name) => ({ name, ...STAGES[name] }));

  await setUp({
    withBrowsers: stages.some((stage) => stage.needsBrowser),
    withPython: stages.some((stage) => stage.needsPython),
  });
  if (stages.some((stage) => stage.needsBuild)) await buildAll();
  fs.mkdirSync(testArtefacts, { recursive: true });

  const results = [];
  for (const stage of stages) {
    step(stage.what);
    const start = Date.now();
    results.push({ name: stage.name, ...(await stage.run()), took: seconds(start) });
  }
  return report(results);
}

/** Prints what came out, and gives the exit code. */
function report(results) {
  step("Summary");
  for (const result of results) {
    result.problem = problemOf(result);
    const verdict = result.problem ? `FAILED: ${result.problem}` : "ok";
    console.error(`    ${result.name.padEnd(9)} ${result.passed} passed, ${result.failed} failed, ${result.took}: ${verdict}`);
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  // A stage that fails without a failed test (it did not compile, say) counts as one.
  const failed = sum("failed") + results.filter((result) => result.problem && result.failed === 0).length;
  console.log(`\n${sum("passed")} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function problemOf({ code, passed, failed }) {
  if (failed > 0) return `${failed} tests`;
  if (code !== 0) return `its runner ended with ${code}`;
  // A stage that runs nothing proves nothing: more likely its tests were not found.
  if (passed === 0) return "it ran no test";
  return undefined;
}
