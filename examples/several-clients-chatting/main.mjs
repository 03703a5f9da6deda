// Three players in one process, on every channel but the party's.
import { ShardlinkClient } from "../../dist/npm/node.js"; // in your game: from "shardlink"

const url = process.argv[2] ?? "http://localhost:8787";
const players = [];

/** Somebody in the world, who prints what it hears from others. */
async function join(prefix, faction) {
  const client = new ShardlinkClient({ url, storage: "none" });
  const name = `${prefix}-${crypto.randomUUID().slice(0, 8)}`;
  const player = { client, name, heard: 0 };
  players.push(player);
  await client.signUp(name, "correct horse");
  await client.signIn(name, "correct horse");
  const { races, classes, factions } = await client.realm();
  const hero = await client.createCharacter({ name, race: races[0], class: classes[0], faction: factions[faction].name });
  for (const type of ["chat", "faction_chat", "whisper"]) {
    client.on(type, ({ channel, sender_id, sender_name, content }) => {
      if (sender_id === hero.id) return; // one hears oneself too, in the order that all hear
      console.log(`${prefix} hears (${channel}) ${sender_name.split("-")[0]}: ${content}`);
      player.heard += 1;
    });
  }
  await client.selectCharacter(hero.id);
  return player;
}

try {
  const aria = await join("aria", 0);
  const bran = await join("bran", 0);
  const cora = await join("cora", 1); // of another faction

  await aria.client.sendChat("Hello, everybody!");
  await bran.client.sendFactionChat("Only ours hear this.");
  await cora.client.sendWhisper(aria.name, "And only you hear this.");
  try {
    await aria.client.sendWhisper("Nobody At All", "Are you there?");
  } catch (error) {
    if (error.code !== "NOT_FOUND" && error.code !== "RECIPIENT_OFFLINE") throw error;
    console.log("whisper refused:", error.message);
  }

  // Sent is not yet heard: others hear it a moment later.
  while (aria.heard < 2 || bran.heard < 1 || cora.heard < 1) await new Promise((resolve) => setTimeout(resolve, 50));
  const last = aria.client.getMessages("global").at(-1); // what a game would show
  console.log("the last line:", last.content);
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const { client } of players) client.dispose();
}
