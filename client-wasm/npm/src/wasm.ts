// The WebAssembly module, loaded once, when it is first needed.
import init, { RawClient, canon } from "./wasm/shardlink_client.js";
import { ShardlinkError } from "./errors.js";

export type { RawClient };

export interface Wasm {
  RawClient: typeof RawClient;
  canon: typeof canon;
}

let loading: Promise<Wasm> | undefined;

export function loadWasm(): Promise<Wasm> {
  loading ??= init({ module_or_path: new URL("./wasm/shardlink_client_bg.wasm", import.meta.url) }).then(
    () => ({ RawClient, canon }),
    (cause: unknown) => {
      // The next call tries again.
      loading = undefined;
      throw new ShardlinkError("UNREACHABLE", "The client could not be loaded.", { cause });
    },
  );
  return loading;
}
