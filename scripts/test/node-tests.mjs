// node --test over the *.test.mjs of folders.
import fs from "node:fs";
import path from "node:path";
import { inRoot } from "../lib/paths.mjs";
import { tee } from "../lib/processes.mjs";
import { node } from "../setup/node.mjs";
import { countNode } from "./counts.mjs";

/** A test that hangs fails after this long. */
const TIMEOUT_MS = 180_000;

/** One file at a time: servers and browsers beside each other make timing a matter of luck. */
export const nodeTests = (...folders) => run(folders.flatMap(testsIn), 1);

/** Most of those that run beside others wait most of the time: three are not too many for two cores. */
const BESIDE = 3;

/**
 * The same of one folder, but those files first, {@link BESIDE} at a time, that `besides` names
 * (without ".test.mjs"): they are not particular about timing.
 */
export async function nodeTestsBesides(folder, besides) {
  const all = testsIn(folder);
  const early = besides.map((name) => path.join(inRoot(folder), `${name}.test.mjs`));
  const gone = early.find((file) => !all.includes(file));
  if (gone !== undefined) throw new Error(`there is no ${gone} to run beside others`);
  const first = await run(early, BESIDE);
  const then = await run(all.filter((file) => !early.includes(file)), 1);
  return { code: first.code || then.code, passed: first.passed + then.passed, failed: first.failed + then.failed };
}

async function run(files, atOnce) {
  if (files.length === 0) return { code: 0, passed: 0, failed: 0 };
  const { code, output } = await tee(node(), [
    "--test",
    `--test-concurrency=${atOnce}`,
    `--test-timeout=${TIMEOUT_MS}`,
    // A process that a failed test has left behind does not keep the file from ending.
    "--test-force-exit",
    "--test-reporter=spec",
    ...files,
  ]);
  return { code, ...countNode(output) };
}

function testsIn(folder) {
  const names = fs.readdirSync(inRoot(folder)).filter((name) => name.endsWith(".test.mjs"));
  return names.sort().map((name) => path.join(inRoot(folder), name));
}
