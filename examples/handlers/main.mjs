// What a game hears, and how it stops hearing it.
import { ShardlinkClient } from "../../dist/npm/node.js"; // in your game: from "shardlink"

const url = process.argv[2] ?? "http://localhost:8787";
const aria = new ShardlinkClient({ url, storage: "none" });
const bran = new ShardlinkClient({ url, storage: "none" });

/** Signs somebody up and in, and makes a character. */
async function makeHero(client, prefix) {
  const name = `${prefix}-${crypto.randomUUID().slice(0, 8)}`;
  await client.signUp(name, "correct horse");
  await client.signIn(name, "correct horse");
  const { races, classes, factions } = await client.realm();
  return client.createCharacter({ name, race: races[0], class: classes[0], faction: factions[0].name });
}

/** The next message of a type. */
const next = (client, type) => new Promise((resolve) => client.once(type, resolve));

// Handlers may be set before one enters; then nothing is missed.
aria.on("status", ({ state, reason }) => console.log("status:", reason ?? state));
aria.on("player_joined_area", ({ character_name }) => console.log("comes:", character_name));
aria.on("player_left_area", ({ character_id }) => console.log("goes:", character_id));
aria.on("emote", ({ emote }) => console.log("gesture:", emote));
aria.on("position_correction", ({ position }) => console.log("corrected to:", position.x, position.y));
aria.on("error", ({ code, message }) => console.log("told by the server:", code, message)); // answers no request
// One handler that throws costs the others nothing. Unheard, its error would be reported as uncaught.
aria.on("handler_error", ({ error, event }) => console.log(`a handler of ${event} threw:`, error.message));
aria.on("chat", () => { throw new Error("a mistake of the game"); });
const stopListening = aria.on("chat", ({ sender_name, content }) => console.log(`${sender_name}: ${content}`));

try {
  const hero = await makeHero(aria, "aria");
  const friend = await makeHero(bran, "bran");
  await aria.selectCharacter(hero.id);

  const joined = next(aria, "player_joined_area");
  await bran.selectCharacter(friend.id);
  await joined;

  const waved = next(aria, "emote");
  await bran.emote("wave");
  await waved;

  const heard = next(aria, "chat");
  await bran.sendChat("Do you hear me?");
  await heard;
  stopListening(); // what `on` returned
  await aria.sendChat("Nobody prints this.");

  const corrected = next(aria, "position_correction");
  aria.sendPositionUpdate({ x: 400, y: 0 }, { x: 0, y: 0 }); // farther than one can walk
  await corrected;

  const left = next(aria, "player_left_area");
  await bran.leaveWorld();
  await left;
  await aria.leaveWorld();
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  aria.dispose();
  bran.dispose();
}
