// /api-docs/, the document as a page, in a real browser and under the server's policy.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { keepScreenshot, launchBrowser } from "../e2e/support/browser.mjs";
import { startServer } from "../e2e/support/server.mjs";
import { openapi, operations } from "./support/document.mjs";

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };

let server;
let browser;
before(async () => ([server, browser] = await Promise.all([startServer(), launchBrowser()])));
after(() => Promise.all([browser?.close(), server?.stop()]));

async function open(viewport) {
  const page = await browser.newPage({ viewport });
  await page.goto(`${server.url}/api-docs/`);
  await page.locator(".opblock").first().waitFor();
  return page;
}

const tagOf = ({ operation }) => operation.tags[0].replaceAll(" ", "_");
const blockOf = (page, known) => page.locator(`[id="operations-${tagOf(known)}-${known.id}"]`);
const known = (id) => operations.find((operation) => operation.id === id);

test("the document is served as JSON, and is the one that is checked in", async () => {
  const response = await fetch(`${server.url}/openapi.json`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(await response.json(), openapi);
});

test("the page has every operation of the document, and nothing to complain about", async () => {
  const page = await open(WIDE);
  const listed = await page.locator(".opblock").evaluateAll((blocks) =>
    blocks.map((block) => {
      const text = (selector) => block.querySelector(selector).textContent.replaceAll("\u200b", "");
      return `${text(".opblock-summary-method")} ${text(".opblock-summary-path")}: ${text(".opblock-summary-description")}`;
    }),
  );
  assert.deepEqual(listed.sort(), operations.map(({ method, path, operation }) => `${method} ${path}: ${operation.summary}`).sort());
  assert.match(await page.title(), /Shardlink/);
  await keepScreenshot(page, "api-docs-wide");
  assert.deepEqual(page.problems, []);
});

test("an operation is tried out by keyboard alone, against the server that the page is from", async () => {
  const page = await open(WIDE);
  const status = blockOf(page, known("status"));
  await status.locator(".opblock-summary-control").focus();
  await page.keyboard.press("Enter");
  await status.locator(".try-out__btn").focus();
  await page.keyboard.press("Enter");
  await status.locator(".execute").focus();
  await page.keyboard.press("Enter");
  const live = status.locator(".live-responses-table");
  await live.waitFor();
  assert.match(await live.innerText(), /"status": "online"/);
  assert.ok((await status.locator(".request-url").innerText()).includes(`${server.url}/api/status`));
  assert.deepEqual(page.problems, []);
});

test("what has the focus shows it", async () => {
  const page = await open(WIDE);
  // Past the header's links, into Swagger UI, which takes outlines away.
  for (let presses = 0; presses < 8; presses += 1) {
    await page.keyboard.press("Tab");
    const { what, style, width } = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return { what: document.activeElement.outerHTML.slice(0, 80), style: outlineStyle, width: parseFloat(outlineWidth) };
    });
    assert.ok(style === "solid" && width >= 2, `${what}: ${style} ${width}px`);
  }
});

test("on a phone every operation opens without making the page wider than the screen", async () => {
  const page = await open(NARROW);
  for (const id of ["createCharacter", "worldEvents", "inventory"]) {
    const block = blockOf(page, known(id));
    await block.locator(".opblock-summary-control").click();
    await block.locator(".responses-wrapper").waitFor();
  }
  await keepScreenshot(page, "api-docs-narrow");
  const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(content <= screen, `${content} of ${screen} pixels`);
  assert.deepEqual(page.problems, []);
});
