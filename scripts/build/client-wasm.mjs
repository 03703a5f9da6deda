// The browser client.
import { clientCrate } from "../lib/paths.mjs";
import { smallWasm } from "./small-wasm.mjs";

export const clientWasm = () =>
  smallWasm({
    product: "client-wasm",
    why: "the browser client, Rust to WebAssembly",
    crate: clientCrate,
    folder: "client-wasm",
    name: "shardlink_client",
  });
