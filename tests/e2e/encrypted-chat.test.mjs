// Party chat and whispers that the server cannot read, by the built package under Node.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { inRoot } from "../../scripts/lib/paths.mjs";
import { PASSWORD, freshName } from "./support/rest.mjs";
import { startServer } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const { ShardlinkClient } = await import(pathToFileURL(inRoot("dist/npm/node.js")).href);

const PHRASE = "the cat sleeps on the anvil";
const SECRET = "meet me under the Nexus at midnight";

let server;
const clients = [];
before(async () => (server = await startServer()));
after(async () => {
  for (const { client } of clients) client.dispose();
  await server.stop();
});

/** Somebody in the world, with what it hears. */
async function player() {
  const client = new ShardlinkClient({ url: server.url, storage: "none" });
  const name = freshName("seal");
  await client.signUp(name, PASSWORD);
  await client.signIn(name, PASSWORD);
  const { races, classes, factions } = await client.realm();
  const hero = await client.createCharacter({ name: name.slice(-16), race: races[0], class: classes[0], faction: factions[0].name });
  const heard = { party_chat: [], whisper: [] };
  for (const type of Object.keys(heard)) client.on(type, (message) => heard[type].push(message));
  await client.selectCharacter(hero.id);
  const one = { client, id: hero.id, heard };
  clients.push(one);
  return one;
}

async function party(leader, ...others) {
  const { party_id } = await leader.client.createParty("Sealed");
  for (const { client, id } of others) {
    await leader.client.inviteToParty(id);
    await client.acceptInvite(party_id);
  }
  return party_id;
}

/** Whether a text stands in any file that the server has written. */
const onDisk = (text) =>
  fs.readdirSync(server.dataDir, { recursive: true }).some((name) => {
    const file = path.join(server.dataDir, name);
    return fs.statSync(file).isFile() && fs.readFileSync(file).includes(text);
  });

test("who has the key reads the party's chat; nobody else does, nor the server's disk", async () => {
  const [aria, bran, cora] = [await player(), await player(), await player()];
  await party(aria, bran, cora);
  await bran.client.setPartyKey(PHRASE);

  // Nothing is said openly while its key is being set.
  void aria.client.setPartyKey(PHRASE);
  const own = await aria.client.sendPartyChat(SECRET);
  assert.equal(own.content, SECRET);
  assert.notEqual(own.encrypted, null);
  await until(() => [aria, bran, cora].every(({ heard }) => heard.party_chat.length === 1), "all hear it", 20_000);
  assert.deepEqual([aria, bran, cora].map(({ heard }) => heard.party_chat[0].content), [SECRET, SECRET, "[encrypted]"]);
  assert.equal(bran.client.getMessages("party").at(-1).content, SECRET);
  assert.equal(cora.client.getMessages("party").at(-1).content, "[encrypted]");
  assert.equal(await aria.client.getFingerprint("party").then((digits) => /^\d{5}( \d{5}){3}$/.test(digits)), true);

  // Who has no key cannot say it again as its own, nor have it said again.
  const { encrypted } = cora.heard.party_chat[0];
  const again = (who) => who.client.request("chat", { channel: "party", content: "written beside it", encrypted });
  await again(cora);
  await again(aria);
  await until(() => bran.heard.party_chat.length === 3, "both are heard", 20_000);
  for (const told of [bran.heard.party_chat, bran.client.getMessages("party"), (await bran.client.getHistory("party")).map(({ chat }) => chat)]) {
    assert.deepEqual(told.map(({ unreadable }) => unreadable?.code), [undefined, "TAMPERED", "REPLAYED"]);
    assert.deepEqual(told.map(({ content }) => content), [SECRET, "[encrypted]", "[encrypted]"]);
  }

  // Another passphrase is told apart from what was changed on its way.
  await cora.client.setPartyKey("the dog sleeps on the anvil");
  await aria.client.sendPartyChat("and bring a lamp");
  await until(() => cora.heard.party_chat.length === 4, "the next is heard", 20_000);
  assert.equal(cora.heard.party_chat[3].unreadable.code, "WRONG_KEY");

  // History is opened with the key that came since.
  await cora.client.setPartyKey(PHRASE);
  assert.deepEqual((await cora.client.getHistory("party")).map(({ chat }) => chat.content), [SECRET, "[encrypted]", "[encrypted]", "and bring a lamp"]);
  assert.equal(cora.client.getMessages("party").at(-1).content, "and bring a lamp");

  // A word that is not sealed shows that the disk is looked at rightly.
  await cora.client.sendChat("said in the open");
  await until(() => onDisk("said in the open"), "the open word is on the disk", 20_000);
  assert.ok(!onDisk(SECRET) && !onDisk("bring a lamp") && !onDisk(PHRASE));
  // What leaves the party leaves its key.
  await bran.client.leaveParty();
  await party(bran);
  const open = await bran.client.sendPartyChat("nobody has a key here");
  assert.equal(open.encrypted, null);
});

test("a whisper is sealed where there is a key, and is not sent openly by a name that may have one", async () => {
  const [aria, bran] = [await player(), await player()];
  await Promise.all([aria.client.setWhisperKey(bran.id, PHRASE), bran.client.setWhisperKey(aria.id, PHRASE)]);
  const own = await aria.client.sendWhisper(bran.id, SECRET);
  assert.equal(own.content, SECRET);
  await until(() => bran.heard.whisper.length === 1, "the whisper is heard", 20_000);
  assert.equal(bran.heard.whisper[0].content, SECRET);
  assert.notEqual(bran.heard.whisper[0].encrypted, null);
  await assert.rejects(aria.client.sendWhisper("Somebody", SECRET), { code: "INVALID_FIELD", field: "recipient" });
  assert.ok(!onDisk(SECRET));
});
