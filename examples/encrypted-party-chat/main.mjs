// A party whose chat the server cannot read: who has the passphrase reads it, nobody else does.
import { ShardlinkClient } from "../../dist/npm/node.js"; // in your game: from "shardlink"

const url = process.argv[2] ?? "http://localhost:8787";
// Agreed upon where the server does not listen: by voice, or in another messenger.
const passphrase = "the cat sleeps on the anvil";
const clients = [];

/** Somebody in the world. */
async function join(prefix) {
  const client = new ShardlinkClient({ url, storage: "none" });
  clients.push(client);
  const name = `${prefix}-${crypto.randomUUID().slice(0, 8)}`;
  await client.signUp(name, "correct horse");
  await client.signIn(name, "correct horse");
  const { races, classes, factions } = await client.realm();
  const hero = await client.createCharacter({ name, race: races[0], class: classes[0], faction: factions[0].name });
  await client.selectCharacter(hero.id);
  return { client, id: hero.id };
}

const next = (client, type) => new Promise((resolve) => client.once(type, resolve));

try {
  const [aria, bran, cora] = await Promise.all([join("aria"), join("bran"), join("cora")]);
  const { party_id } = await aria.client.createParty("The Sealed");
  for (const { client, id } of [bran, cora]) {
    await aria.client.inviteToParty(id);
    await client.acceptInvite(party_id);
  }

  // Stretching the passphrase takes a moment. Cora is not told it.
  await Promise.all([aria.client.setPartyKey(passphrase), bran.client.setPartyKey(passphrase)]);
  const heard = Promise.all([next(bran.client, "party_chat"), next(cora.client, "party_chat")]);
  await aria.client.sendPartyChat("Meet me under the Nexus.");
  const [byBran, byCora] = await heard;
  console.log("bran reads:", byBran.content);
  console.log("cora reads:", byCora.content);

  // With the wrong passphrase the game can say why. Show text as text, never as HTML.
  await cora.client.setPartyKey("the dog sleeps on the anvil");
  const second = Promise.all([next(aria.client, "party_chat"), next(cora.client, "party_chat")]);
  await bran.client.sendPartyChat("Bring a lamp.");
  const [byAria, { unreadable }] = await second;
  console.log("aria reads:", byAria.content);
  console.log("cora is told:", unreadable?.message);

  // Who have heard each other by one passphrase have one fingerprint: players compare it aloud.
  const [ofAria, ofBran, ofCora] = await Promise.all([aria, bran, cora].map(({ client }) => client.getFingerprint("party")));
  console.log("fingerprints:", ofAria === ofBran ? "alike" : "NOT alike", "and", ofAria === ofCora ? "alike" : "another");
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const client of clients) client.dispose();
}
