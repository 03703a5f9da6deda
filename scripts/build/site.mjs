// dist/site: the static files, as the server's ASSETS binding has them.
import fs from "node:fs";
import path from "node:path";
import { dist, inRoot, nodeModules } from "../lib/paths.mjs";
import { bring } from "../lib/products.mjs";

/** Served as /asyncapi.json and /openapi.json; `npm run docs` writes them. */
const DOCUMENTS = ["asyncapi.json", "openapi.json"];
const documents = DOCUMENTS.map((name) => `docs/protocol/${name}`);

/** What the page under /api-docs/ is made of besides our own files: no page loads anything from elsewhere. */
const READER = ["swagger-ui.css", "swagger-ui-bundle.js"];
const reader = path.join(nodeModules, "swagger-ui-dist");

/** `npm` is the fingerprint of the package whose files the pages import. */
export function site(npm) {
  return bring({
    name: "site",
    why: "the pages, the client they import from /shardlink/shardlink.js, and the API's documents",
    inputs: ["www", ...documents],
    versions: [npm, readerVersion()],
    outputs: ["shardlink/shardlink.js", "api-docs/swagger-ui-bundle.js", ...DOCUMENTS].map((file) => path.join(dist.site, file)),
    build,
  });
}

const readerVersion = () => JSON.parse(fs.readFileSync(path.join(reader, "package.json"), "utf8")).version;

async function build() {
  const staging = `${dist.site}.new`;
  fs.rmSync(staging, { recursive: true, force: true });
  copy(inRoot("www/game"), staging);
  copy(inRoot("www/admin"), path.join(staging, "admin"));
  copy(path.join(dist.npm, "shardlink.js"), path.join(staging, "shardlink/shardlink.js"));
  copy(dist.npmWasm, path.join(staging, "shardlink/wasm"));
  DOCUMENTS.forEach((name, index) => copy(inRoot(documents[index]), path.join(staging, name)));
  // Not under /api/: what is there is never a page.
  copy(inRoot("www/api"), path.join(staging, "api-docs"));
  for (const name of READER) copy(path.join(reader, name), path.join(staging, "api-docs", name));
  // Renamed into place: whoever serves it sees the old site or the new one.
  fs.rmSync(dist.site, { recursive: true, force: true });
  fs.renameSync(staging, dist.site);
}

/** Everything but types, which no browser asks for, and hidden files. */
function copy(from, to) {
  const wanted = (file) => !file.endsWith(".d.ts") && !path.basename(file).startsWith(".");
  if (fs.existsSync(from)) fs.cpSync(from, to, { recursive: true, filter: wanted });
}
