// A whole game on a canvas: sign in, walk with the keys, see the others.
import { ShardlinkClient } from "shardlink";

const url = new URLSearchParams(location.search).get("server") ?? "http://localhost:8787";
const client = new ShardlinkClient({ url, storage: "session" }); // two tabs are two players
const canvas = document.querySelector("canvas");
const context = canvas.getContext("2d");
const form = document.querySelector("form");
const tell = (text) => (document.querySelector("#status").textContent = text);

const SCALE = 30; // pixels a metre
const KEYS = {
  ArrowUp: [0, 1], KeyW: [0, 1], ArrowDown: [0, -1], KeyS: [0, -1],
  ArrowLeft: [-1, 0], KeyA: [-1, 0], ArrowRight: [1, 0], KeyD: [1, 0],
};
const held = new Set();
const waving = new Map(); // a character's id → until when it is shown to wave
let position = { x: 0, y: 0 };
let before = performance.now();

/** Signs in; who is new signs up first. */
async function signIn(name, password) {
  try {
    await client.signUp(name, password);
  } catch (error) {
    if (error.code !== "NAME_TAKEN") throw error; // an account of before, or somebody else's: signing in tells
  }
  await client.signIn(name, password);
}

/** Enters the world with the account's first character, which has the account's name. */
async function enter({ username }) {
  const { races, classes, factions } = await client.realm();
  const [known] = await client.getCharacters();
  const hero = known ?? (await client.createCharacter({ name: username, race: races[0], class: classes[0], faction: factions[0].name }));
  await client.selectCharacter(hero.id);
  form.hidden = true;
  document.querySelector("#help").hidden = false;
}

client.on("status", ({ state, reason, resumed }) => {
  tell(reason ?? { connecting: "On the way …", connected: client.self?.character_name ?? "Connected", reconnecting: "Lost, trying again …", closed: "Gone" }[state]);
  if (state === "connected" && !resumed && client.self) position = client.self.position; // entered anew
  if (state === "closed") form.hidden = false; // final: let the player decide
});
client.on("position_correction", (correction) => (position = correction.position)); // go on from there
client.on("emote", ({ character_id }) => waving.set(character_id, performance.now() + 2_000));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, password } = Object.fromEntries(new FormData(form));
  form.querySelector("button").disabled = true; // once is enough
  try {
    tell("A moment …");
    await signIn(name, password);
    await enter({ username: name });
  } catch (error) {
    tell(error.message); // a sentence for the player
  } finally {
    form.querySelector("button").disabled = false;
  }
});

addEventListener("keydown", ({ code, target, repeat }) => {
  if (target instanceof HTMLInputElement) return;
  if (KEYS[code]) held.add(code);
  if (code === "Space" && !repeat && client.self) client.emote("wave").catch((error) => tell(error.message));
});
addEventListener("keyup", ({ code }) => held.delete(code));
addEventListener("blur", () => held.clear()); // no keyup comes from another window

/** Walks as the keys say, and tells the server; at every frame. */
function walk(seconds) {
  const me = client.self;
  if (!me) return;
  let [dx, dy] = [0, 0];
  for (const code of held) [dx, dy] = [dx + KEYS[code][0], dy + KEYS[code][1]];
  const length = Math.hypot(dx, dy) || 1; // diagonally one is no faster
  const velocity = { x: (dx / length) * me.speed, y: (dy / length) * me.speed };
  position = { x: position.x + velocity.x * seconds, y: position.y + velocity.y * seconds };
  client.sendPositionUpdate(position, velocity);
}

function draw() {
  [canvas.width, canvas.height] = [innerWidth, innerHeight];
  const at = ({ x, y }) => [innerWidth / 2 + (x - position.x) * SCALE, innerHeight / 2 - (y - position.y) * SCALE];
  context.strokeStyle = "#2a3040"; // a grid of 5 m, so that one sees oneself walk
  for (let line = -500; line <= 500; line += 5) {
    const [x, y] = at({ x: line, y: line });
    if (x >= 0 && x <= innerWidth) context.strokeRect(x, 0, 0, innerHeight);
    if (y >= 0 && y <= innerHeight) context.strokeRect(0, y, innerWidth, 0);
  }
  const me = client.self;
  if (!me) return;
  for (const other of client.getNearbyPlayers()) figure(other, at(other.position), "#e0a458");
  figure(me, at(position), "#6fb7ff");
}

function figure({ character_id, character_name }, [x, y], colour) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, 10, 0, 2 * Math.PI);
  context.fill();
  context.font = "14px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillText(character_name + (waving.get(character_id) > performance.now() ? " waves" : ""), x, y - 18);
}

function frame(now) {
  const seconds = Math.min(Math.max(now - before, 0) / 1000, 0.1); // a tab that slept does not leap
  before = now;
  walk(seconds);
  draw();
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

// After a reload the session is still there.
client.restore().then(
  (session) => (session ? enter(session) : (form.hidden = false)),
  (error) => tell(error.message),
).catch((error) => tell(error.message));
