// Brings what Shardlink is built and run with. Says what it does and why, does
// only what is missing, and takes a second or two when nothing is.
import { node } from "./setup/node.mjs";
import { npmPackages } from "./setup/packages.mjs";
import { rust } from "./setup/rust.mjs";
import { cargoTools } from "./setup/cargo-tools.mjs";
import { browsers } from "./setup/browsers.mjs";
import { python } from "./setup/python.mjs";
import { Stop, note, seconds } from "./lib/say.mjs";

/** `npm test` needs a browser and Python; building and serving do not. */
export async function setUp({ withBrowsers = false, withPython = false } = {}) {
  const start = Date.now();
  checkSystem();
  await npmPackages();
  node();
  await rust();
  await cargoTools();
  if (withBrowsers) await browsers();
  if (withPython) await python();
  note(`set up (${seconds(start)})`);
}

export default async function setup(options) {
  await setUp({ withBrowsers: options.includes("--browsers") });
}

function checkSystem() {
  if (process.platform !== "linux" && process.platform !== "darwin") {
    throw new Stop("Shardlink is built on Linux or macOS: on Windows, install WSL 2 (https://learn.microsoft.com/windows/wsl/install) and run this in it.");
  }
}
