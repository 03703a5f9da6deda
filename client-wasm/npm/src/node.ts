// "shardlink/node", which is also what "shardlink" is in Node: the WebAssembly is read from the
// files beside this one. Node has WebSocket since version 22.
import { readFile } from "node:fs/promises";
import { setUsualSources } from "./wasm.js";

setUsualSources({
  client: () => readFile(new URL("./wasm/shardlink_client_bg.wasm", import.meta.url)),
  seal: () => readFile(new URL("./wasm/shardlink_seal_bg.wasm", import.meta.url)),
});

export * from "./main.js";
