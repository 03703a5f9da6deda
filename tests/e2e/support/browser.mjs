// Chromium for the end-to-end tests: the system's, driven by playwright-core.
import path from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { chromiumArguments, chromiumPath } from "../../../scripts/lib/browsers.mjs";
import { testArtefacts } from "../../../scripts/lib/paths.mjs";
import { startServer } from "./server.mjs";

/**
 * Starts a headless browser:
 * - newPage(options?) opens a page in a context of its own, a different player
 *   with storage of their own; `options` are those of Playwright's newContext.
 *   page.problems collects what no test should see: errors on the console,
 *   exceptions nobody caught, and requests that failed.
 * - close() ends it.
 */
export async function launchBrowser() {
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    args: chromiumArguments,
  });
  return {
    async newPage(options = {}) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      page.problems = collectProblems(page);
      return page;
    },
    close: () => browser.close(),
  };
}

/**
 * Has a server and a browser for all tests of a file: { server, browser }, which are
 * there from the first test on. `options` are those of startServer().
 */
export function serverAndBrowser(options) {
  const stage = {};
  before(async () => {
    stage.server = await startServer(options);
    stage.browser = await launchBrowser();
  });
  after(async () => {
    await stage.browser?.close();
    await stage.server?.stop();
  });
  return stage;
}

/** Keeps a picture of the page in test-artefacts/, which CI uploads. Resolves to its path. */
export async function keepScreenshot(page, name) {
  const file = path.join(testArtefacts, `${name}.png`);
  await page.screenshot({ path: file });
  return file;
}

function collectProblems(page) {
  const problems = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => problems.push(`exception: ${error.stack ?? error}`));
  page.on("requestfailed", (request) => {
    // A page that is closed or left gives up what it was loading: no fault of anybody.
    const reason = request.failure()?.errorText;
    if (reason !== "net::ERR_ABORTED") problems.push(`request: ${request.url()} ${reason}`);
  });
  return problems;
}
