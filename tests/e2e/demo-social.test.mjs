// Parties, whispers, invitations and mutes in the demo, in real browsers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keepScreenshot, serverAndBrowser } from "./support/browser.mjs";
import { nearby, play, waitUntil } from "./support/demo.mjs";
import { enterWorld } from "./support/json-client.mjs";

const stage = serverAndBrowser();

const PHONE = { viewport: { width: 375, height: 720 }, hasTouch: true, isMobile: true };

/** Its pages draw five times a second: nobody looks at the maps, and three of them keep two cores busy. */
const slowly = {
  async newPage(options) {
    const page = await stage.browser.newPage(options);
    await page.addInitScript(() => {
      const draw = globalThis.requestAnimationFrame;
      globalThis.requestAnimationFrame = (frame) => setTimeout(() => draw(frame), 200);
    });
    return page;
  },
};

const member = (page, name) => page.locator(`[data-testid=party-member][data-name="${name}"]`);
const invitation = (page, from) => page.locator(`[data-testid=invitation][data-from="${from}"]`);
const line = (page, text) => page.getByTestId("chat-line").filter({ hasText: text });
const tab = (page, channel) => page.getByTestId(`chat-tab-${channel}`);

async function say(page, text) {
  await page.getByTestId("chat-input").fill(text);
  await page.getByTestId("chat-input").press("Enter");
}

/** What stands out of the window, or under something else, though it is shown. */
const misplaced = (page) =>
  page.evaluate(() => {
    const shown = [...document.querySelectorAll("#view-world :is(button, input, select, .place-card, .self)")].filter((node) => node.checkVisibility());
    return shown
      .filter((node) => {
        const { left, top, right, bottom } = node.getBoundingClientRect();
        if (left < -0.5 || right > innerWidth + 0.5) return true;
        const scrolls = node.closest(".chat-log, .nearby-list, .party-list, .panel.party");
        if (scrolls) return false;
        if (top < -0.5 || bottom > innerHeight + 0.5) return true;
        const above = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
        return !(node.contains(above) || above?.contains(node) || above?.closest("label")?.contains(node));
      })
      .map((node) => `${node.id || node.className} ${JSON.stringify(node.getBoundingClientRect())}`);
  });

test("a party is made by an invitation, talks, is led by another and ends; a whisper and a mute", async () => {
  const aria = await play(stage.browser, stage.server.url, "Moonlit Circle");
  const bran = await play(stage.browser, stage.server.url, "Crimson Covenant", PHONE);
  await nearby(aria.page, bran.name).waitFor();

  // A gesture is seen by the other, and one that there is not is said to be none.
  await say(aria.page, "/wave");
  const gesture = (page) => page.getByTestId("gesture").filter({ hasText: `${aria.name} waves.` });
  await gesture(aria.page).waitFor();
  await gesture(bran.page).waitFor({ state: "attached" });
  await keepScreenshot(aria.page, "gesture");
  await say(aria.page, "/explode");
  await aria.page.getByText("There is no such emote").waitFor();
  await aria.page.getByTestId("chat-input").fill("");

  // Aria invites whom she sees; the party is made for that.
  await nearby(aria.page, bran.name).getByTestId("nearby-actions").click();
  await keepScreenshot(aria.page, "player-menu");
  await aria.page.getByTestId("menu-invite").click();
  const card = invitation(bran.page, aria.name);
  await card.waitFor();
  const left = await card.getByTestId("invitation-left").textContent();
  assert.match(left, /^(5:00|4:5\d) left$/);
  await keepScreenshot(bran.page, "invitation-phone");
  assert.deepEqual(await misplaced(bran.page), []);
  await waitUntil("the time runs", async () => (await card.getByTestId("invitation-left").textContent()) !== left);
  await card.getByTestId("invitation-accept").click();
  await card.waitFor({ state: "detached" });
  await member(aria.page, bran.name).waitFor();
  assert.equal(await member(aria.page, aria.name).getAttribute("data-leader"), "true");
  assert.equal(await member(aria.page, bran.name).getAttribute("data-online"), "true");

  // They talk in the party, and Bran's tab tells him that there is something unread.
  await tab(aria.page, "party").click();
  await say(aria.page, "Only for us <b>two</b>");
  await tab(bran.page, "party").locator(".count").getByText("1", { exact: true }).waitFor();
  await keepScreenshot(bran.page, "unread-phone");
  await tab(bran.page, "party").click();
  await line(bran.page, "Only for us <b>two</b>").waitFor();
  assert.equal(await tab(bran.page, "party").locator(".count").isVisible(), false);
  await say(bran.page, "I read you");
  await line(aria.page, "I read you").waitFor();

  // Bran whispers by pressing her name; she answers where the whisper came.
  await line(bran.page, "Only for us").getByRole("button").click();
  await bran.page.getByTestId("menu-whisper").click();
  assert.equal(await bran.page.getByTestId("chat-to").inputValue(), aria.name);
  await say(bran.page, "psst");
  await tab(aria.page, "whisper").locator(".count").getByText("1", { exact: true }).waitFor();
  await tab(aria.page, "whisper").click();
  await say(aria.page, "I hear you");
  await line(bran.page, "I hear you").waitFor();
  await keepScreenshot(aria.page, "party");
  assert.deepEqual(await misplaced(aria.page), []);
  await say(aria.page, "to nobody").then(() => aria.page.getByTestId("chat-to").fill("Nobody at all"));
  await say(aria.page, "are you there?");
  await aria.page.getByTestId("chat-error").getByText("Not sent").waitFor();
  assert.equal(await aria.page.getByTestId("chat-input").inputValue(), "are you there?");
  await aria.page.getByTestId("chat-input").fill("");

  // The rule and the lead are the leader's to give.
  await aria.page.getByTestId("party-loot").selectOption("roll");
  await bran.page.locator("[data-panel=party]").click();
  await waitUntil("the rule is told", () => bran.page.getByTestId("party-loot").evaluate((select) => select.value === "roll" && select.disabled));
  assert.equal(await bran.page.getByTestId("party-disband").isVisible(), false);
  await keepScreenshot(bran.page, "party-phone");
  assert.deepEqual(await misplaced(bran.page), []);
  await member(aria.page, bran.name).getByTestId("member-actions").click();
  await aria.page.getByTestId("menu-promote").click();
  await waitUntil("Bran leads", async () => (await member(bran.page, bran.name).getAttribute("data-leader")) === "true");
  await bran.page.getByTestId("party-disband").waitFor();

  // Muted, she is heard no more, also after a reload, and heard again when he likes.
  await bran.page.locator("[data-panel=nearby]").click();
  await nearby(bran.page, aria.name).getByTestId("nearby-actions").click();
  await bran.page.getByTestId("menu-mute").click();
  await bran.page.getByTestId("muted").first().waitFor({ state: "attached" });
  await tab(aria.page, "global").click();
  await say(aria.page, "you do not hear this");
  await line(aria.page, "you do not hear this").waitFor();
  await bran.page.reload();
  await bran.page.getByTestId("location-name").getByText("The Nexus").waitFor();
  await bran.page.locator("[data-panel=nearby]").click();
  await bran.page.locator("#muted summary").click();
  assert.equal(await line(bran.page, "you do not hear this").count(), 0);
  await bran.page.getByTestId("muted").getByRole("button").click();
  await bran.page.locator("[data-panel=chat]").click();
  await say(aria.page, "but this");
  await line(bran.page, "but this").waitFor();
  // What was said to the party is told to who comes back to it.
  await tab(bran.page, "party").click();
  await line(bran.page, "I read you").waitFor();

  await bran.page.locator("[data-panel=party]").click();
  await bran.page.getByTestId("party-disband").click();
  await bran.page.getByTestId("confirm-ok").click();
  await member(aria.page, bran.name).waitFor({ state: "detached" });
  await aria.page.getByTestId("party-create").waitFor();
  await aria.page.close();
  await bran.page.close();
  assert.deepEqual([...aria.page.problems, ...bran.page.problems], []);
});

test("somebody elsewhere is invited by name and declines; the tabs are used by keyboard; an offline member shows as such", async () => {
  const { page, name } = await play(stage.browser, stage.server.url, "Golden Order");
  const cara = await enterWorld(stage.server.url, {});
  await page.getByTestId("party-invitee").fill("Nobody at all");
  await page.getByTestId("party-invite").click();
  await page.getByTestId("party-error").getByText("There is no such character.").waitFor();
  await page.getByTestId("party-invitee").fill(cara.character.name.toUpperCase());
  await page.getByTestId("party-invitee").press("Enter");
  const invited = await cara.socket.next("party_invite");
  assert.equal(invited.inviter_name, name);
  await cara.socket.ask({ type: "party_decline", party_id: invited.party_id });
  await page.getByTestId("party-invitee").fill(cara.character.name);
  await page.getByTestId("party-invitee").press("Enter");
  await cara.socket.next("party_invite");
  await cara.socket.ask({ type: "party_accept", party_id: invited.party_id });
  await member(page, cara.character.name).waitFor();
  await cara.socket.close();
  await waitUntil("she shows as offline", async () => (await member(page, cara.character.name).getAttribute("data-online")) === "false");
  await keepScreenshot(page, "party-offline");

  // One stop for the Tab key; arrows, Home and End choose.
  await tab(page, "global").focus();
  for (const [key, channel] of [["ArrowRight", "faction"], ["ArrowRight", "party"], ["End", "whisper"], ["ArrowRight", "global"], ["ArrowLeft", "whisper"], ["Home", "global"]]) {
    await page.keyboard.press(key);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.tab), channel);
    assert.equal(await page.getByRole("tab", { selected: true }).getAttribute("data-tab"), channel);
    assert.equal(await page.getByTestId(`chat-log-${channel}`).isVisible(), true);
  }
  // The menu closes by Escape and gives the focus back.
  await member(page, cara.character.name).getByTestId("member-actions").focus();
  await page.keyboard.press("Enter");
  await page.getByTestId("menu-kick").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "menu-whisper");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "member-actions");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await member(page, cara.character.name).waitFor({ state: "detached" });
  await page.getByTestId("party-leave").click();
  await page.getByTestId("party-create").waitFor();
  await page.close();
  assert.deepEqual(page.problems, []);
});

test("who has the party's passphrase reads what is sealed; who has it not sees that", async () => {
  const wanted = { "Moonlit Circle": { viewport: { width: 900, height: 600 } }, "Crimson Covenant": PHONE, "Golden Order": PHONE };
  const [aria, bran, cara] = await Promise.all(Object.entries(wanted).map(([faction, options]) => play(slowly, stage.server.url, faction, options)));
  for (const { page, name } of [bran, cara]) {
    await nearby(aria.page, name).getByTestId("nearby-actions").click();
    await aria.page.getByTestId("menu-invite").click();
    await invitation(page, aria.name).getByTestId("invitation-accept").click();
    await member(aria.page, name).waitFor();
  }
  // Only its own health is known to a page as long as nothing happened to others: of theirs it says nothing.
  assert.equal(await member(aria.page, aria.name).getByTestId("member-health").isVisible(), true);
  assert.equal(await member(aria.page, bran.name).getByTestId("member-health").isVisible(), false);
  const asked = [];
  aria.page.on("request", (request) => asked.push(request.url()));
  for (const { page } of [aria, bran, cara]) await tab(page, "party").click();
  await say(aria.page, "still open");
  await line(bran.page, "still open").waitFor();

  const lock = async (page, passphrase) => {
    await page.getByTestId("lock-open").click();
    await page.getByTestId("lock-passphrase").fill(passphrase);
    await page.getByTestId("lock-set").click();
  };
  await lock(aria.page, "short");
  await aria.page.getByTestId("lock-error").getByText("8 to 256 bytes").waitFor();
  await aria.page.keyboard.press("Escape");
  assert.equal(await aria.page.getByTestId("lock-open").getAttribute("data-locked"), "false");
  await lock(aria.page, "seven silver salmon");
  const fingerprint = (page) => page.getByTestId("lock-open").getByText(/^Locked · (\d{5} ?){4}$/);
  await fingerprint(aria.page).waitFor();
  assert.ok(asked.some((url) => /seal_bg.*\.wasm$/.test(url)), asked.join());

  // Heard without the passphrase, it opens when that is set.
  await say(aria.page, "meet at the shard");
  const sealed = (page, how) => page.locator(`[data-testid=chat-line][data-sealed=${how}]`);
  await sealed(bran.page, "unreadable").getByText("This is sealed").waitFor();
  await lock(bran.page, "seven silver salmon");
  await fingerprint(bran.page).waitFor();
  await sealed(bran.page, "opened").getByText("meet at the shard").waitFor();
  await say(bran.page, "I am there");
  await sealed(aria.page, "opened").getByText("I am there").waitFor();
  // The salts differ, and the digits are alike once each has heard the other.
  await waitUntil("their digits are alike", async () => {
    const [hers, his] = await Promise.all([aria, bran].map(({ page }) => page.getByTestId("lock-fingerprint").textContent()));
    return hers !== "" && hers === his;
  });
  assert.equal(await sealed(aria.page, "opened").first().getByRole("img", { name: "Sealed" }).isVisible(), true);
  assert.equal(await line(aria.page, "still open").getAttribute("data-sealed"), null);
  await keepScreenshot(bran.page, "sealed");

  await waitUntil("both are there and unreadable", async () => (await sealed(cara.page, "unreadable").count()) === 2);
  await lock(cara.page, "another passphrase");
  await sealed(cara.page, "unreadable").getByText("This was sealed with another passphrase.").first().waitFor();
  assert.equal(await sealed(cara.page, "opened").count(), 0);
  assert.deepEqual(await misplaced(cara.page), []);
  await keepScreenshot(cara.page, "sealed-phone");
  await cara.page.getByTestId("lock-open").click();
  await cara.page.getByTestId("lock-remove").click();
  await cara.page.getByTestId("lock-open").getByText("Not locked").waitFor();
  for (const { page } of [aria, bran, cara]) await page.close();
  assert.deepEqual([...aria.page.problems, ...bran.page.problems, ...cara.page.problems], []);
});
