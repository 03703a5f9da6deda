// What a client of the first generation is sent, case by case: the frames as they come, without
// their envelope. By hand, after `npm run build`; it takes some 30 seconds:
//
//     node tests/figures/first-generation.mjs [--checkout DIR]
//
// With --checkout it asks another built checkout, so that before and after stand side by side.
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { JsonSocket, createCharacter, enterWorld, selectCharacter, signUp } from "../e2e/support/json-client.mjs";
import { startServer } from "../e2e/support/server.mjs";

/** What its models can parse, of what it is sent unasked. */
const UNREADABLE = ["chat_history", "pace", "position_correction", "mute"];
/** Until all that one message brings about has come. */
const SETTLED_MS = 1_500;
/** Of more frames than that the middle is not shown. */
const MOST = 8;
/** Longer than anybody is walked on in silence. */
const SILENT_MS = 4_000;

const { values } = parseArgs({ options: { checkout: { type: "string" } } });
const checkout = values.checkout && path.resolve(values.checkout);
const limits = { REGISTRATIONS_PER_ADDRESS: "1000000" };
let server = await startServer({ checkout, env: limits });

/** Somebody who offers no subprotocol. */
const veteran = () => enterWorld(server.url, undefined, []);

const ENVELOPE = ["version", "timestamp", "message_id", "priority", "seq"];
function shown(message) {
  const fields = Object.entries(message).filter(([name, value]) => !ENVELOPE.includes(name) && name !== "taken" && value !== null);
  return JSON.stringify(Object.fromEntries(fields));
}

function show(what, frames) {
  console.log(`\n${what}`);
  const lines = frames.map((frame) => `  ${shown(frame)}`);
  if (lines.length > MOST) lines.splice(MOST / 2, lines.length - MOST, `  … ${lines.length - MOST} more …`);
  for (const line of lines) console.log(line);
  if (frames.length === 0) console.log("  (nothing)");
}

/** What a socket is sent while something is done and what that brings about settles. */
async function during(socket, act, settleMs = SETTLED_MS) {
  const before = socket.received.length;
  await act();
  await pause(settleMs);
  return socket.received.slice(before);
}

const move = ({ character }, fields) => ({ type: "move", character_id: character.id, ...fields });
const at = (x) => ({ x, y: 0, z: 0 });
const leave = (...players) => Promise.all(players.map(({ socket }) => socket.close()));

{
  const [hero, witness] = [await veteran(), await veteran()];
  show("send_move to location 2 and (3, 0, 0) in it", await during(hero.socket, () => hero.socket.send(move(hero, { to_location_id: 2, position: at(3) }))));
  const seen = await during(witness.socket, () => witness.socket.send(move(witness, { to_location_id: 2 })));
  const [here] = seen.filter(({ type }) => type === "location_update").flatMap(({ players }) => players.filter(({ character_id }) => character_id === hero.character.id));
  console.log(`  whoever comes there is told that it stands at ${JSON.stringify(here?.position)}`);
  await leave(hero, witness);
}
{
  const hero = await veteran();
  show("a step of 400 m", await during(hero.socket, () => hero.socket.send(move(hero, { to_location_id: 0, position: at(400) }))));
  await leave(hero);
}
{
  const [stays, goes] = [await veteran(), await veteran()];
  await pause(SETTLED_MS);
  show("somebody else goes to location 2", await during(stays.socket, () => goes.socket.send(move(goes, { to_location_id: 2 }))));
  await leave(stays, goes);
}
{
  const hero = await veteran();
  const frames = await during(hero.socket, async () => {
    await selectCharacter(server.url, hero.token, hero.character.id);
    hero.socket.send({ type: "character_select", character_id: hero.character.id });
    hero.socket.send(move(hero, { to_location_id: 0, position: at(1) }));
  });
  show("it selects again, by REST and by its socket, and steps", frames);
  console.log(`  of itself as of a neighbour: ${frames.filter(({ type, character_id: id }) => type === "character_update" && id === hero.character.id).length}`);
  await leave(hero);
}
{
  const other = await veteran();
  await other.socket.ask({ type: "chat", content: "said before it came" });
  const hero = await veteran();
  await during(hero.socket, () => hero.socket.send(move(hero, { to_location_id: 0, position: at(400) })));
  const types = hero.socket.received.map(({ type }) => type);
  console.log(`\nit enters a world where something was said, and makes a step of 400 m: all types\n  ${types.join(", ")}\n  of which it cannot read: ${types.filter((type) => UNREADABLE.includes(type)).join(", ") || "none"}`);
  await leave(other, hero);
}
{
  const [walker, witness] = [await veteran(), await veteran()];
  const velocity = { x: 5, y: 0, z: 0 };
  const seen = await during(witness.socket, () => walker.socket.send(move(walker, { to_location_id: 0, position: at(1), velocity })), SILENT_MS);
  show("somebody says (1, 0, 0), walking 5 m/s, and then nothing: what another is told", seen.filter(({ character_id: id }) => id === walker.character.id));
  const late = await veteran();
  const [update] = late.socket.received.filter(({ type }) => type === "location_update");
  console.log(`  whoever comes after ${SILENT_MS / 1000} s is told that it stands at ${JSON.stringify(update.players.find(({ character_id: id }) => id === walker.character.id)?.position)}`);
  await leave(walker, witness, late);
}
await server.stop();

// Selecting by a socket and by REST: with hubs of two, is there still a place for a friend?
server = await startServer({ checkout, env: { ...limits, HUB_CAPACITY: "2" } });
{
  const account = await signUp(server.url);
  const character = await createCharacter(server.url, account.token);
  const friend = await signUp(server.url);
  const theirs = await createCharacter(server.url, friend.token);
  const socket = await JsonSocket.open(server.url);
  socket.send({ type: "auth_request", username: account.username, password: "", session_token: account.token });
  await socket.next("auth_response");
  socket.send({ type: "character_select", character_id: character.id });
  const { hub } = await selectCharacter(server.url, account.token, character.id);
  await socket.next("location_update");
  const { hub: other } = await selectCharacter(server.url, friend.token, theirs.id);
  console.log(`\nit selects by its socket and by REST, in hubs of two: it was sent to ${hub}, and its friend right after to ${other}`);
  await socket.close();
}
await server.stop();
