// dist/npm: the package that games import. TypeScript is compiled, and bundled with the glue
// of the WebAssembly, to shardlink.js and what that loads when it is needed (seal.js); their
// types stand beside them.
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { dist, facade, inRoot } from "../lib/paths.mjs";
import { run } from "../lib/processes.mjs";
import { bring } from "../lib/products.mjs";

/** What can be imported, and what is loaded when it is needed: the file's name, and where it begins. */
const ENTRIES = { shardlink: "index.ts", inline: "inline.ts", node: "node.ts", seal: "seal.ts" };

/** Sources that the package's types do not need. */
const INTERNAL = ["account", "sealing", "stretch"];

/** `wasm` are the fingerprints of what the facade is compiled against. */
export function npmPackage(...wasm) {
  return bring({
    name: "npm-package",
    why: "the npm package, TypeScript to JavaScript and types",
    inputs: ["client-wasm/npm", "Cargo.toml", "LICENSE-MIT", "LICENSE-APACHE", "package-lock.json"],
    versions: wasm,
    outputs: ["shardlink.js", "seal.js", "index.d.ts", "package.json"].map((file) => path.join(dist.npm, file)),
    build,
  });
}

async function build() {
  for (const name of fs.readdirSync(dist.npm)) {
    if (name !== path.basename(dist.npmWasm)) fs.rmSync(path.join(dist.npm, name), { recursive: true });
  }
  // Not at the top: on a fresh clone it is installed after this file was read.
  const { build: bundle } = await import("esbuild");
  await bundle({
    entryPoints: Object.fromEntries(Object.entries(ENTRIES).map(([name, source]) => [name, path.join(facade, "src", source)])),
    outdir: dist.npm,
    // What several files need is in a third, which is loaded with them.
    ...{ bundle: true, splitting: true, minify: true, format: "esm", target: "es2022", legalComments: "none", logLevel: "warning" },
    // The facade says where the WebAssembly is; bundlers need not look for it from here.
    external: ["*.wasm", "node:*"],
    plugins: [theGlue, theModuleItself],
  });
  await run("tsc", [
    ...["--project", path.join(facade, "tsconfig.json"), "--noEmit", "false"],
    ...["--declaration", "--emitDeclarationOnly", "--stripInternal", "--outDir", dist.npm],
  ]);
  // No type of the package leads to these, and they name what only the glue has.
  for (const name of INTERNAL) fs.rmSync(path.join(dist.npm, `${name}.d.ts`));
  const manifest = JSON.parse(fs.readFileSync(path.join(facade, "package.json"), "utf8"));
  fs.writeFileSync(path.join(dist.npm, "package.json"), `${JSON.stringify({ ...manifest, version: workspaceVersion() }, null, 2)}\n`);
  fs.copyFileSync(path.join(facade, "README.md"), path.join(dist.npm, "README.md"));
  for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) fs.copyFileSync(inRoot(licence), path.join(dist.npm, licence));
}

/**
 * The glue of the WebAssembly is in dist/npm/wasm. It would find its module beside itself, but
 * it is bundled into a file that stands elsewhere.
 */
const theGlue = {
  name: "the-glue",
  setup(build) {
    build.onResolve({ filter: /^\.\/wasm\/shardlink_\w+\.js$/ }, ({ path: name }) => ({ path: path.join(dist.npm, name) }));
    build.onLoad({ filter: /[\\/]wasm[\\/]shardlink_\w+\.js$/ }, ({ path: file }) => {
      const glue = fs.readFileSync(file, "utf8");
      const beside = /module_or_path = new URL\('\w+\.wasm', import\.meta\.url\);/;
      if (!beside.test(glue)) throw new Error(`${file} does not look for its module where it used to`);
      return { loader: "js", contents: glue.replace(beside, "throw new TypeError('no module');") };
    });
  },
};

/** A module in a script, for `shardlink/inline`. */
const theModuleItself = {
  name: "the-module-itself",
  setup(build) {
    build.onResolve({ filter: /^\.\/wasm\/\w+\.inline\.js$/ }, ({ path: name }) => ({ path: name, namespace: "inline" }));
    build.onLoad({ filter: /./, namespace: "inline" }, ({ path: name }) => {
      const wasm = path.join(dist.npm, name.replace(".inline.js", "_bg.wasm"));
      const packed = gzipSync(fs.readFileSync(wasm), { level: 9 });
      return { loader: "js", contents: `export default "${packed.toString("base64")}";` };
    });
  },
};

/** The one version of everything here. */
function workspaceVersion() {
  const section = fs.readFileSync(inRoot("Cargo.toml"), "utf8").split("[workspace.package]")[1] ?? "";
  const version = section.match(/^version = "([^"]+)"/m)?.[1];
  if (!version) throw new Error("Cargo.toml: [workspace.package] has no version");
  return version;
}
