// What can be asked about the world, most of it without an account.
import { ShardlinkClient } from "../../dist/npm/node.js"; // in your game: from "shardlink"

const url = process.argv[2] ?? "http://localhost:8787";
const client = new ShardlinkClient({ url, storage: "none", timeout: 10_000 });

try {
  // What does not change: places, factions, races. Asked once, then kept.
  const { locations, bounds } = await client.realm();
  console.log(`${locations.length} locations, each from ${bounds.min} to ${bounds.max} m`);
  const safest = locations.filter(({ safe }) => safe).map((location) => location.name);
  console.log("safe:", safest.join(", "));

  // What changes. In the world on("world_state") tells it, and nobody has to ask.
  const world = await client.getWorldState();
  console.log(`${world.active_players} players, reality ${world.current_reality}, ${world.reality_stability} % stable`);
  const shards = await client.getShardStatus();
  const held = shards.filter((shard) => shard.is_captured);
  console.log(`${shards.length} shards, ${held.length} held`);

  // The log of the realm, a page at a time; here two at most.
  let page = await client.getEvents({ limit: 5 });
  console.log(page.events.length === 0 ? "nothing has happened yet" : page.events.map((event) => event.title).join("; "));
  if (page.next_cursor) page = await client.getEvents({ limit: 5, cursor: page.next_cursor });

  // Whatever takes too long can be given up.
  try {
    await client.getWorldState({ signal: AbortSignal.abort() });
  } catch (error) {
    if (error.code !== "ABORTED") throw error;
    console.log("given up:", error.message);
  }

  // Who is here, and how far away the server is, is told in the world alone.
  console.log("nearby, outside of the world:", client.getNearbyPlayers().length);
  try {
    await client.ping();
  } catch (error) {
    if (error.code !== "NOT_CONNECTED") throw error;
    console.log("ping:", error.message);
  }
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  client.dispose();
}
