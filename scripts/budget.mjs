// What a player downloads of the package, and how much that may be.
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { dist } from "./lib/paths.mjs";
import { Stop, note } from "./lib/say.mjs";

/** In bytes, gzip. The next aim is 75,000. */
const BUDGETS = [
  { what: "shardlink", entry: "shardlink.js", wasm: "shardlink_client_bg.wasm", most: 96_000 },
  { what: "the encryption, when a key is first set", entry: "seal.js", wasm: "shardlink_seal_bg.wasm", most: 36_000, besides: "shardlink.js" },
];

/** Prints the parts of each download. */
export function budget() {
  const over = BUDGETS.filter(({ what, entry, wasm, most, besides }) => {
    const there = besides ? scriptsOf(besides) : [];
    const scripts = scriptsOf(entry).filter((file) => !there.includes(file));
    const parts = [...scripts, path.join("wasm", wasm)].map((file) => ({ file, bytes: gzipped(path.join(dist.npm, file)) }));
    const all = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { file, bytes } of parts) note(`${String(bytes).padStart(7)}  ${file}`);
    note(`${String(all).padStart(7)}  of at most ${most}: ${what}`);
    return all > most;
  });
  if (over.length > 0) throw new Stop(`Too large: ${over.map(({ what }) => what).join("; ")}.`);
}

const gzipped = (file) => gzipSync(fs.readFileSync(file), { level: 9 }).length;

/** A script, and those that it loads at once. What the encryption's own script loads later is loaded by it alone. */
function scriptsOf(entry, found = []) {
  if (found.includes(entry)) return found;
  found.push(entry);
  const code = fs.readFileSync(path.join(dist.npm, entry), "utf8");
  const at = entry === "seal.js" ? /(?:from|import|import\()\s*"\.\/([^"]+\.js)"/g : /(?:from|import)\s*"\.\/([^"]+\.js)"/g;
  for (const [, name] of code.matchAll(at)) scriptsOf(name, found);
  return found;
}
