// dist/npm/wasm/shardlink_client*: the browser client, Rust to WebAssembly, with its JavaScript
// glue and types. The glue finds the .wasm beside itself, without a bundler.
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { clientCrate, dist } from "../lib/paths.mjs";
import { ask, run } from "../lib/processes.mjs";
import { bring } from "../lib/products.mjs";
import { note } from "../lib/say.mjs";
import { cargoTools } from "../versions.mjs";
import { rustInputs, wasmFeatures } from "./inputs.mjs";

const NAME = "shardlink_client";
const wasm = path.join(dist.npmWasm, `${NAME}_bg.wasm`);

export function clientWasm() {
  return bring({
    name: "client-wasm",
    why: "the browser client, Rust to WebAssembly",
    inputs: [...rustInputs, "client-wasm/Cargo.toml", "client-wasm/src", "package-lock.json"],
    versions: [JSON.stringify(cargoTools), ask("rustc", ["--version"]).output],
    outputs: [wasm, ...[`${NAME}.js`, `${NAME}.d.ts`].map((file) => path.join(dist.npmWasm, file))],
    build,
  });
}

async function build() {
  // seal-wasm.mjs builds into the same folder.
  fs.mkdirSync(dist.npmWasm, { recursive: true });
  for (const name of fs.readdirSync(dist.npmWasm)) if (name.startsWith(NAME)) fs.rmSync(path.join(dist.npmWasm, name));
  await run("wasm-pack", [
    "build",
    clientCrate,
    ...["--target", "web", "--profile", "client", "--out-dir", dist.npmWasm, "--out-name", NAME],
    // No package.json of its own (ours is client-wasm/npm), and no downloads.
    ...["--no-pack", "--no-gitignore", "--mode", "no-install"],
    // wasm-pack's own optimisation is for speed; see below.
    ...["--no-opt", "--", "--locked"],
  ]);
  // Every player downloads it: for size, and to a fixed set of features.
  await run("wasm-opt", ["-Oz", "--strip-producers", ...wasmFeatures.map((name) => `--enable-${name}`), wasm, "-o", wasm]);
  const bytes = fs.readFileSync(wasm);
  note(`${NAME}_bg.wasm: ${kibibytes(bytes)} KiB, ${kibibytes(gzipSync(bytes))} KiB compressed`);
}

const kibibytes = (bytes) => (bytes.length / 1024).toFixed(0);
