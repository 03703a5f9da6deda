// An account, a character, the world, a word, and out again.
import { ShardlinkClient } from "../../dist/npm/node.js"; // in your game: from "shardlink"

const url = process.argv[2] ?? "http://localhost:8787";
const name = process.argv[3] ?? `aria-${crypto.randomUUID().slice(0, 8)}`;
const password = "correct horse"; // a real game asks its player; it never leaves this process

const client = new ShardlinkClient({ url, storage: "none" }); // in a page the session outlives a reload
client.on("status", ({ state, reason }) => console.log("status:", reason ?? state));

try {
  try {
    await client.signUp(name, password);
    console.log("signed up:", name);
  } catch (error) {
    if (error.code !== "NAME_TAKEN") throw error; // then it is ours, or signing in is refused
  }
  const session = await client.signIn(name, password);
  console.log("signed in: player", session.playerId);

  let [hero] = await client.getCharacters();
  if (!hero) {
    const { races, classes, factions } = await client.realm();
    hero = await client.createCharacter({ name, race: races[0], class: classes[0], faction: factions[0].name });
    console.log("created:", hero.name, "the", hero.race, hero.class);
  }

  await client.selectCharacter(hero.id); // resolves once it stands in the world
  const { locations } = await client.realm();
  console.log("entered:", locations.find(({ id }) => id === client.self.location_id).name);

  const said = await client.sendChat("Hello, world!"); // resolves once it is delivered
  console.log("said:", said.content);

  await client.signOut();
} catch (error) {
  console.error(`${error.code}: ${error.message}`); // the message is a sentence for the player
  process.exitCode = 1;
} finally {
  client.dispose(); // closes the connection, so that the process can end
}
