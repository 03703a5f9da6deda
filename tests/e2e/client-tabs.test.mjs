// Two tabs share a session by their store: the newest is in the world, and the session lives on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { inRoot } from "../../scripts/lib/paths.mjs";
import { PASSWORD, freshName } from "./support/rest.mjs";
import { startServer } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const { ShardlinkClient } = await import(pathToFileURL(inRoot("dist/npm/node.js")).href);

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

/** What tabs of one origin share. */
function sharedStore() {
  const kept = new Map();
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value), removeItem: (key) => void kept.delete(key) };
}

test("a tab that enters puts the other out of the world, and neither is signed out", async () => {
  const storage = sharedStore();
  const tab = () => new ShardlinkClient({ url: server.url, storage });
  const first = tab();
  const name = freshName("tabs");
  await first.signUp(name, PASSWORD);
  await first.signIn(name, PASSWORD);
  const { races, classes, factions } = await first.realm();
  const hero = await first.createCharacter({ name: name.slice(-16), race: races[0], class: classes[0], faction: factions[0].name });
  await first.selectCharacter(hero.id);

  const second = tab();
  assert.equal((await second.restore()).username, name);
  await second.selectCharacter(hero.id);
  await until(() => first.status.state === "closed", "the first tab is out of the world", 20_000);
  assert.equal(first.status.code, 4002);
  assert.equal(second.status.state, "connected");

  // Whatever the first tab asked meanwhile, a reload of either still finds the session.
  await first.getCharacters();
  assert.equal(storage.kept.size, 1);
  const reloaded = tab();
  assert.equal((await reloaded.restore()).username, name);

  // A sign-in elsewhere does end it.
  const elsewhere = new ShardlinkClient({ url: server.url, storage: "none" });
  await elsewhere.signIn(name, PASSWORD);
  await until(() => second.status.state === "closed", "the second tab is out of the world", 20_000);
  await until(() => storage.kept.size === 0, "the session is forgotten", 20_000);
  assert.equal(await reloaded.restore(), null);
  for (const client of [first, second, reloaded, elsewhere]) client.dispose();
});
