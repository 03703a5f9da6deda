// Chromium and its driver, for the tests.
import { chromedriverPath, chromiumPath } from "../lib/browsers.mjs";
import { debianPackages } from "./debian.mjs";
import { Stop } from "../lib/say.mjs";

export async function browsers() {
  if (chromiumPath() && chromedriverPath()) return;
  const why = "the tests drive the client and the demo in a real browser";
  if (process.platform === "darwin") {
    throw new Stop(`Chrome or chromedriver is missing, and ${why}: \`brew install --cask google-chrome chromedriver\`, or set CHROME_PATH and CHROMEDRIVER_PATH.`);
  }
  await debianPackages(["chromium", "chromium-driver"], why);
  if (!chromiumPath() || !chromedriverPath()) {
    throw new Stop("Chromium was installed but is not found: set CHROME_PATH and CHROMEDRIVER_PATH to the browser and its driver.");
  }
}
