// The demo as a player uses it, in a page of `serverAndBrowser()`.
import { PASSWORD, freshName } from "./json-client.mjs";

/**
 * Opens the demo as a new player, who signs up, creates a character of a faction and
 * enters: { page, name }. `options` are those of Playwright's newContext.
 */
export async function play(browser, url, faction, options = { viewport: { width: 1280, height: 800 } }) {
  const page = await browser.newPage(options);
  const name = freshName("Hero");
  await page.goto(url);
  await page.getByTestId("auth-toggle").click();
  await page.getByTestId("auth-username").fill(freshName("user"));
  await page.getByTestId("auth-password").fill(PASSWORD);
  await page.getByTestId("auth-submit").click();
  await page.getByTestId("char-name").fill(name);
  await page.getByTestId("char-faction").getByRole("radio", { name: faction }).check({ force: true });
  await page.getByTestId("char-create").click();
  const mine = page.locator(`[data-testid=char-item][data-name="${name}"]`);
  // A page that enters right after creating has no list to click in.
  const inWorld = page.getByTestId("world-canvas");
  await mine.or(inWorld).first().waitFor();
  if (!(await inWorld.isVisible())) await mine.getByTestId("char-enter").click();
  await inWorld.waitFor();
  await page.getByTestId("location-name").getByText("The Nexus").waitFor();
  return { page, name };
}

/** The row of somebody in the list of those nearby. */
export const nearby = (page, name) => page.locator(`[data-testid=nearby-player][data-name="${name}"]`);

/** Waits until `check` gives something, and gives it. */
export async function waitUntil(what, check, timeoutMs = 10_000) {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`);
}
