// Makes a folder of files ready to be served: compressed copies beside them, and the list by
// which the server knows what there is (server-worker/src/edge/site.rs reads it).
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** The list, which is not in the list itself. */
export const LIST = "files.json";

/** What is worth compressing; pictures and fonts are compressed already. */
const TEXTS = /\.(html|css|m?js|json|map|svg|txt|md|webmanifest)$/;
const COMPRESSED = /\.(html|css|m?js|json|map|svg|txt|md|webmanifest|wasm)$/;

/** A copy that is not this much smaller is not worth a file of its own. */
const WORTH_IT = 0.95;

const CODINGS = {
  br: {
    ending: ".br",
    compress: (bytes, isText) => {
      const mode = isText ? constants.BROTLI_MODE_TEXT : constants.BROTLI_MODE_GENERIC;
      const params = { [constants.BROTLI_PARAM_MODE]: mode, [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
      return promisify(brotliCompress)(bytes, { params });
    },
  },
  gzip: { ending: ".gz", compress: (bytes) => promisify(gzip)(bytes, { level: 9 }) },
};

/** What tells two contents apart, in a name and in an ETag. */
export const contentHash = (content) => crypto.createHash("sha256").update(content).digest("base64url").slice(0, 16);

/**
 * Packs `folder`. Files whose names have their hash lie under `forever`, a folder in it. What
 * `earlier`, a folder that was packed before, has compressed already is taken from there: the
 * best compression takes seconds for a megabyte.
 */
export async function pack(folder, { forever, earlier }) {
  const names = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = names.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).sort();
  const made = new Map(compressedIn(earlier));
  const entries = files.map(async (file) => {
    const content = fs.readFileSync(path.join(folder, file));
    const hash = contentHash(content);
    // The same content lies in two places at times.
    const key = `${hash}${path.extname(file)}`;
    if (!made.has(key)) made.set(key, compress(file, content));
    const copies = await made.get(key);
    for (const [coding, bytes] of copies) fs.writeFileSync(path.join(folder, file + CODINGS[coding].ending), bytes);
    const address = `/${file.split(path.sep).join("/")}`;
    return [address, { hash, codings: copies.map(([coding]) => coding), forever: address.startsWith(`/${forever}/`) }];
  });
  fs.writeFileSync(path.join(folder, LIST), `${JSON.stringify(Object.fromEntries(await Promise.all(entries)), null, 1)}\n`);
}

/** [[coding, bytes]] of a file: what is worth having. */
async function compress(file, content) {
  if (!COMPRESSED.test(file)) return [];
  const copies = Object.entries(CODINGS).map(async ([coding, { compress }]) => [coding, await compress(content, TEXTS.test(file))]);
  return (await Promise.all(copies)).filter(([, bytes]) => bytes.length <= content.length * WORTH_IT);
}

/** What a folder that was packed has, as pairs of what `pack` knows it by and what `compress` gave. */
function compressedIn(folder) {
  try {
    const list = JSON.parse(fs.readFileSync(path.join(folder, LIST), "utf8"));
    return Object.entries(list).map(([address, { hash, codings }]) => {
      const copies = codings.map((coding) => [coding, fs.readFileSync(path.join(folder, address + CODINGS[coding].ending))]);
      return [`${hash}${path.extname(address)}`, copies];
    });
  } catch {
    // Nothing was packed yet, or not by this.
    return [];
  }
}
