// The code of docs/guide that is marked `js run`, in a real browser on the built server. On each
// page it goes on where the quick start's first block ends: `client` is in the world.
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { inRoot } from "../../scripts/lib/paths.mjs";
import { serverAndBrowser } from "./support/browser.mjs";
import { freshName } from "./support/rest.mjs";

const stage = serverAndBrowser();

const FOLDER = inRoot("docs/guide");
const FIRST = "quick-start.md";
const LEAST = 12;
/** Long: a busy machine stretches passwords slowly, and pages walk in real time. */
const TIMEOUT_MS = 60_000;

/** Elsewhere an assertion that does not hold is only a line on the console. */
const ASSERT = `console.assert = (holds) => { if (!holds) throw new Error("console.assert does not hold"); };`;

/** The blocks of a page: { code, at }. */
function blocksOf(name) {
  const text = fs.readFileSync(`${FOLDER}/${name}`, "utf8");
  return [...text.matchAll(/^```js run\n([\s\S]*?)^```/gm)].map(({ 1: code, index }) => ({
    code,
    at: `docs/guide/${name}:${text.slice(0, index).split("\n").length}`,
  }));
}

const quickStart = blocksOf(FIRST);
const [entrance] = quickStart;
const pages = fs.readdirSync(FOLDER).filter((name) => name.endsWith(".md")).map((name) => ({ name, blocks: blocksOf(name) }));

/** What a page runs: the way into the world under names of its own, then each block by itself. */
function program(name, blocks) {
  const enter = name === FIRST ? entrance.code : entrance.code.replaceAll("aria", freshName("guide")).replaceAll("Aria", freshName());
  const imported = enter.replace(/^import (\{.*?\}) from (".*?");$/gm, "const $1 = await import($2);");
  const rest = name === FIRST ? blocks.slice(1) : blocks;
  const marked = rest.map(({ code, at }) => `{ globalThis.at = ${JSON.stringify(at)};\n${code}}`);
  return `(async () => { globalThis.at = ${JSON.stringify(entrance.at)};\n${ASSERT}\n${imported}\n${marked.join("\n")} })()`;
}

for (const { name, blocks } of pages.filter((page) => page.blocks.length > 0)) {
  test(`the code of docs/guide/${name} runs, and what it asserts holds`, { timeout: TIMEOUT_MS }, async () => {
    const page = await stage.browser.newPage();
    await page.goto(stage.server.url);
    try {
      await page.evaluate(program(name, blocks));
    } catch (error) {
      throw new Error(`${await page.evaluate(() => globalThis.at)}: ${error.message}`, { cause: error });
    }
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}

test("there is code to run", () => {
  const count = pages.flatMap(({ blocks }) => blocks).length;
  assert.ok(count >= LEAST, `${count} blocks`);
});
