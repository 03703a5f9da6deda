// The documents that people read: what they link to is there, and the guide knows every error.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import { inRoot, root } from "../../scripts/lib/paths.mjs";

const read = (file) => fs.readFileSync(file, "utf8");
const pages = (folder) => fs.readdirSync(inRoot(folder)).filter((name) => name.endsWith(".md")).map((name) => inRoot(folder, name));
const GUIDE = pages("docs/guide");
const DOCUMENTS = [
  ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map((name) => inRoot(name)),
  ...["docs", "docs/guide", "docs/operating", "docs/decisions", "examples"].flatMap(pages),
  ...fs.readdirSync(inRoot("examples")).filter((name) => !name.includes(".")).map((name) => inRoot("examples", name, "README.md")),
];

const withoutCode = (text) => text.replace(/^( *)```[\s\S]*?^\1```/gm, "").replace(/`[^`\n]*`/g, "");

/** The anchors of a document's headings, as GitHub makes them. */
const anchors = (file) =>
  [...read(file).replace(/^( *)```[\s\S]*?^\1```/gm, "").matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"),
  );

test("every link of the documents leads to a file that is there, and to a heading in it", () => {
  const dead = [];
  let count = 0;
  for (const file of DOCUMENTS) {
    for (const [, target] of withoutCode(read(file)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      count += 1;
      const [name, anchor] = target.split("#");
      const to = name === "" ? file : path.resolve(path.dirname(file), name);
      const isThere = fs.existsSync(to) && (anchor === undefined || anchors(to).includes(anchor));
      if (!isThere) dead.push(`${path.relative(root, file)}: ${target}`);
    }
  }
  assert.deepEqual(dead, []);
  assert.ok(count >= 50, `only ${count} links were found`);
});

test("the guide's first page leads to every other, and the README to it", () => {
  const index = read(inRoot("docs/guide/README.md"));
  const others = GUIDE.map((file) => path.basename(file)).filter((name) => name !== "README.md");
  assert.deepEqual(others.filter((name) => !index.includes(`](${name})`)), []);
  assert.match(read(inRoot("README.md")), /\]\(docs\/guide\/README\.md\)/);
});

test("the numbers of the movement rule are the rule's, in the protocol and in the guide", () => {
  const of = (file, name) => Number(read(inRoot(file)).match(new RegExp(`^pub const ${name}: \\w+ = ([\\d_.]+);`, "m"))[1].replaceAll("_", ""));
  const [rule, world] = ["shared/src/rules/movement.rs", "shared/src/world.rs"];
  const speed = `${of(world, "WALKING_SPEED")}(?: m/s)?, and 0\\.2 more for each point of dexterity\\s+above 10, at most ${of(world, "HIGHEST_WALKING_SPEED")}`;
  const others = [`${of(rule, "TOLERANCE")} times`, `${of(rule, "CREDIT_WINDOW")} s of its speed`, `${of(rule, "ENTRANCE_RADIUS")} m`, `${of(world, "LOCATION_REACH")} m`, `${of(rule, "HEIGHT")} m`];
  for (const file of ["docs/PROTOCOL.md", "docs/guide/movement.md"]) {
    const text = read(inRoot(file)).match(/## (?:Movement|The rule)\n[\s\S]*?\n## /)[0];
    assert.match(text, new RegExp(speed), file);
    assert.deepEqual(others.filter((words) => !text.includes(words)), [], file);
  }
});

/** The rows of a document's tables whose first cell is a code: [code, the next cell, the last cell]. */
const codes = (text) =>
  [...text.matchAll(/^\| `([A-Z_]+)` \|(.*)\|$/gm)].map(([, code, rest]) => [code, ...rest.split(" | ").map((cell) => cell.trim())]);

test("troubleshooting has every code of the error table and of the client once, and agrees whether to try again", () => {
  const table = read(inRoot("docs/PROTOCOL.md")).match(/<!-- generated: errors -->([\s\S]*?)<!-- end of errors -->/)[1];
  const known = new Map([...table.matchAll(/^\| `([A-Z_]+)` \| \d+ \|[^|]*\| (no|later) \|/gm)].map(([, code, again]) => [code, again]));
  const ofClient = read(inRoot("client-wasm/npm/src/errors.ts")).match(/export type ClientCode =\s([^;]*);/)[1];
  for (const [, code] of ofClient.matchAll(/"([A-Z_]+)"/g)) known.set(code, undefined);
  assert.ok(known.size >= 60, `only ${known.size} codes were found`);

  const told = codes(read(inRoot("docs/guide/troubleshooting.md")));
  assert.deepEqual(told.map(([code]) => code).sort(), [...known.keys()].sort());
  // Of the client's own codes there is no table.
  assert.deepEqual(told.filter(([code, again]) => again !== (known.get(code) ?? again)), []);
  assert.deepEqual(told.filter((row) => row.length !== 3 || !/[.]$/.test(row[2])), []);
});

test("every code that the guide names is one that there is", () => {
  const known = codes(read(inRoot("docs/guide/troubleshooting.md"))).map(([code]) => code);
  /** Variables of the server, which are written alike. */
  const settings = [...read(inRoot("README.md")).matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name);
  const unknown = GUIDE.flatMap((file) =>
    [...read(file).matchAll(/["`]([A-Z]+_[A-Z_]+|[A-Z]{4,})["`]/g)].map(([, name]) => name).filter((name) => !known.includes(name) && !settings.includes(name)),
  );
  assert.deepEqual(unknown, []);
});
