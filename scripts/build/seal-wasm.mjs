// The end-to-end encryption, which a page loads when it first sets a key.
import { sealCrate } from "../lib/paths.mjs";
import { smallWasm } from "./small-wasm.mjs";

export const sealWasm = () =>
  smallWasm({
    product: "seal-wasm",
    why: "the end-to-end encryption, Rust to WebAssembly",
    crate: sealCrate,
    folder: "client-seal",
    name: "shardlink_seal",
  });
