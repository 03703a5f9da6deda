// The WebAssembly module, loaded once, when it is first needed.
import start, { RawClient, Scram, Stretching, newPassword, passwordChecks } from "./wasm/shardlink_client.js";
import { ShardlinkError } from "./errors.js";

/** @internal */
export type { RawClient, Scram } from "./wasm/shardlink_client.js";

/** @internal */
const classes = { RawClient, Scram, Stretching, newPassword, passwordChecks };

/** @internal */
export type Wasm = typeof classes & { readonly memory: WebAssembly.Memory };

/** Where the module is: its address, what came from there, its bytes, or itself once compiled. */
export type WasmSource = string | URL | Response | Promise<Response> | ArrayBuffer | ArrayBufferView<ArrayBuffer> | CompiledModule;

/** `WebAssembly.Module`, wherever the types of a browser are known: those of Node do not have it. */
type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } } ? Module : never;

let loading: Promise<Wasm> | undefined;

/** Where an entry of the package finds its modules. @internal */
export type Sources = Record<"client" | "seal", () => WasmSource | Promise<WasmSource>>;

const none = (): never => {
  throw new TypeError("Import an entry of the package.");
};

let usual: Sources = { client: none, seal: none };

/** Each entry of the package knows its own place. @internal */
export function setUsualSources(sources: Sources): void {
  usual = sources;
}

/** Where the encryption's module is. @internal */
export const sealSource = (): WasmSource | Promise<WasmSource> => usual.seal();

/**
 * Loads the client. Nobody has to call it: the first method that needs it does. It is for a page
 * that has the module elsewhere, or wants to wait for it at a time of its choice. If it has been
 * loaded already, nothing happens.
 */
export async function init(source?: WasmSource): Promise<void> {
  await loadWasm(source);
}

/** @internal */
export function loadWasm(source?: WasmSource): Promise<Wasm> {
  loading ??= load(source).catch((cause: unknown) => {
    // The next call tries again.
    loading = undefined;
    throw new ShardlinkError("UNREACHABLE", "The client could not be loaded.", { cause });
  });
  return loading;
}

async function load(source: WasmSource | undefined): Promise<Wasm> {
  const { memory } = await start({ module_or_path: await addressed(source ?? usual.client()) });
  return { ...classes, memory };
}

/** An address in a text is the page's own, or whole. @internal */
export async function addressed(source: WasmSource | Promise<WasmSource>): Promise<Exclude<WasmSource, string>> {
  const found = await source;
  return typeof found === "string" ? new URL(found, globalThis.location?.href) : found;
}
