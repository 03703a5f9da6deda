// `npm run check`: formatting, lints on both targets, and types. All of it is
// looked at even when something fails, so that one run tells everything.
import path from "node:path";
import { budget } from "./budget.mjs";
import { clientWasm } from "./build/client-wasm.mjs";
import { npmPackage } from "./build/npm-package.mjs";
import { sealWasm } from "./build/seal-wasm.mjs";
import { facade } from "./lib/paths.mjs";
import { run } from "./lib/processes.mjs";
import { Stop, step } from "./lib/say.mjs";
import { setUp } from "./setup.mjs";
import { wasmTarget } from "./versions.mjs";

const clippy = (...options) => run("cargo", ["clippy", "--locked", ...options, "--", "-D", "warnings"]);

const CHECKS = [
  ["Formatting (`cargo fmt --all` mends it)", () => run("cargo", ["fmt", "--all", "--check"])],
  ["Lints, natively", () => clippy("--workspace", "--all-targets")],
  // The shells of server and client, and the client's browser tests, are compiled for this target alone.
  ["Lints of the server, for wasm32", () => clippy("--target", wasmTarget, "-p", "shardlink-shared", "-p", "shardlink-server")],
  ["Lints of the client, for wasm32", () => clippy("--target", wasmTarget, "-p", "shardlink-client", "--all-targets")],
  ["Lints of the encryption, for wasm32", () => clippy("--target", wasmTarget, "-p", "shardlink-seal")],
  ["Types of the npm package", types],
  ["Size of the npm package", size],
];

export default async function check() {
  await setUp();
  const failed = [];
  for (const [name, look] of CHECKS) {
    step(name);
    try {
      await look();
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      console.error(error.message);
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new Stop(`Not in order: ${failed.join("; ")}.`);
  step("All in order");
}

async function types() {
  // The facade's types come from the Rust client's.
  await clientWasm();
  await run("tsc", ["--project", path.join(facade, "tsconfig.check.json"), "--noEmit"]);
}

async function size() {
  await npmPackage(await clientWasm(), await sealWasm());
  budget();
}
