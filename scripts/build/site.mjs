// dist/site: the static files, as the server's ASSETS binding has them: the demo in a few files
// with their hashes in their names, each file also compressed, and the list of them all.
import fs from "node:fs";
import path from "node:path";
import { dist, inRoot, nodeModules } from "../lib/paths.mjs";
import { bring } from "../lib/products.mjs";
import { ASSETS, bundleGame } from "./bundle.mjs";
import { LIST, pack } from "./pack.mjs";

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
    why: "the demo, the client at /shardlink/shardlink.js, and the API's documents",
    inputs: ["www", ...documents],
    versions: [npm, readerVersion()],
    outputs: ["index.html", LIST, "shardlink/shardlink.js", "api-docs/swagger-ui-bundle.js", ...DOCUMENTS].map((file) => path.join(dist.site, file)),
    build,
  });
}

const readerVersion = () => JSON.parse(fs.readFileSync(path.join(reader, "package.json"), "utf8")).version;

async function build() {
  const staging = `${dist.site}.new`;
  fs.rmSync(staging, { recursive: true, force: true });
  fs.mkdirSync(staging, { recursive: true });
  await bundleGame(staging);
  // The package as it is, for pages of others and without a bundler.
  copy(dist.npm, path.join(staging, "shardlink"), isLoaded);
  copy(inRoot("www/admin"), path.join(staging, "admin"));
  DOCUMENTS.forEach((name, index) => copy(inRoot(documents[index]), path.join(staging, name)));
  // Not under /api/: what is there is never a page.
  copy(inRoot("www/api"), path.join(staging, "api-docs"));
  copy(inRoot("www/game/styles/base.css"), path.join(staging, "api-docs/base.css"));
  for (const name of READER) copy(path.join(reader, name), path.join(staging, "api-docs", name));
  await pack(staging, { forever: ASSETS, earlier: dist.site });
  // Renamed into place: whoever serves it sees the old site or the new one.
  fs.rmSync(dist.site, { recursive: true, force: true });
  fs.renameSync(staging, dist.site);
}

/** Folders, and what a browser asks a package for: neither types nor what npm wants beside. */
const isLoaded = (file) => fs.statSync(file).isDirectory() || /\.(m?js|wasm)$/.test(file);

/** What is wanted of a file or a folder, and never hidden files. */
function copy(from, to, wanted = () => true) {
  const isSeen = (file) => !path.basename(file).startsWith(".");
  if (fs.existsSync(from)) fs.cpSync(from, to, { recursive: true, filter: (file) => isSeen(file) && wanted(file) });
}
