// Where the browser of the tests is, and how it is started.
import path from "node:path";
import { find, isExecutable } from "./environment.mjs";
import { Stop } from "./say.mjs";

const MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/** The path of Chromium or Chrome, or undefined. CHROME_PATH overrides. */
export function chromiumPath() {
  return (
    given("CHROME_PATH") ??
    find("chromium", "chromium-browser", "google-chrome", "google-chrome-stable") ??
    (isExecutable(MAC_CHROME) ? MAC_CHROME : undefined)
  );
}

/** The path of chromedriver, or undefined. CHROMEDRIVER_PATH overrides. */
export function chromedriverPath() {
  // GitHub's machines have it in a folder that this variable names.
  const hosted = process.env.CHROMEWEBDRIVER && path.join(process.env.CHROMEWEBDRIVER, "chromedriver");
  return given("CHROMEDRIVER_PATH") ?? find("chromedriver") ?? (hosted && isExecutable(hosted) ? hosted : undefined);
}

function given(variable) {
  const file = process.env[variable];
  if (file && !isExecutable(file)) throw new Stop(`${variable} is ${file}, which is not a program.`);
  return file || undefined;
}

/**
 * Without a GPU and as root, as in a container or CI, and without the requests
 * that Chromium makes of its own accord. client-wasm/webdriver.json has the same.
 */
export const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
