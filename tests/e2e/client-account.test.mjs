// The npm package's account methods, as a page uses them: no password leaves the browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serverAndBrowser } from "./support/browser.mjs";
import { PASSWORD, freshName, rest } from "./support/json-client.mjs";

const stage = serverAndBrowser();

test("an account is made, looked into, given another password and deleted, and no request holds a password", async () => {
  const page = await stage.browser.newPage();
  const sent = [];
  page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
  await page.goto(stage.server.url);
  const changed = "another horse";
  const outcome = await page.evaluate(
    async ({ username, password, changed, name }) => {
      const { ShardlinkClient } = await import("/shardlink/shardlink.js");
      const client = new ShardlinkClient({ storage: "none" });
      const refusal = (promise) => promise.then(() => undefined, (error) => error.code);
      await client.register(username, password);
      await client.connect(username, password);
      const hero = await client.createCharacter({ name, race: "Elf", class: "Rogue", faction: "Shadowborn" });
      const inventory = await client.getInventory(hero.id);
      const foreign = await refusal(client.getInventory(hero.id - 1));
      const events = await client.getEvents({ limit: 1 });
      const badPage = await refusal(client.getEvents({ limit: 0 }));
      const wrong = await refusal(client.changePassword("not the password", changed));
      await client.changePassword(password, changed);
      // The session goes on.
      const characters = await client.getCharacters();
      const old = await refusal(new ShardlinkClient({ storage: "none" }).connect(username, password));
      await client.connect(username, changed);
      await client.deleteAccount(changed);
      const gone = await refusal(client.connect(username, changed));
      return { inventory, foreign, events, badPage, wrong, characters: characters.length, old, gone };
    },
    { username: freshName("user"), password: PASSWORD, changed, name: freshName() },
  );
  assert.deepEqual(outcome.inventory.items.map((item) => [item.name, item.quantity]), [["Healing Potion", 3], ["Twin Daggers", 1]]);
  assert.equal(outcome.foreign, "NOT_YOUR_CHARACTER");
  assert.equal(outcome.events.events[0].event_type, "realm_started");
  assert.equal(outcome.badPage, "INVALID_FIELD");
  assert.equal(outcome.wrong, "BAD_CREDENTIALS");
  assert.equal(outcome.characters, 1);
  assert.equal(outcome.old, "BAD_CREDENTIALS");
  assert.equal(outcome.gone, "BAD_CREDENTIALS");
  for (const password of [PASSWORD, changed]) {
    assert.deepEqual(sent.filter((request) => request.includes(password) || request.includes(encodeURIComponent(password))), []);
  }
  assert.ok(sent.length > 10, `${sent.length} requests were seen`);
});

test("a name that a deleted account had can be taken again", async () => {
  const { url } = stage.server;
  const username = freshName("user");
  const register = () => rest(url, "POST", "/api/auth/register", { body: { username, password: PASSWORD } });
  assert.equal((await register()).status, 201);
  const login = await rest(url, "POST", "/api/auth/login", { body: { username, password: PASSWORD } });
  const token = login.body.session_token;
  const refused = await rest(url, "DELETE", "/api/auth/account", { token, body: { password: "not the password" } });
  assert.equal(refused.status, 401);
  assert.equal((await rest(url, "DELETE", "/api/auth/account", { token, body: { password: PASSWORD } })).status, 200);
  assert.equal((await register()).status, 201);
});
