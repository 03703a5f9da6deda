// "shardlink": the WebAssembly is in files beside this one, which bundlers and browsers find.
import { setUsualSources } from "./wasm.js";

setUsualSources({
  client: () => new URL("./wasm/shardlink_client_bg.wasm", import.meta.url),
  seal: () => new URL("./wasm/shardlink_seal_bg.wasm", import.meta.url),
});

export * from "./main.js";
