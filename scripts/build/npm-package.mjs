// dist/npm: the package that games import. client-wasm/npm/src/index.ts is
// compiled to shardlink.js and its types; it imports "./wasm/shardlink_client.js".
import fs from "node:fs";
import path from "node:path";
import { dist, facade, inRoot } from "../lib/paths.mjs";
import { run } from "../lib/processes.mjs";
import { bring } from "../lib/products.mjs";

/** `wasm` are the fingerprints of what the facade is compiled against. */
export function npmPackage(...wasm) {
  return bring({
    name: "npm-package",
    why: "the npm package, TypeScript to JavaScript and types",
    inputs: ["client-wasm/npm", "Cargo.toml", "LICENSE-MIT", "LICENSE-APACHE", "package-lock.json"],
    versions: wasm,
    outputs: ["shardlink.js", "index.d.ts", "package.json"].map((file) => path.join(dist.npm, file)),
    build,
  });
}

async function build() {
  for (const name of fs.readdirSync(dist.npm)) {
    if (name !== path.basename(dist.npmWasm)) fs.rmSync(path.join(dist.npm, name), { recursive: true });
  }
  await run("esbuild", [
    path.join(facade, "src/index.ts"),
    ...["--bundle", "--format=esm", "--target=es2022", "--legal-comments=none"],
    // Stays a file of its own: it finds its .wasm relative to itself.
    "--external:./wasm/*",
    `--outfile=${path.join(dist.npm, "shardlink.js")}`,
    "--log-level=warning",
  ]);
  await run("tsc", [
    ...["--project", path.join(facade, "tsconfig.json"), "--noEmit", "false"],
    ...["--declaration", "--emitDeclarationOnly", "--outDir", dist.npm],
  ]);
  const manifest = JSON.parse(fs.readFileSync(path.join(facade, "package.json"), "utf8"));
  fs.writeFileSync(path.join(dist.npm, "package.json"), `${JSON.stringify({ ...manifest, version: workspaceVersion() }, null, 2)}\n`);
  fs.copyFileSync(path.join(facade, "README.md"), path.join(dist.npm, "README.md"));
  for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) fs.copyFileSync(inRoot(licence), path.join(dist.npm, licence));
}

/** The one version of everything here. */
function workspaceVersion() {
  const section = fs.readFileSync(inRoot("Cargo.toml"), "utf8").split("[workspace.package]")[1] ?? "";
  const version = section.match(/^version = "([^"]+)"/m)?.[1];
  if (!version) throw new Error("Cargo.toml: [workspace.package] has no version");
  return version;
}
