// "shardlink/inline": the WebAssembly is in the JavaScript, for whatever does not keep a file
// beside a script: development servers that bundle packages first, sandboxes, single files.
import client from "./wasm/shardlink_client.inline.js";
import { setUsualSources } from "./wasm.js";

function unpacked(packed: string): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

setUsualSources({
  client: () => unpacked(client),
  seal: async () => unpacked((await import("./wasm/shardlink_seal.inline.js")).default),
});

export * from "./main.js";
