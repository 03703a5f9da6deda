// dist/npm/wasm: what browsers download, Rust to WebAssembly, as small as it gets, with its
// JavaScript glue.
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { childEnvironment } from "../lib/environment.mjs";
import { dist } from "../lib/paths.mjs";
import { ask, run } from "../lib/processes.mjs";
import { bring } from "../lib/products.mjs";
import { note } from "../lib/say.mjs";
import { cargoTools, nightly } from "../versions.mjs";
import { rustInputs, wasmFeatures } from "./inputs.mjs";

/**
 * The standard library is compiled too, so that a panic is one instruction and brings neither
 * its sentence nor the code that would format it, nor paths of this machine. SHA-256 is not
 * unrolled: browsers stretch passwords by WebCrypto.
 */
const RUSTFLAGS = [
  "-Zunstable-options",
  "-Cpanic=immediate-abort",
  "-Zlocation-detail=none",
  "-Zfmt-debug=none",
  '--cfg=sha2_backend_soft="compact"',
].join(" ");

/** Functions that are called once are not inlined unless they are tiny: gzip finds more that is alike. */
const OPTIMISE = ["-Oz", "--one-caller-inline-max-function-size=20", "--traps-never-happen", "--strip-producers"];

/** One module, from the crate in this folder. */
export function smallWasm({ product, why, crate, folder, name }) {
  const wasm = path.join(dist.npmWasm, `${name}_bg.wasm`);
  return bring({
    name: product,
    why,
    inputs: [...rustInputs, `${folder}/Cargo.toml`, `${folder}/src`, "package-lock.json"],
    versions: [JSON.stringify([cargoTools, RUSTFLAGS, OPTIMISE]), ask("rustc", [`+${nightly}`, "--version"]).output],
    outputs: [wasm, ...[`${name}.js`, `${name}.d.ts`].map((file) => path.join(dist.npmWasm, file))],
    build: () => build(crate, name, wasm),
  });
}

async function build(crate, name, wasm) {
  // Other modules are built into the same folder.
  fs.mkdirSync(dist.npmWasm, { recursive: true });
  for (const file of fs.readdirSync(dist.npmWasm)) if (file.startsWith(name)) fs.rmSync(path.join(dist.npmWasm, file));
  await run(
    "wasm-pack",
    [
      "build",
      crate,
      ...["--target", "web", "--profile", "client", "--out-dir", dist.npmWasm, "--out-name", name],
      // No package.json of its own (ours is client-wasm/npm), and no downloads.
      ...["--no-pack", "--no-gitignore", "--mode", "no-install"],
      // wasm-pack's own optimisation is for speed.
      ...["--no-opt", "--", "--locked", "-Zbuild-std=std,panic_abort"],
    ],
    { env: childEnvironment({ RUSTUP_TOOLCHAIN: nightly, RUSTFLAGS }) },
  );
  await run("wasm-opt", [...OPTIMISE, ...wasmFeatures.map((feature) => `--enable-${feature}`), wasm, "-o", wasm]);
  const bytes = fs.readFileSync(wasm);
  note(`${name}_bg.wasm: ${kilobytes(bytes)} kB, ${kilobytes(gzipSync(bytes, { level: 9 }))} kB gzip`);
}

const kilobytes = (bytes) => (bytes.length / 1000).toFixed(1);
