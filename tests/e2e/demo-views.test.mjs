// How the demo shows itself: to who uses a screen reader, on a phone, at the first visit; and
// that names over heads do not blink.
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { keepScreenshot, serverAndBrowser } from "./support/browser.mjs";
import { play } from "./support/demo.mjs";

const stage = serverAndBrowser();

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds of a page as it is now that is serious or critical, as [rule, where]. */
async function violations(page) {
  // By the debugger: the page's policy lets no foreign script in.
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await globalThis.axe.run()).violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ target }) => target.join(" ")) })));
  return found.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, where }) => [id, ...where]);
}

const PHONES = [
  { width: 390, height: 844 },
  { width: 375, height: 667 },
  { width: 320, height: 568 },
];

test("axe finds nothing serious, from signing in to the open dock, and the hint is there until it is closed", async () => {
  const visitor = await stage.browser.newPage();
  await visitor.goto(stage.server.url);
  await visitor.getByTestId("auth-username").waitFor();
  assert.deepEqual(await violations(visitor), []);
  await visitor.close();

  const { page } = await play(stage.browser, stage.server.url, "Shadowborn", { viewport: PHONES[0], hasTouch: true, isMobile: true });
  const help = page.getByTestId("help");
  await help.waitFor();
  assert.match(await page.getByTestId("self-kind").textContent(), /^\S.* \S/);
  assert.deepEqual(await violations(page), []);
  await keepScreenshot(page, "help-phone");
  await page.getByTestId("help-close").click();
  assert.equal(await help.isVisible(), false);

  // By keyboard: it opens with the focus in it, and gives that back.
  await page.getByTestId("help-open").focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "help-close");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "help-open");
  assert.equal(await help.isVisible(), false);

  // On every phone at least half of the screen is free of the dock, whatever is open in it.
  for (const size of PHONES) {
    await page.setViewportSize(size);
    for (const panel of ["party", "nearby", "realm", "chat"]) {
      await page.locator(`[data-panel=${panel}]`).click();
      const { dock, across } = await page.evaluate(() => ({ dock: document.getElementById("dock").getBoundingClientRect().height, across: document.documentElement.scrollWidth }));
      assert.ok(dock <= size.height / 2, `${panel} at ${size.width}: ${dock}`);
      assert.equal(across, size.width, panel);
      if (size === PHONES[0]) assert.deepEqual(await violations(page), [], panel);
    }
  }
  await page.getByTestId("chat-input").fill("hello");
  await page.getByTestId("chat-input").press("Enter");
  await page.getByTestId("chat-line").first().waitFor();
  assert.deepEqual(await violations(page), []);

  await page.getByTestId("leave-world").click();
  const enter = page.getByTestId("char-enter");
  await enter.waitFor();
  assert.deepEqual(await violations(page), []);
  await enter.click();
  await page.getByTestId("world-canvas").waitFor();
  assert.equal(await help.isVisible(), false);
  await page.close();
  assert.deepEqual([...visitor.problems, ...page.problems], []);
});

test("names stay while their heads pass each other: none vanishes or jumps from one frame to the next", async () => {
  globalThis.document = { createElement: () => ({ getContext: () => new Proxy({}, { get: () => () => ({ width: 90 }), set: () => true }) }) };
  globalThis.devicePixelRatio = 1;
  const { Labels } = await import("../../www/game/world/labels.js");
  const labels = new Labels();
  let drawn = [];
  const context = { globalAlpha: 1, drawImage: (image, left, top) => drawn.push({ image, left, top, alpha: context.globalAlpha }) };
  const heads = (frame) => [
    { id: "own", x: 400, y: 300, name: "Own", level: 1, color: "#ffffff", own: true, gap: -1 },
    // Four who circle around at other speeds: who is nearest changes all the time.
    ...[1, 2, 3, 4].map((who) => {
      const angle = (frame / 60) * (0.6 + who * 0.13) + who;
      return { id: who, x: 400 + Math.cos(angle) * 60, y: 300 + Math.sin(angle) * 8, name: `Name ${who}`, level: who, color: "#ff0000", own: false, gap: 3 + Math.sin(angle * 3) };
    }),
  ];
  const before = new Map();
  let fewest = Infinity;
  for (let frame = 0; frame < 60 * 20; frame += 1) {
    drawn = [];
    labels.draw(context, heads(frame), frame / 60, false);
    const now = new Map(drawn.map((name) => [name.image, name]));
    for (const [image, { top, left, alpha }] of before) {
      const next = now.get(image) ?? { top, left, alpha: 0 };
      assert.ok(Math.abs(next.alpha - alpha) < 0.1, `frame ${frame}: from ${alpha} to ${next.alpha}`);
      assert.ok(Math.abs(next.top - top) < 14 && Math.abs(next.left - left) < 14, `frame ${frame}: from ${left}, ${top} to ${next.left}, ${next.top}`);
    }
    if (frame > 60) fewest = Math.min(fewest, drawn.filter(({ alpha }) => alpha === 1).length);
    before.clear();
    for (const [image, name] of now) before.set(image, name);
  }
  assert.ok(fewest >= 3, `only ${fewest} of five are shown at a time`);
});
