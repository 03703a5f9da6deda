// The characters of an account: made, listed, looked at, deleted.
import { ShardlinkClient } from "../../dist/npm/node.js"; // in your game: from "shardlink"

const url = process.argv[2] ?? "http://localhost:8787";
const client = new ShardlinkClient({ url, storage: "none" });
const name = `aria-${crypto.randomUUID().slice(0, 8)}`;

try {
  await client.signUp(name, "correct horse");
  await client.signIn(name, "correct horse");

  const { races, classes, factions } = await client.realm(); // what there is to choose from
  console.log("races:", races.join(", "));
  console.log("classes:", classes.join(", "));
  console.log("factions:", factions.map((faction) => faction.name).join(", "));

  const wanted = { name, race: races[1], class: classes[1], faction: factions[1].name };
  const hero = await client.createCharacter(wanted);
  console.log(`created: ${hero.name}, level ${hero.progression.level}, dexterity ${hero.stats.dexterity}`); // the server rolls the stats

  // Names are unique in the realm, so a player has to be asked again.
  try {
    await client.createCharacter(wanted);
  } catch (error) {
    if (error.code !== "NAME_TAKEN") throw error;
    console.log("refused:", error.message);
  }
  // A refusal of a field says which.
  try {
    await client.createCharacter({ ...wanted, name: "" });
  } catch (error) {
    if (error.code !== "INVALID_FIELD") throw error;
    console.log(`refused (${error.field}):`, error.message);
  }

  const { items } = await client.getInventory(hero.id);
  console.log("holds:", items.length, "items");

  for (const one of await client.getCharacters()) {
    await client.deleteCharacter(one.id); // for good
    console.log("deleted:", one.name);
  }
  await client.deleteAccount("correct horse"); // with whatever it still has
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  client.dispose();
}
