// The environment of every program the scripts start, and finding programs in it.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { nodeModules } from "./paths.mjs";

const binaries = path.join(nodeModules, ".bin");

/** Where `cargo install` puts binaries: what cargo itself would use. */
export const cargoBinaries = path.join(
  process.env.CARGO_INSTALL_ROOT ?? process.env.CARGO_HOME ?? path.join(os.homedir(), ".cargo"),
  "bin",
);

// rustup's proxies (cargo, rustc) are in CARGO_HOME whatever CARGO_INSTALL_ROOT says.
const rustupBinaries = path.join(process.env.CARGO_HOME ?? path.join(os.homedir(), ".cargo"), "bin");

const inherited = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => folder && folder !== binaries);

// Our pinned packages (Node 24 among them) come first, then cargo's, which may
// not be on PATH yet when rustup has only just been installed.
const folders = [binaries, ...new Set([cargoBinaries, rustupBinaries, ...inherited])];

/** What children get. Nothing of ours reports usage to anybody. */
export function childEnvironment(extra = {}) {
  return {
    ...process.env,
    PATH: folders.join(path.delimiter),
    WRANGLER_SEND_METRICS: "false",
    // The AsyncAPI parser brings a package that would count installations.
    SCARF_ANALYTICS: "false",
    ...extra,
  };
}

/** The environment for npm itself: the Node that came with it, which `npm ci` does not delete while it runs. */
export function npmEnvironment() {
  return childEnvironment({ PATH: inherited.join(path.delimiter) });
}

/** The path of a program, or undefined. Takes several names, in order of preference. */
export function find(...names) {
  for (const name of names) {
    for (const folder of folders) {
      const candidate = path.join(folder, name);
      if (isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}

export function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
