// dist/worker: the server as workerd and Cloudflare load it, index.js and
// index_bg.wasm.
import fs from "node:fs";
import path from "node:path";
import { childEnvironment, find } from "../lib/environment.mjs";
import { dist, serverCrate } from "../lib/paths.mjs";
import { ask, run } from "../lib/processes.mjs";
import { bring } from "../lib/products.mjs";
import { cargoTools, nightly } from "../versions.mjs";
import { rustInputs } from "./inputs.mjs";

export function worker() {
  return bring({
    name: "worker",
    why: "the server, Rust to WebAssembly (a minute or two the first time)",
    inputs: [...rustInputs, "server-worker/Cargo.toml", "server-worker/src", "server-worker/build.rs", "package-lock.json"],
    versions: [JSON.stringify(cargoTools), ask("rustc", [`+${nightly}`, "--version"]).output],
    outputs: ["index.js", "index_bg.wasm"].map((file) => path.join(dist.worker, file)),
    build,
  });
}

async function build() {
  // Built beside and then renamed, so that `wrangler dev` and a server that is
  // just starting never see half of it.
  const staging = `${dist.worker}.new`;
  fs.rmSync(staging, { recursive: true, force: true });
  await run(
    "worker-build",
    // With --panic-unwind a panic ends one request; without, it hangs every object of the process.
    // With --no-opt it leaves out wasm-opt, which took twice as long as the compiler, made the
    // server no faster and its file a tenth smaller: V8 optimises it, and nobody downloads it.
    ["--profile", "server", "--panic-unwind", "--no-opt", "--out-dir", path.relative(serverCrate, staging), "--locked"],
    { cwd: serverCrate, env: childEnvironment(helpers()) },
  );
  // What else it leaves serves npm and an older layout; wrangler would upload it as modules.
  for (const name of fs.readdirSync(staging)) {
    if (name !== "index.js" && name !== "index_bg.wasm") fs.rmSync(path.join(staging, name), { recursive: true });
  }
  fs.rmSync(dist.worker, { recursive: true, force: true });
  fs.renameSync(staging, dist.worker);
}

/** worker-build would download these two; ours are pinned. */
function helpers() {
  return { WASM_BINDGEN_BIN: find("wasm-bindgen"), ESBUILD_BIN: find("esbuild") };
}
