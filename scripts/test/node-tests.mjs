// node --test over the *.test.mjs of folders.
import fs from "node:fs";
import path from "node:path";
import { inRoot } from "../lib/paths.mjs";
import { tee } from "../lib/processes.mjs";
import { node } from "../setup/node.mjs";
import { countNode } from "./counts.mjs";

/** A test that hangs fails after this long. */
const TIMEOUT_MS = 180_000;

export async function nodeTests(...folders) {
  const files = folders.flatMap(testsIn);
  if (files.length === 0) return { code: 0, passed: 0, failed: 0 };
  const { code, output } = await tee(node(), [
    "--test",
    // One file at a time: servers and browsers beside each other make timing a matter of luck.
    "--test-concurrency=1",
    `--test-timeout=${TIMEOUT_MS}`,
    "--test-reporter=spec",
    ...files,
  ]);
  return { code, ...countNode(output) };
}

function testsIn(folder) {
  const names = fs.readdirSync(inRoot(folder)).filter((name) => name.endsWith(".test.mjs"));
  return names.sort().map((name) => path.join(inRoot(folder), name));
}
