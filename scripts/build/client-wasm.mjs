// dist/npm/wasm: the browser client, Rust to WebAssembly, with its JavaScript
// glue and types. The glue finds the .wasm beside itself, without a bundler.
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { clientCrate, dist } from "../lib/paths.mjs";
import { ask, run } from "../lib/processes.mjs";
import { bring } from "../lib/products.mjs";
import { note } from "../lib/say.mjs";
import { cargoTools } from "../versions.mjs";
import { rustInputs } from "./inputs.mjs";

const NAME = "shardlink_client";
const wasm = path.join(dist.npmWasm, `${NAME}_bg.wasm`);

/** Features that Rust's wasm32-unknown-unknown uses by default: browsers have had all of them since 2022. */
const FEATURES = ["mutable-globals", "sign-ext", "nontrapping-float-to-int", "bulk-memory", "multivalue", "reference-types"];

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
  fs.rmSync(dist.npmWasm, { recursive: true, force: true });
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
  await run("wasm-opt", ["-Oz", "--strip-producers", ...FEATURES.map((name) => `--enable-${name}`), wasm, "-o", wasm]);
  const bytes = fs.readFileSync(wasm);
  note(`${NAME}_bg.wasm: ${kibibytes(bytes)} KiB, ${kibibytes(gzipSync(bytes))} KiB compressed`);
}

const kibibytes = (bytes) => (bytes.length / 1024).toFixed(0);
