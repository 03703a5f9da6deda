// node --test over the *.test.mjs of a folder.
import fs from "node:fs";
import path from "node:path";
import { inRoot } from "../lib/paths.mjs";
import { tee } from "../lib/processes.mjs";
import { node } from "../setup/node.mjs";
import { countNode } from "./counts.mjs";

/** A test that hangs fails after this long. */
const TIMEOUT_MS = 180_000;

/**
 * Runs the tests of a folder, one file at a time: servers and browsers beside each other
 * make timing a matter of luck. Files that `besides` names (without ".test.mjs") are not
 * particular about that: they run two at a time, before the others.
 */
export async function nodeTests(relative, { besides = [] } = {}) {
  const folder = inRoot(relative);
  const names = fs.readdirSync(folder).filter((name) => name.endsWith(".test.mjs")).sort();
  const file = (name) => path.join(folder, name);
  const two = besides.map((name) => `${name}.test.mjs`);
  const gone = two.find((name) => !names.includes(name));
  if (gone !== undefined) throw new Error(`${relative} has no ${gone} to run beside others`);
  const groups = [
    { files: two.map(file), atOnce: 2 },
    { files: names.filter((name) => !two.includes(name)).map(file), atOnce: 1 },
  ];
  const total = { code: 0, passed: 0, failed: 0 };
  for (const { files, atOnce } of groups.filter((group) => group.files.length > 0)) {
    const { code, passed, failed } = await runFiles(files, atOnce);
    total.code ||= code;
    total.passed += passed;
    total.failed += failed;
  }
  return total;
}

async function runFiles(files, atOnce) {
  const { code, output } = await tee(node(), [
    "--test",
    `--test-concurrency=${atOnce}`,
    `--test-timeout=${TIMEOUT_MS}`,
    "--test-reporter=spec",
    ...files,
  ]);
  return { code, ...countNode(output) };
}
