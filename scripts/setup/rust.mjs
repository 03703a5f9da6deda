// Rust, by rustup: a stable toolchain for tests and the client, a nightly for
// the server, which is compiled with unwinding panics.
import { find } from "../lib/environment.mjs";
import { ask, run } from "../lib/processes.mjs";
import { atLeast, versionIn } from "../lib/semver.mjs";
import { Stop, step } from "../lib/say.mjs";
import { nightly, rust as minimum, wasmTarget } from "../versions.mjs";

export async function rust() {
  if (!find("rustup")) {
    throw new Stop("rustup is missing: install it from https://rustup.rs, then run this again.");
  }
  await stableToolchain();
  await nightlyToolchain();
  checkLinker();
}

async function stableToolchain() {
  // Asked for explicitly: rustup may be told not to install toolchains by itself.
  if (ask("rustup", ["show", "active-toolchain"]).code !== 0) {
    step("Installing Rust's stable toolchain: everything but the server is compiled with it");
    await run("rustup", ["toolchain", "install", "stable", "--profile", "minimal", "--no-self-update"]);
    await run("rustup", ["default", "stable"]);
  }
  const version = versionIn(ask("rustc", ["--version"]).output);
  if (!version) throw new Stop("rustc does not run: install a stable toolchain with `rustup toolchain install stable`.");
  if (!atLeast(version, minimum)) {
    throw new Stop(`Rust ${version} is too old, the server's crates need ${minimum}: run \`rustup update stable\`.`);
  }
  await addTarget([], "the browser client is WebAssembly");
  await addComponents([], ["rustfmt", "clippy"], "`npm run check` formats and lints");
}

async function nightlyToolchain() {
  const toolchains = ask("rustup", ["toolchain", "list"]).output;
  if (!toolchains.split("\n").some((line) => line.startsWith(`${nightly}-`) && !/^nightly-\d/.test(line))) {
    step("Installing Rust's nightly toolchain: only it can compile std so that a panic ends one request and not the server");
    await run("rustup", ["toolchain", "install", nightly, "--profile", "minimal", "--no-self-update"]);
  }
  const toolchain = ["--toolchain", nightly];
  await addTarget(toolchain, "the server is WebAssembly");
  await addComponents(toolchain, ["rust-src"], "std is compiled again, with unwinding panics");
}

async function addTarget(toolchain, why) {
  const installed = ask("rustup", ["target", "list", "--installed", ...toolchain]).output.split("\n");
  if (installed.includes(wasmTarget)) return;
  step(`Adding the target ${wasmTarget}: ${why}`);
  await run("rustup", ["target", "add", wasmTarget, ...toolchain]);
}

async function addComponents(toolchain, components, why) {
  const installed = ask("rustup", ["component", "list", "--installed", ...toolchain]).output.split("\n");
  // Listed with the host's triple where they differ by host: rustfmt-x86_64-….
  const missing = components.filter((name) => !installed.some((line) => line === name || line.startsWith(`${name}-`)));
  if (missing.length === 0) return;
  step(`Adding ${missing.join(" and ")}: ${why}`);
  await run("rustup", ["component", "add", ...missing, ...toolchain]);
}

function checkLinker() {
  if (find("cc", "gcc", "clang")) return;
  const how = process.platform === "darwin" ? "run `xcode-select --install`" : "install gcc (Debian, Ubuntu: `apt-get install build-essential`)";
  throw new Stop(`There is no C compiler, which Rust links with: ${how}.`);
}
