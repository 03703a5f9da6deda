// wasm-pack test: the client's own tests, compiled to WebAssembly, in Chromium.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { chromedriverPath, chromiumPath } from "../lib/browsers.mjs";
import { childEnvironment } from "../lib/environment.mjs";
import { clientCrate } from "../lib/paths.mjs";
import { tee } from "../lib/processes.mjs";
import { countCargo } from "./counts.mjs";

/** All tests of one page together, in seconds: 20 if nothing else is said, which a busy machine does not keep. */
const TIMEOUT_S = "300";

export async function browser() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-webdriver-"));
  try {
    const { code, output } = await tee(
      "wasm-pack",
      // "no-install": it uses the wasm-bindgen-test-runner beside the pinned CLI, and downloads nothing.
      ["test", "--headless", "--chrome", "--chromedriver", chromedriverPath(), "--mode", "no-install", clientCrate, "--locked"],
      { env: childEnvironment({ WASM_BINDGEN_TEST_WEBDRIVER_JSON: capabilities(folder), WASM_BINDGEN_TEST_TIMEOUT: TIMEOUT_S }) },
    );
    return { code, ...countCargo(output) };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** client-wasm/webdriver.json, and in it the browser that setup found: chromedriver would look for one of its own. */
function capabilities(folder) {
  const json = JSON.parse(fs.readFileSync(path.join(clientCrate, "webdriver.json"), "utf8"));
  json["goog:chromeOptions"].binary = chromiumPath();
  const file = path.join(folder, "webdriver.json");
  fs.writeFileSync(file, JSON.stringify(json));
  return file;
}
