// A bot: it walks in a square around the entrance, and answers who greets it. Ctrl-C ends it.
import { ShardlinkClient } from "../../dist/npm/node.js"; // in your game: from "shardlink"

const url = process.argv[2] ?? "http://localhost:8787";
const name = process.argv[3] ?? `bot-${crypto.randomUUID().slice(0, 8)}`;
const CORNERS = [{ x: 3, y: 0 }, { x: 3, y: 3 }, { x: 0, y: 3 }, { x: 0, y: 0 }];
const STEP_MS = 50; // the client sends no more often than it has to

const client = new ShardlinkClient({ url, storage: "none" });
let position = { x: 0, y: 0 };
let corner = 0;
let timer;

/** One step towards the next corner. */
function walk() {
  const me = client.self;
  if (!me) return;
  const to = CORNERS[corner];
  const [dx, dy] = [to.x - position.x, to.y - position.y];
  const left = Math.hypot(dx, dy);
  const step = (me.speed / 2) * (STEP_MS / 1000); // a stroll
  if (left <= step) {
    position = to;
    corner = (corner + 1) % CORNERS.length;
  } else {
    position = { x: position.x + (dx / left) * step, y: position.y + (dy / left) * step };
  }
  client.sendPositionUpdate(position); // without a velocity: the client measures it
}

client.on("position_correction", (correction) => (position = correction.position)); // go on from there
client.on("status", ({ state, reason, resumed }) => {
  console.log("status:", reason ?? state);
  // Entered anew: at the entrance, wherever one was before.
  if (state === "connected" && !resumed) position = client.self?.position ?? position;
  if (state === "closed") stop(); // final: nothing is tried any more
});
client.on("chat", async ({ sender_id, sender_name, content }) => {
  if (sender_id === client.self?.character_id || !/\b(hello|hi)\b/i.test(content)) return;
  try {
    await client.sendWhisper(sender_id, `Hello, ${sender_name}!`);
    console.log("greeted", sender_name);
  } catch (error) {
    console.log("not greeted:", error.message); // gone already, or too many at once
  }
});

function stop() {
  clearInterval(timer);
  client.dispose();
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);

try {
  await client.signUp(name, "correct horse").catch((error) => {
    if (error.code !== "NAME_TAKEN") throw error; // a bot of before
  });
  await client.signIn(name, "correct horse");
  const { races, classes, factions } = await client.realm();
  const [known] = await client.getCharacters();
  const hero = known ?? (await client.createCharacter({ name, race: races[0], class: classes[0], faction: factions[0].name }));
  await client.selectCharacter(hero.id);
  console.log("walking as", hero.name);
  timer = setInterval(walk, STEP_MS);
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
  stop();
}
