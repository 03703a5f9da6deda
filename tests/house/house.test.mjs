// The house stays tidy: small files that say what they are, imports that point one way, and
// documents that name what exists.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { inRoot, root } from "../../scripts/lib/paths.mjs";
import { circles, imports, isTest, rustFiles } from "./imports.mjs";

const CRATES = ["shared", "server-worker", "client-wasm", "client-seal", "protocol-docs"];
/** A file longer than this has become a drawer. */
const LONGEST = 500;
/** So many files may import each other in a circle: a type and what is done with it. */
const LARGEST_CIRCLE = 3;

const relative = (file) => path.relative(root, file);
const sources = CRATES.flatMap((crate) => rustFiles(inRoot(crate, "src")));
const isGenerated = (file) => fs.readFileSync(file, "utf8").slice(0, 300).includes("@generated");

test("no source is longer than five hundred lines", () => {
  const scripts = ["scripts", "client-wasm/npm/src", "www"].flatMap((folder) =>
    fs.readdirSync(inRoot(folder), { recursive: true }).filter((name) => /\.(mjs|js|ts)$/.test(name) && !name.includes("node_modules")).map((name) => inRoot(folder, name)),
  );
  const long = [...sources.filter((file) => !isTest(relative(file))), ...scripts].filter((file) => {
    const lines = fs.readFileSync(file, "utf8").split("\n").length - 1;
    return lines > LONGEST && !isGenerated(file) && !file.endsWith("messages.ts");
  });
  assert.deepEqual(long.map(relative), []);
});

test("every module says what it is", () => {
  const silent = sources.filter((file) => !isTest(relative(file)) && !fs.readFileSync(file, "utf8").startsWith("//!"));
  assert.deepEqual(silent.map(relative), []);
});

test("files import each other in no circle of more than three", () => {
  const found = CRATES.flatMap((crate) => circles(imports(inRoot(crate, "src"))));
  const large = found.filter((circle) => circle.length > LARGEST_CIRCLE).map((circle) => circle.map(relative));
  assert.deepEqual(large, []);
});

test("imports point the way that ARCHITECTURE.md says", () => {
  const wrong = [];
  const arrows = (crate) => [...imports(inRoot(crate, "src"))].flatMap(([from, all]) => [...all].map((to) => [relative(from), relative(to)]));
  const systems = /^server-worker\/src\/systems\/(\w+)\//;
  for (const [from, to] of arrows("server-worker")) {
    const arrow = `${from} → ${to}`;
    // The hub knows the table of systems, and no system; and no system knows the hub.
    if (from.startsWith("server-worker/src/hub/") && systems.test(to)) wrong.push(arrow);
    if (systems.test(from) && to.startsWith("server-worker/src/hub/")) wrong.push(arrow);
    // What an object may be asked knows no object.
    if (/src\/calls\//.test(from) && /src\/(hub|account|character|directory|throttle|world|edge)\//.test(to)) wrong.push(arrow);
    // What decides knows neither the edge nor the runtime.
    if (/src\/runtime\//.test(to) && !/(object|store)\.rs$|\/object\/|src\/(runtime|edge)\//.test(from)) wrong.push(arrow);
    if (/src\/edge\//.test(to) && !/src\/edge\//.test(from)) wrong.push(arrow);
  }
  for (const [from, to] of arrows("client-wasm")) {
    if (/src\/logic\//.test(from) && /src\/browser\//.test(to)) wrong.push(`${from} → ${to}`);
  }
  for (const [from, to] of arrows("shared")) {
    // Rules need neither a codec nor a message.
    if (/src\/rules\//.test(from) && /src\/codec\//.test(to)) wrong.push(`${from} → ${to}`);
  }
  assert.deepEqual(wrong, []);
});

test("what ARCHITECTURE.md and CONTRIBUTING.md name exists", () => {
  const places = ["", "server-worker", "server-worker/src", "server-worker/src/hub", "server-worker/src/character", "server-worker/src/systems/party", "shared/src", "shared/src/rules", "client-wasm/src/logic", "docs"];
  const missing = [];
  for (const document of ["ARCHITECTURE.md", "CONTRIBUTING.md"]) {
    const text = fs.readFileSync(inRoot(document), "utf8").replace(/```[\s\S]*?```/g, "");
    for (const [, name] of text.matchAll(/`([\w./-]+\/[\w./-]*|[\w-]+\.(?:rs|mjs|ts|toml|md))`/g)) {
      if (name.includes("<") || name === "dist/") continue;
      if (!places.some((place) => fs.existsSync(inRoot(place, name)))) missing.push(`${document}: ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});
