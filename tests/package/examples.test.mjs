// The examples, each as its README starts it, on a built server: what they print, and what one
// sees in the page.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import { after, before, test } from "node:test";
import { inRoot, root } from "../../scripts/lib/paths.mjs";
import { keepScreenshot, launchBrowser } from "../e2e/support/browser.mjs";
import { startServer } from "../e2e/support/server.mjs";
import { until } from "../e2e/support/until.mjs";
import { serveFolder } from "./support/static-server.mjs";

/** Long: a busy machine stretches passwords slowly. */
const TIMEOUT_MS = 120_000;
const WAIT_MS = 60_000;

let server;
let host;
before(async () => {
  host = await serveFolder(root);
  server = await startServer({ env: { ALLOWED_ORIGINS: host.url } });
});
after(async () => {
  await server?.stop();
  host?.close();
});

/** Starts an example: { lines, child, ended }. What it prints has no random names. */
function start(name, ...args) {
  const child = spawn(process.execPath, [`examples/${name}/main.mjs`, ...args], { cwd: root, timeout: TIMEOUT_MS });
  let text = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (part) => (text += part));
  child.stderr.setEncoding("utf8").on("data", (part) => (errors += part));
  const ended = new Promise((resolve) => child.on("close", (code) => resolve({ code, errors })));
  return { lines: () => text.replace(/-[0-9a-f]{8}\b/g, "").trimEnd().split("\n"), child, ended };
}

const PRINTS = {
  "simple-connection": [
    "signed up: aria",
    /^signed in: player \d+$/,
    "created: aria the Human Warrior",
    "status: connecting",
    "status: connected",
    "entered: The Nexus",
    "said: Hello, world!",
    "status: closed",
  ],
  handlers: [
    "status: connecting",
    "status: connected",
    "comes: bran",
    "gesture: wave",
    "a handler of chat threw: a mistake of the game",
    "bran: Do you hear me?",
    "a handler of chat threw: a mistake of the game",
    "corrected to: 0 0",
    /^goes: \d+$/,
    "status: closed",
  ],
  characters: [
    "races: Human, Elf, Dwarf, Tiefling, Dragonborn, Undead",
    /^classes: Warrior, /,
    /^factions: .*Golden Order/,
    /^created: aria, level 1, dexterity \d+$/,
    "refused: This name is taken.",
    /^refused \(name\): .*3 to 24/,
    /^holds: [1-9]\d* items$/,
    "deleted: aria",
  ],
  "world-queries": [
    "12 locations, each from -500 to 500 m",
    /^safe: The Nexus, /,
    /^\d+ players, reality \w+, \d+ % stable$/,
    "12 shards, 0 held",
    /\w/,
    "given up: The request was given up.",
    "nearby, outside of the world: 0",
    "ping: There is no connection to the world.",
  ],
  party: [
    "aria's party: aria*",
    "bran is invited by aria for 5 minutes",
    "aria's party: aria*, bran",
    "bran hears: Who is ready?",
    "bran is refused: Only the party's leader may do this.",
    "aria's party: aria, bran*",
    "aria's party: aria, bran*",
    "loot: roll",
    "aria's party: none",
    "aria is in no party",
  ],
  "encrypted-party-chat": [
    "bran reads: Meet me under the Nexus.",
    "cora reads: [encrypted]",
    "aria reads: Bring a lamp.",
    "cora is told: This was sealed with another passphrase.",
    "fingerprints: alike and another",
  ],
  "several-clients-chatting": [
    "aria hears (faction) bran: Only ours hear this.",
    "aria hears (whisper) cora: And only you hear this.",
    "bran hears (global) aria: Hello, everybody!",
    "cora hears (global) aria: Hello, everybody!",
    "the last line: Hello, everybody!",
    "whisper refused: There is no such character.",
  ],
};
/** Who hears first is chance. */
const UNORDERED = ["several-clients-chatting", "party"];

for (const [name, wanted] of Object.entries(PRINTS)) {
  test(`examples/${name} prints what it should, and ends`, { timeout: TIMEOUT_MS }, async () => {
    const { lines, ended } = start(name, server.url);
    assert.deepEqual(await ended, { code: 0, errors: "" });
    const inOrder = (all) => (UNORDERED.includes(name) ? all.toSorted() : all);
    const printed = inOrder(lines());
    // A line that is as it should be is put in the place of its pattern.
    const matched = inOrder(wanted).map((line, index) => (line instanceof RegExp && line.test(printed[index]) ? printed[index] : line));
    assert.deepEqual(printed, matched);
  });
}

test("examples/bot walks, greets who says hello, and ends when it is told to", { timeout: TIMEOUT_MS }, async () => {
  const { ShardlinkClient } = await import(inRoot("dist/npm/node.js"));
  const bot = start("bot", server.url, "bot-gardener");
  const guest = new ShardlinkClient({ url: server.url, storage: "none" });
  await guest.signUp("guest-gardener", "correct horse");
  await guest.signIn("guest-gardener", "correct horse");
  const { races, classes, factions } = await guest.realm();
  const { id } = await guest.createCharacter({ name: "Guest Gardener", race: races[0], class: classes[0], faction: factions[0].name });
  await guest.selectCharacter(id);
  const greeted = new Promise((resolve) => guest.on("whisper", resolve));
  const shown = () => guest.getNearbyPlayers().find((one) => one.character_name === "bot-gardener")?.position;
  await until(() => bot.lines().includes("walking as bot-gardener") && shown(), "the bot is seen", WAIT_MS);
  await until(() => shown()?.y > 1, "it has turned a corner", WAIT_MS);
  await guest.sendChat("Oh, hello there.");
  assert.equal((await greeted).content, "Hello, Guest Gardener!");
  guest.dispose();
  bot.child.kill("SIGTERM");
  assert.deepEqual(await bot.ended, { code: 0, errors: "" });
});

test("an example without a server says so in a sentence", { timeout: TIMEOUT_MS }, async () => {
  const nobody = await serveFolder(root);
  nobody.close();
  assert.deepEqual(await start("world-queries", nobody.url).ended, { code: 1, errors: "UNREACHABLE: The server could not be reached.\n" });
});

test("examples/canvas-game shows two players to each other, one of them walking", { timeout: TIMEOUT_MS }, async () => {
  const browser = await launchBrowser();
  try {
    const [aria, bran] = await Promise.all(["aria", "bran"].map(async (name) => {
      const page = await browser.newPage({ viewport: { width: 640, height: 400 } });
      page.setDefaultTimeout(WAIT_MS);
      await page.goto(`${host.url}/examples/canvas-game/?server=${server.url}`);
      await page.getByLabel("Name").fill(name);
      await page.getByLabel("Password").fill("correct horse");
      await page.getByRole("button", { name: "Play" }).click();
      await page.getByRole("status").getByText(name, { exact: true }).waitFor();
      return page;
    }));
    // One walks for a little; the other sees it stand to the right.
    await aria.keyboard.down("KeyD");
    await until(async () => (await otherSeen(bran)).right > 60, "the walk is seen", WAIT_MS);
    await aria.keyboard.up("KeyD");
    await until(async () => Math.abs((await otherSeen(bran)).right + (await otherSeen(aria)).right) < 12, "both agree where they are", WAIT_MS);
    // Its name grows by a word.
    const { pixels } = await otherSeen(bran);
    await aria.keyboard.press("Space");
    await until(async () => (await otherSeen(bran)).pixels > pixels + 30, "the wave is seen", WAIT_MS);
    await keepScreenshot(bran, "example-canvas-game");
    // After a reload one is in the world again without signing in.
    await aria.reload();
    await aria.getByRole("status").getByText("aria", { exact: true }).waitFor();
    await until(async () => (await otherSeen(aria)).pixels > 0, "the other is seen again", WAIT_MS);
    for (const page of [aria, bran]) assert.deepEqual(page.problems, []);
  } finally {
    await browser.close();
  }
});

/** How far to the right of oneself the other is drawn, and by how many pixels. */
function otherSeen(page) {
  return page.evaluate(() => {
    const canvas = document.querySelector("canvas");
    const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let [sum, count] = [0, 0];
    for (let at = 0; at < data.length; at += 4) {
      // #e0a458, the colour of others.
      if (data[at] !== 0xe0 || data[at + 1] !== 0xa4 || data[at + 2] !== 0x58) continue;
      sum += (at / 4) % width;
      count += 1;
    }
    return { right: sum / count - width / 2, pixels: count };
  });
}

test("every example is in the index and in a test", () => {
  const folders = fs.readdirSync(inRoot("examples"), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const index = fs.readFileSync(inRoot("examples/README.md"), "utf8");
  assert.deepEqual(folders.filter((name) => !index.includes(`](${name}/README.md)`)), []);
  assert.deepEqual(folders.toSorted(), [...Object.keys(PRINTS), "bot", "canvas-game"].toSorted());
});
