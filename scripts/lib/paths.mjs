// Where things are in this repository.
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** An absolute path from one relative to the repository. */
export const inRoot = (...parts) => path.resolve(root, ...parts);

export const nodeModules = inRoot("node_modules");
export const clientCrate = inRoot("client-wasm");
export const sealCrate = inRoot("client-seal");
export const facade = inRoot("client-wasm/npm");
export const serverCrate = inRoot("server-worker");

/** Everything that is built. The same files serve development, `serve` and Cloudflare. */
export const dist = {
  root: inRoot("dist"),
  stamps: inRoot("dist/.stamps"),
  worker: inRoot("dist/worker"),
  npm: inRoot("dist/npm"),
  npmWasm: inRoot("dist/npm/wasm"),
  site: inRoot("dist/site"),
};

/** What a run of the tests leaves to be looked at: screenshots, server logs. */
export const testArtefacts = inRoot("test-artefacts");
