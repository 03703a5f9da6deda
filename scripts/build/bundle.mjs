// The demo as it is served: its scripts and the package in a few files, its styles in one,
// each and the package's WebAssembly with a hash of the content in the name.
import fs from "node:fs";
import path from "node:path";
import { dist, inRoot } from "../lib/paths.mjs";
import { contentHash } from "./pack.mjs";

/** The folder of files whose names have their hash, and so are kept for ever. */
export const ASSETS = "assets";

const game = inRoot("www/game");
const STYLES = /^ *<link rel="stylesheet" href="([^"]+)">\n/gm;
const SCRIPT = /<script type="module" src="([^"]+)"><\/script>/;

/** Makes the demo's page and what it loads in `site`. */
export async function bundleGame(site) {
  // Not at the top: on a fresh clone it is installed after this file was read.
  const { build } = await import("esbuild");
  const page = fs.readFileSync(path.join(game, "index.html"), "utf8");
  const styles = [...page.matchAll(STYLES)].map(([, href]) => href);
  const script = page.match(SCRIPT)?.[1];
  if (styles.length === 0 || !script) throw new Error("www/game/index.html loads no styles or no script");

  /** Bundles one entry: { file, needs }, the names in ASSETS of what it became and of what that loads at once. */
  const make = async (entry, options) => {
    const { metafile } = await build({
      ...{ bundle: true, minify: true, format: "esm", target: "es2022", legalComments: "none", logLevel: "warning" },
      ...{ absWorkingDir: game, outdir: path.join(site, ASSETS), entryNames: "game-[hash]", chunkNames: "[name]-[hash]", metafile: true },
      ...options,
    });
    const [file, { imports }] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === entry);
    const needs = imports.filter(({ kind }) => kind === "import-statement").map((needed) => path.basename(needed.path));
    return { file: path.basename(file), needs };
  };
  const css = styles.map((href) => `@import ${JSON.stringify(`./${href}`)};`).join("\n");
  const sheet = await make("game.css", { stdin: { contents: css, loader: "css", resolveDir: game, sourcefile: "game.css" } });
  const wasm = new Set();
  // What is imported by `import()` becomes a file of its own.
  const code = await make(script, { entryPoints: [script], splitting: true, plugins: [thePackage, wasmBeside((file) => wasm.add(file) && keep(site, file))] });
  // A package that looks for its module in another way would not find it from the bundle.
  if (wasm.size === 0) throw new Error("nothing that the demo imports has a new URL(\"….wasm\", import.meta.url)");

  let linked = false;
  const withStyles = page.replace(STYLES, () => {
    if (linked) return "";
    linked = true;
    return `  <link rel="stylesheet" href="${ASSETS}/${sheet.file}">\n`;
  });
  const early = code.needs.map((name) => `<link rel="modulepreload" href="${ASSETS}/${name}">\n  `).join("");
  fs.writeFileSync(path.join(site, "index.html"), withStyles.replace(SCRIPT, () => `${early}<script type="module" src="${ASSETS}/${code.file}"></script>`));
  fs.copyFileSync(path.join(game, "favicon.svg"), path.join(site, "favicon.svg"));
}

/** Copies a file under a name that has its hash, and gives that. */
function keep(site, file) {
  const { name, ext } = path.parse(file);
  const hashed = `${name}-${contentHash(fs.readFileSync(file))}${ext}`;
  fs.mkdirSync(path.join(site, ASSETS), { recursive: true });
  fs.copyFileSync(file, path.join(site, ASSETS, hashed));
  return hashed;
}

/** `import "shardlink"` is the package as it was built, by its own `exports`. */
const thePackage = {
  name: "the-package",
  setup(build) {
    build.onResolve({ filter: /^shardlink(\/|$)/ }, ({ path: name, kind, pluginData }) => {
      // In its own folder a package is found by its name.
      if (pluginData !== thePackage) return build.resolve(name, { kind, resolveDir: dist.npm, pluginData: thePackage });
    });
  },
};

/** Scripts find a .wasm relative to themselves: from the bundle that is where `keeping(file)` puts it. */
const wasmBeside = (keeping) => ({
  name: "wasm-beside",
  setup(build) {
    build.onLoad({ filter: /\.m?js$/ }, ({ path: file }) => ({
      loader: "js",
      contents: fs
        .readFileSync(file, "utf8")
        .replace(/new URL\(\s*(["'`])([^"'`$]+\.wasm)\1\s*,\s*import\.meta\.url\s*,?\s*\)/g, (_, quote, name) => {
          const hashed = keeping(path.resolve(path.dirname(file), name));
          return `new URL(${JSON.stringify(`./${hashed}`)}, import.meta.url)`;
        }),
    }));
  },
});
