// dist/npm/wasm/shardlink_seal*: the end-to-end encryption, Rust to WebAssembly of its own,
// which a page loads when it first sets a key.
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { dist, sealCrate } from "../lib/paths.mjs";
import { ask, run } from "../lib/processes.mjs";
import { bring } from "../lib/products.mjs";
import { note } from "../lib/say.mjs";
import { cargoTools } from "../versions.mjs";
import { rustInputs, wasmFeatures } from "./inputs.mjs";

const NAME = "shardlink_seal";
const wasm = path.join(dist.npmWasm, `${NAME}_bg.wasm`);

export function sealWasm() {
  return bring({
    name: "seal-wasm",
    why: "the end-to-end encryption, Rust to WebAssembly",
    inputs: [...rustInputs, "client-seal/Cargo.toml", "client-seal/src", "package-lock.json"],
    versions: [JSON.stringify(cargoTools), ask("rustc", ["--version"]).output],
    outputs: [wasm, ...[`${NAME}.js`, `${NAME}.d.ts`].map((file) => path.join(dist.npmWasm, file))],
    build,
  });
}

async function build() {
  // client-wasm.mjs builds into the same folder, and says why it is built like this.
  fs.mkdirSync(dist.npmWasm, { recursive: true });
  for (const name of fs.readdirSync(dist.npmWasm)) if (name.startsWith(NAME)) fs.rmSync(path.join(dist.npmWasm, name));
  await run("wasm-pack", [
    "build",
    sealCrate,
    ...["--target", "web", "--profile", "client", "--out-dir", dist.npmWasm, "--out-name", NAME],
    ...["--no-pack", "--no-gitignore", "--mode", "no-install", "--no-opt", "--", "--locked"],
  ]);
  await run("wasm-opt", ["-Oz", "--strip-producers", ...wasmFeatures.map((name) => `--enable-${name}`), wasm, "-o", wasm]);
  const bytes = fs.readFileSync(wasm);
  note(`${NAME}_bg.wasm: ${kibibytes(bytes)} KiB, ${kibibytes(gzipSync(bytes))} KiB compressed`);
}

const kibibytes = (bytes) => (bytes.length / 1024).toFixed(0);
