// Every pinned version that is not in package.json or Cargo.toml, and why it is pinned.

/** Oldest Node that can run these scripts before `npm ci` has brought Node 24. */
export const bootstrapNode = 18;

/** Oldest Node wrangler 4.164 runs on. package.json brings Node 24 on Linux. */
export const wranglerNode = "22.12.0";

/** The `worker` crate's minimum; Cargo.toml's rust-version says the same. */
export const rust = "1.91.0";

export const wasmTarget = "wasm32-unknown-unknown";

/** `worker-build --panic-unwind` compiles std again with `cargo +nightly`. */
export const nightly = "nightly";

/**
 * Tools that cargo installs. worker-build 0.8.7 and the `worker` crate go
 * together, and wasm-bindgen's CLI must be exactly the version of the crate in
 * Cargo.lock (setup compares them), which must be one worker-build knows.
 */
export const cargoTools = [
  { crate: "wasm-bindgen-cli", binary: "wasm-bindgen", version: "0.2.129" },
  { crate: "worker-build", binary: "worker-build", version: "0.8.7" },
  { crate: "wasm-pack", binary: "wasm-pack", version: "0.15.1" },
];

/** Installed by `npm run fuzz` alone: nothing else needs it. */
export const fuzzer = { crate: "cargo-fuzz", binary: "cargo-fuzz", version: "0.13.1" };

/** Schemathesis's minimum, which the contract tests run by: tests/contract/requirements.txt pins the packages. */
export const python = "3.11";
