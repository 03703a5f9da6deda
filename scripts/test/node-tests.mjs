// node --test over the *.test.mjs of a folder.
import fs from "node:fs";
import path from "node:path";
import { inRoot } from "../lib/paths.mjs";
import { tee } from "../lib/processes.mjs";
import { node } from "../setup/node.mjs";
import { countNode } from "./counts.mjs";

/** A test that hangs fails after this long. */
const TIMEOUT_MS = 180_000;

export async function nodeTests(relative) {
  const folder = inRoot(relative);
  const files = fs.readdirSync(folder).filter((name) => name.endsWith(".test.mjs")).sort();
  if (files.length === 0) return { code: 0, passed: 0, failed: 0 };
  const { code, output } = await tee(node(), [
    "--test",
    // One file at a time: servers and browsers beside each other make timing a matter of luck.
    "--test-concurrency=1",
    `--test-timeout=${TIMEOUT_MS}`,
    "--test-reporter=spec",
    ...files.map((name) => path.join(folder, name)),
  ]);
  return { code, ...countNode(output) };
}
