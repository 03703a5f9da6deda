// dist/site: the static files, as the server's ASSETS binding has them.
import fs from "node:fs";
import path from "node:path";
import { dist, inRoot } from "../lib/paths.mjs";
import { bring } from "../lib/products.mjs";

/** Served as /asyncapi.json; `npm run docs` writes it. */
const ASYNCAPI = "docs/protocol/asyncapi.json";

/** `npm` is the fingerprint of the package whose files the pages import. */
export function site(npm) {
  return bring({
    name: "site",
    why: "the pages, the client they import from /shardlink/shardlink.js, and /asyncapi.json",
    inputs: ["www", ASYNCAPI],
    versions: [npm],
    outputs: ["shardlink/shardlink.js", "asyncapi.json"].map((file) => path.join(dist.site, file)),
    build,
  });
}

async function build() {
  const staging = `${dist.site}.new`;
  fs.rmSync(staging, { recursive: true, force: true });
  copy(inRoot("www/game"), staging);
  copy(inRoot("www/admin"), path.join(staging, "admin"));
  copy(path.join(dist.npm, "shardlink.js"), path.join(staging, "shardlink/shardlink.js"));
  copy(dist.npmWasm, path.join(staging, "shardlink/wasm"));
  copy(inRoot(ASYNCAPI), path.join(staging, "asyncapi.json"));
  // Renamed into place: whoever serves it sees the old site or the new one.
  fs.rmSync(dist.site, { recursive: true, force: true });
  fs.renameSync(staging, dist.site);
}

/** Everything but types, which no browser asks for, and hidden files. */
function copy(from, to) {
  const wanted = (file) => !file.endsWith(".d.ts") && !path.basename(file).startsWith(".");
  if (fs.existsSync(from)) fs.cpSync(from, to, { recursive: true, filter: wanted });
}
