// The tools that cargo installs, at pinned versions, where cargo puts them.
import fs from "node:fs";
import os from "node:os";
import { childEnvironment, find } from "../lib/environment.mjs";
import { inRoot } from "../lib/paths.mjs";
import { ask, run } from "../lib/processes.mjs";
import { versionIn } from "../lib/semver.mjs";
import { Stop, note, step } from "../lib/say.mjs";
import { cargoTools as tools } from "../versions.mjs";
import { debianPackages } from "./debian.mjs";

export async function cargoTools() {
  checkWasmBindgen();
  await cargoInstall(tools, "they turn Rust into what browsers and workerd load (3 to 5 minutes each, once)");
}

/** Installs what is missing of these tools, or of another version. */
export async function cargoInstall(wanted, why) {
  const missing = wanted.filter((tool) => installedVersion(tool) !== tool.version);
  if (missing.length === 0) return;
  step(`Compiling ${missing.map((tool) => `${tool.crate} ${tool.version}`).join(", ")} with cargo install: ${why}`);
  await openssl(missing);
  for (const tool of missing) await install(tool);
}

function installedVersion({ binary }) {
  const path = find(binary);
  return path && versionIn(ask(path, ["--version"]).output);
}

async function install(tool) {
  const found = installedVersion(tool);
  note(`${tool.crate}: ${found ? `replacing ${found}` : "missing"}, installing ${tool.version}`);
  const args = ["install", tool.crate, "--version", `=${tool.version}`, "--force"];
  // Outside the workspace: nothing of ours, neither a cargo configuration nor
  // a target folder, has to do with these.
  const options = { cwd: os.tmpdir(), env: childEnvironment({ CARGO_TARGET_DIR: undefined }) };
  try {
    await run("cargo", [...args, "--locked"], options);
  } catch (error) {
    if (tool.crate !== "wasm-bindgen-cli") throw error;
    // Some of its releases lock a dependency that was withdrawn since.
    note("its locked dependencies are not to be had: trying with the newest compatible ones");
    await run("cargo", args, options);
  }
  if (installedVersion(tool) !== tool.version) {
    throw new Stop(`${tool.binary} ${tool.version} was installed, but ${find(tool.binary)} is another: remove that one.`);
  }
}

/** worker-build links the system's OpenSSL, on Linux by pkg-config. */
async function openssl(missing) {
  if (process.platform !== "linux" || !missing.some((tool) => tool.crate === "worker-build")) return;
  if (ask("pkg-config", ["--exists", "openssl"]).code === 0) return;
  await debianPackages(["pkg-config", "libssl-dev"], "worker-build links OpenSSL");
}

/** The CLI must be exactly the version of the crate: better one sentence now than an error after minutes. */
function checkWasmBindgen() {
  const lock = fs.readFileSync(inRoot("Cargo.lock"), "utf8");
  const crate = lock.match(/name = "wasm-bindgen"\nversion = "([^"]+)"/)?.[1];
  const cli = tools.find((tool) => tool.binary === "wasm-bindgen").version;
  if (crate && crate !== cli) {
    throw new Stop(`Cargo.lock has wasm-bindgen ${crate} and scripts/versions.mjs its CLI ${cli}: they must be the same version.`);
  }
}
