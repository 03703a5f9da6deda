// Two real browsers meet in the demo.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keepScreenshot, serverAndBrowser } from "./support/browser.mjs";
import { nearby, play as enterDemo, waitUntil } from "./support/demo.mjs";
import { startServer } from "./support/server.mjs";

const stage = serverAndBrowser();

const play = (faction, url = stage.server.url) => enterDemo(stage.browser, url, faction);

test("one walks and the other sees it; one speaks and the other reads it; one closes and the other sees it leave", async () => {
  const aria = await play("Moonlit Circle");
  const bran = await play("Crimson Covenant");
  await nearby(aria.page, bran.name).waitFor();
  await nearby(bran.page, aria.name).waitFor();

  const position = async () => Number(await nearby(bran.page, aria.name).getAttribute("data-x"));
  assert.ok(Math.abs(await position()) < 0.5);
  await aria.page.getByTestId("world-canvas").focus();
  await aria.page.keyboard.down("ArrowRight");
  await waitUntil("the other sees the walk", async () => (await position()) > 3);
  await aria.page.keyboard.up("ArrowRight");
  // Both agree on where it stopped.
  await waitUntil("both agree", async () => {
    const own = Number((await aria.page.getByTestId("self-position").textContent()).split(",")[0]);
    return Math.abs(own - (await position())) < 0.2;
  });

  await aria.page.getByTestId("chat-input").fill("Well met, <b>traveller</b>!");
  await aria.page.getByTestId("chat-send").click();
  const line = bran.page.getByTestId("chat-line").filter({ hasText: "Well met, <b>traveller</b>!" });
  await line.waitFor();
  assert.match(await line.textContent(), new RegExp(aria.name));
  await bran.page.getByTestId("chat-input").fill("Hello to you");
  await bran.page.getByTestId("chat-input").press("Enter");
  await aria.page.getByTestId("chat-line").filter({ hasText: "Hello to you" }).waitFor();
  assert.equal(await aria.page.getByTestId("chat-line").filter({ hasText: "Well met" }).count(), 1);

  await keepScreenshot(bran.page, "two-browsers");
  await aria.page.close();
  await nearby(bran.page, aria.name).waitFor({ state: "detached" });
  assert.deepEqual(aria.page.problems, []);
  assert.deepEqual(bran.page.problems, []);
  await bran.page.close();
});

test("a reload is still signed in and back in the world", async () => {
  const { page } = await play("Golden Order");
  await page.reload();
  await page.getByTestId("world-canvas").waitFor();
  await page.getByTestId("location-name").getByText("The Nexus").waitFor();
  await page.getByTestId("logout").click();
  await page.getByTestId("auth-username").waitFor();
  await page.reload();
  await page.getByTestId("auth-username").waitFor();
  assert.deepEqual(page.problems, []);
});

test("a connection that is lost shows a banner and comes back after the server does", async () => {
  const lone = await startServer();
  const player = await play("Iron Brotherhood", lone.url);
  await lone.kill9();
  const { page } = player;
  await page.getByTestId("connection-banner").waitFor({ state: "visible" });
  const again = await startServer({ dataDir: lone.dataDir, env: { PORT: new URL(lone.url).port } });
  await page.getByTestId("connection-banner").waitFor({ state: "hidden", timeout: 40_000 });
  await page.getByTestId("chat-input").fill("back again");
  await page.getByTestId("chat-send").click();
  await page.getByTestId("chat-line").filter({ hasText: "back again" }).waitFor();
  await page.close();
  await again.stop();
});
