// Chat and parties of five players in hubs of two: every channel, every message of
// parties, and a kill -9 in the middle. First-generation JSON clients throughout.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { EVERYTHING, JsonSocket, createCharacter, enterWorld, freshName, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { startServer } from "./support/server.mjs";
import { until } from "./support/until.mjs";

const ADMIN_TOKEN = "0123456789abcdef0123456789abcdef";
const ENV = { HUB_CAPACITY: "2", ADMIN_TOKEN };
const SHADOW = { faction: "Shadowborn", race: "Human", class: "Rogue" };

const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-social-"));
let server;
before(async () => (server = await startServer({ dataDir, env: ENV })));
after(async () => {
  await server.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Five players, the last of another faction; a hub holds two, so they are in three at least. */
async function five() {
  const heroes = [];
  for (let n = 0; n < 5; n += 1) {
    heroes.push(await enterWorld(server.url, n === 4 ? SHADOW : {}));
    // A hub tells World of its population after half a second.
    await pause(600);
  }
  return heroes;
}

const said = (hero, type) => hero.socket.received.filter((message) => message.type === type).map((message) => message.content);
const party = (hero) => hero.socket.received.filter((message) => message.type === "party_update").at(-1);
const goodbye = (heroes) => Promise.all(heroes.map((hero) => hero.socket.close()));

/** A party of these, led by the first. */
async function form([leader, ...others]) {
  const { party_id } = await leader.socket.ask({ type: "party_create", party_name: "The Four" });
  for (const guest of others) {
    const invited = await leader.socket.ask({ type: "party_invite", party_id, invitee_id: guest.character.id });
    assert.equal(invited.type, "party_invite", JSON.stringify(invited));
    assert.equal((await guest.socket.next("party_invite")).party_id, party_id);
    const joined = await guest.socket.ask({ type: "party_accept", party_id });
    assert.equal(joined.type, "party_update", JSON.stringify(joined));
  }
  return party_id;
}

test("what is said is heard in every hub, in one order, and every chat is answered", async () => {
  const heroes = await five();
  const [aria, bran, cleo, dara, eris] = heroes;
  const answer = await aria.socket.ask({ type: "chat", content: "hello, all" });
  assert.deepEqual([answer.type, answer.sender_id, answer.content], ["chat", aria.character.id, "hello, all"]);
  for (const hero of heroes) await hero.socket.next("chat", (chat) => chat.content === "hello, all");

  const mark = freshName("burst");
  await Promise.all(heroes.flatMap((hero, n) => [0, 1, 2, 3].map((m) => hero.socket.ask({ type: "chat", content: `${mark} ${n} ${m}` }))));
  const burst = (hero) => said(hero, "chat").filter((content) => content.startsWith(mark));
  await until(() => heroes.every((hero) => burst(hero).length === 20), "all hear 20");
  for (const hero of heroes) assert.deepEqual(burst(hero), burst(aria));
  // What one says stays in its order.
  assert.deepEqual(burst(aria).filter((content) => content.startsWith(`${mark} 2`)).map((content) => content.at(-1)), ["0", "1", "2", "3"]);

  await aria.socket.ask({ type: "faction_chat", content: "for the moon" });
  await until(() => [aria, bran, cleo, dara].every((hero) => said(hero, "faction_chat").length === 1), "the faction hears");
  assert.deepEqual(said(eris, "faction_chat"), []);

  const whisper = await aria.socket.ask({ type: "whisper", content: "psst", recipient_id: eris.character.id });
  assert.deepEqual([whisper.type, whisper.recipient_name], ["whisper", eris.character.name]);
  assert.equal((await eris.socket.next("whisper")).content, "psst");
  await eris.socket.ask({ type: "whisper", content: "by name", recipient_name: aria.character.name.toUpperCase() });
  assert.equal((await aria.socket.next("whisper", ({ content }) => content === "by name")).sender_id, eris.character.id);
  const refused = async (fields) => (await aria.socket.ask({ type: "whisper", content: "x", ...fields })).error_code;
  assert.equal(await refused({ recipient_id: 4_503_599_627_370_496 }), "NOT_FOUND");
  assert.equal(await refused({ recipient_name: "Nobody at all" }), "NOT_FOUND");
  const { token } = await signUp(server.url);
  const offline = await createCharacter(server.url, token);
  assert.equal(await refused({ recipient_id: offline.id }), "RECIPIENT_OFFLINE");
  assert.equal(await refused({ recipient_name: offline.name }), "RECIPIENT_OFFLINE");
  assert.equal((await aria.socket.ask({ type: "chat", content: " \u202e " })).error_code, "EMPTY");
  assert.equal((await aria.socket.ask({ type: "chat", content: "x".repeat(501) })).error_code, "TOO_LONG");
  assert.equal((await aria.socket.ask({ type: "party_chat", content: "friends?" })).error_code, "NOT_IN_PARTY");

  // Whoever joins is handed what was said last.
  const late = await enterWorld(server.url);
  const history = await late.socket.next("chat_history", ({ channel }) => channel === "global");
  assert.ok(history.messages.some(({ chat }) => chat.content === "hello, all"));
  assert.ok(history.messages.length <= 50);
  const asked = await late.socket.ask({ type: "chat_history", channel: "faction" });
  assert.deepEqual(asked.messages.map(({ chat }) => chat.content), ["for the moon"]);
  await goodbye([...heroes, late]);
});

test("who is muted is not heard, and whom the realm silences speaks nowhere", async () => {
  const heroes = await five();
  const [aria, bran, cleo] = heroes;
  const muted = await aria.socket.ask({ type: "mute", character_id: cleo.character.id, muted: true });
  assert.deepEqual([muted.type, muted.muted], ["mute", true]);
  assert.equal((await aria.socket.ask({ type: "mute", character_id: 4_503_599_627_370_496, muted: true })).error_code, "NOT_FOUND");
  const text = freshName("from cleo");
  await cleo.socket.ask({ type: "chat", content: text });
  await bran.socket.next("chat", ({ content }) => content === text);
  // Whoever whispers to somebody who does not want to hear does not learn that.
  assert.equal((await cleo.socket.ask({ type: "whisper", content: "psst", recipient_id: aria.character.id })).type, "whisper");
  await cleo.socket.ask({ type: "chat", content: `${text} again` });
  await bran.socket.next("chat", ({ content }) => content === `${text} again`);
  assert.ok(!said(aria, "chat").includes(text) && !said(aria, "whisper").includes("psst"));
  await aria.socket.ask({ type: "mute", character_id: cleo.character.id, muted: false });
  await cleo.socket.ask({ type: "whisper", content: "heard again", recipient_id: aria.character.id });
  await aria.socket.next("whisper", ({ content }) => content === "heard again");

  const admin = (route, body, token = ADMIN_TOKEN) => rest(server.url, "POST", `/api/admin/${route}`, { token, body });
  const silence = (how) => admin("mute", { character_id: bran.character.id, ...how });
  assert.equal((await admin("mute", { character_id: bran.character.id, muted: true }, "x".repeat(32))).status, 401);
  assert.equal((await silence({ muted: true, seconds: 60 })).status, 200);
  const spoken = { chat: {}, faction_chat: {}, whisper: { recipient_id: aria.character.id } };
  for (const [type, fields] of Object.entries(spoken)) {
    const refused = await bran.socket.ask({ type, content: "let me speak", ...fields });
    assert.equal(refused.error_code, "MUTED", type);
    assert.ok(refused.details.retry_after <= 60);
  }
  // It outlives the socket.
  await bran.socket.close();
  const socket = await JsonSocket.open(server.url);
  socket.send({ type: "auth_request", username: bran.username, password: "", session_token: bran.token });
  await socket.next("location_update");
  assert.equal((await socket.ask({ type: "chat", content: "again" })).error_code, "MUTED");
  await silence({ muted: false });
  assert.equal((await socket.ask({ type: "chat", content: "at last" })).type, "chat");

  assert.equal((await admin("announce", { content: "The shards stir", title: "News" })).status, 200);
  for (const hero of [aria, cleo]) assert.equal((await hero.socket.next("world_announcement")).content, "The shards stir");
  await goodbye([aria, cleo, heroes[3], heroes[4], { socket }]);
});

test("a party across hubs does everything a party does", async () => {
  const heroes = await five();
  const [aria, bran, cleo, dara, eris] = heroes;
  const party_id = await form([aria, bran, cleo, dara]);
  await until(() => [aria, bran, cleo, dara].every((hero) => party(hero).member_ids.length === 4), "all know of all");
  assert.deepEqual(party(dara).online.length, 4);
  assert.equal((await aria.socket.ask({ type: "party_create" })).error_code, "ALREADY_IN_PARTY");
  assert.equal((await aria.socket.ask({ type: "party_invite", party_id, invitee_id: eris.character.id })).error_code, "PARTY_FULL");
  for (const type of ["party_leave", "party_disband", "party_accept", "party_decline"]) {
    const { error_code } = await eris.socket.ask({ type, party_id });
    assert.ok(["NOT_IN_PARTY", "NOT_FOUND"].includes(error_code), `${type}: ${error_code}`);
  }

  await cleo.socket.ask({ type: "party_chat", content: "to arms" });
  await until(() => [aria, bran, cleo, dara].every((hero) => said(hero, "party_chat").includes("to arms")), "the party hears");
  assert.deepEqual(said(eris, "party_chat"), []);

  const leader = (type, fields) => aria.socket.ask({ type, party_id, ...fields });
  assert.equal((await bran.socket.ask({ type: "party_loot", party_id, loot_sharing: "roll" })).error_code, "NOT_LEADER");
  assert.equal((await leader("party_loot", { loot_sharing: "roll" })).loot_sharing, "roll");
  const kicked = await leader("party_kick", { character_id: dara.character.id });
  assert.equal(kicked.member_ids.length, 3);
  await until(() => !party(dara).member_ids.includes(dara.character.id), "it hears that it is out");
  assert.equal((await dara.socket.ask({ type: "party_chat", content: "wait" })).error_code, "NOT_IN_PARTY");

  await leader("party_invite", { invitee_id: eris.character.id });
  await eris.socket.next("party_invite");
  await eris.socket.ask({ type: "party_decline", party_id });
  await leader("party_invite", { invitee_id: eris.character.id });
  await eris.socket.next("party_invite");
  await leader("party_withdraw", { character_id: eris.character.id });
  assert.equal((await eris.socket.ask({ type: "party_accept", party_id })).error_code, "NOT_FOUND");

  assert.equal((await leader("party_promote", { character_id: bran.character.id })).leader_id, bran.character.id);
  await bran.socket.ask({ type: "party_leave", party_id });
  await until(() => party(aria).leader_id === aria.character.id, "the longest member leads");
  const ended = await leader("party_disband");
  assert.deepEqual(ended.member_ids, []);
  await until(() => party(cleo).member_ids.length === 0, "the end is told");
  // Versions never went back, and no two words of one were told.
  for (const hero of heroes) {
    const versions = hero.socket.received.filter((message) => message.type === "party_update").map((message) => message.party_version);
    assert.ok(versions.every((version, index) => index === 0 || version >= versions[index - 1]), versions.join());
  }
  assert.equal((await cleo.socket.ask({ type: "party_create" })).type, "party_update", "all are free");
  await goodbye(heroes);
});

test("over REST a party is founded, looked at and left", async () => {
  const aria = await enterWorld(server.url);
  const bran = await enterWorld(server.url);
  const post = (hero, route, body) => rest(server.url, "POST", `/api/party/${route}`, { token: hero.token, body });
  const founded = await post(aria, "create", { party_name: "By letter" });
  assert.equal(founded.body.party_name, "By letter");
  const { party_id } = founded.body;
  assert.equal((await aria.socket.next("party_update")).party_id, party_id);
  const look = (hero) => rest(server.url, "GET", `/api/party/${party_id}`, { token: hero.token });
  assert.equal((await look(bran)).status, 404);
  assert.equal((await post(aria, "invite", { party_id, invitee_id: bran.character.id })).status, 200);
  await bran.socket.next("party_invite");
  const { body } = await look(bran);
  assert.deepEqual([body.id, body.leader_id, body.member_count, body.is_active], [party_id, aria.character.id, 1, true]);
  assert.equal((await post(aria, "leave", { party_id })).status, 200);
  assert.equal((await post(aria, "leave", { party_id })).body.code, "NOT_IN_PARTY");
  const nobody = await signUp(server.url);
  assert.equal((await post(nobody, "create", {})).body.code, "NO_CHARACTER");
  await goodbye([aria, bran]);
});

test("a party outlives kill -9, and who was in the world shows as gone within 90 s", async () => {
  const heroes = await five();
  const [aria, bran, cleo, dara] = heroes;
  const party_id = await form([aria, bran, cleo, dara]);
  await bran.socket.ask({ type: "party_chat", content: "before the crash" });
  await server.kill9();
  server = await startServer({ dataDir, env: ENV });

  const back = async (hero) => {
    const socket = await JsonSocket.open(server.url, EVERYTHING);
    socket.send({ type: "auth_request", username: hero.username, password: "", session_token: hero.token });
    await socket.next("location_update");
    return socket;
  };
  const [first, second] = [await back(aria), await back(bran)];
  const update = await first.next("party_update");
  assert.deepEqual([update.party_id, update.member_ids.length, update.leader_id], [party_id, 4, aria.character.id]);
  const history = await second.next("chat_history", ({ channel }) => channel === "party");
  assert.deepEqual(history.messages.map(({ chat }) => chat.content), ["before the crash"]);
  await second.ask({ type: "party_chat", content: "and after" });
  await first.next("party_chat", ({ content }) => content === "and after");
  const kicked = await first.ask({ type: "party_kick", party_id, character_id: dara.character.id });
  assert.equal(kicked.member_ids.length, 3);
  // Cleo does not come back: her place is kept for a minute after the server has noticed.
  const since = Date.now();
  const online = () => first.received.filter((message) => message.type === "party_update").at(-1).online;
  await until(() => !online().includes(cleo.character.id), "she shows as gone", 95_000);
  assert.ok(Date.now() - since < 90_000);
  assert.deepEqual(new Set(online()), new Set([aria.character.id, bran.character.id]));
  // Nor does anybody else who was there.
  const active = async () => (await rest(server.url, "GET", "/api/status")).body.active_players;
  await until(async () => (await active()) === 2, "two are active", 95_000 - (Date.now() - since));
  assert.ok(Date.now() - since < 95_000);
  await Promise.all([first.close(), second.close()]);
  await until(async () => (await active()) === 0, "nobody is active", 5_000);
});
