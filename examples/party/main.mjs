// A party: founded, invited into, spoken in, led and left.
import { ShardlinkClient } from "../../dist/npm/node.js"; // in your game: from "shardlink"

const url = process.argv[2] ?? "http://localhost:8787";
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
  return { client, name, id: hero.id };
}

const show = (party) => party?.members.map((member) => member.character_name.split("-")[0] + (member.is_leader ? "*" : "")).join(", ") ?? "none";

try {
  const [aria, bran] = await Promise.all([join("aria"), join("bran")]);
  aria.client.on("party", ({ party }) => console.log("aria's party:", show(party))); // every change; null: none

  // A real game asks its player.
  const accepted = new Promise((resolve, reject) => {
    bran.client.on("invitation", ({ party_id, inviter_name, seconds_left }) => {
      console.log(`bran is invited by ${inviter_name.split("-")[0]} for ${Math.round(seconds_left / 60)} minutes`);
      bran.client.acceptInvite(party_id).then(resolve, reject);
    });
  });
  const heard = new Promise((resolve) => bran.client.on("party_chat", resolve));

  await aria.client.createParty("The Two");
  await aria.client.inviteToParty(bran.name); // by name or id; who is not here is refused: RECIPIENT_OFFLINE
  await accepted;

  await aria.client.sendPartyChat("Who is ready?");
  console.log("bran hears:", (await heard).content);

  try {
    await bran.client.setLootSharing("roll");
  } catch (error) {
    if (error.code !== "NOT_LEADER") throw error;
    console.log("bran is refused:", error.message);
  }
  await aria.client.promote(bran.id);
  console.log("loot:", (await bran.client.setLootSharing("roll")).loot_sharing);

  await aria.client.leaveParty();
  console.log("aria is in", aria.client.getParty() ?? "no party");
  await bran.client.disbandParty();
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const client of clients) client.dispose();
}
