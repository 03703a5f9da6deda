// `serve` serves what is there; it does not build.
import fs from "node:fs";
import path from "node:path";
import { dist, root } from "../lib/paths.mjs";
import { Stop } from "../lib/say.mjs";

const NEEDED = [
  path.join(dist.worker, "index.js"),
  path.join(dist.worker, "index_bg.wasm"),
  path.join(dist.site, "index.html"),
  path.join(dist.site, "files.json"),
  path.join(dist.site, "shardlink/shardlink.js"),
];

export function checkBuilt() {
  const missing = NEEDED.filter((file) => !fs.existsSync(file)).map((file) => path.relative(root, file));
  if (missing.length > 0) throw new Stop(`Not built (no ${missing.join(", ")}): run \`npm run build\` first; serve never builds.`);
}
