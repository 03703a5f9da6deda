// Incremental building: a product is built again only when the content of what
// it is made from has changed, or something of it is missing.
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { dist, inRoot, root } from "./paths.mjs";
import { note, seconds, step } from "./say.mjs";

/**
 * Builds `product` if needed: `inputs` are files and folders relative to the
 * repository (missing ones count as empty), `versions` are strings that matter
 * as much, `outputs` are files that must exist afterwards.
 */
export async function bring({ name, why, inputs, versions = [], outputs, build }) {
  const stamp = path.join(dist.stamps, name);
  const wanted = fingerprint(inputs, versions);
  const missing = () => outputs.filter((file) => !fs.existsSync(file));
  if (read(stamp) === wanted && missing().length === 0) {
    note(`${name}: unchanged`);
    return wanted;
  }
  step(`Building ${name}: ${why}`);
  const start = Date.now();
  // The stamp goes first: a build that is interrupted must not look finished.
  fs.rmSync(stamp, { force: true });
  await build();
  if (missing().length > 0) throw new Error(`building ${name} left out ${missing().join(", ")}`);
  fs.mkdirSync(dist.stamps, { recursive: true });
  fs.writeFileSync(stamp, wanted);
  note(`${name}: built in ${seconds(start)}`);
  return wanted;
}

/** A hash over names and contents, the same on every machine. */
export function fingerprint(inputs, versions = []) {
  const hash = crypto.createHash("sha256");
  for (const version of versions) hash.update(`version ${version}\n`);
  for (const file of inputs.flatMap((input) => filesUnder(inRoot(input))).sort()) {
    const content = fs.readFileSync(file);
    hash.update(`file ${path.relative(root, file)} ${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

function filesUnder(entry) {
  const info = fs.statSync(entry, { throwIfNoEntry: false });
  if (!info) return [];
  if (info.isFile()) return [entry];
  return fs
    .readdirSync(entry)
    .filter((name) => name !== "node_modules")
    .flatMap((name) => filesUnder(path.join(entry, name)));
}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
