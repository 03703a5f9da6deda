// The npm package's chat and parties, as games use them, among first-generation clients
// and across hubs of two.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serverAndBrowser } from "./support/browser.mjs";
import { waitUntil } from "./support/demo.mjs";
import { PASSWORD, enterWorld, freshName } from "./support/json-client.mjs";
import { startServer } from "./support/server.mjs";

const stage = serverAndBrowser({ env: { HUB_CAPACITY: "2" } });

/** A page with a client in the world as `window.client`, which notes what it hears in `window.heard`. */
async function game(url = stage.server.url) {
  const page = await stage.browser.newPage();
  await page.goto(url);
  const account = { username: freshName("user"), password: PASSWORD, name: freshName("Hero") };
  const id = await page.evaluate(async ({ username, password, name }) => {
    const { ShardlinkClient } = await import("/shardlink/shardlink.js");
    const client = new ShardlinkClient({ storage: "session" });
    const heard = [];
    for (const type of ["party", "party_presence", "invitation", "invitation_ended", "status", "whisper", "party_chat"]) {
      client.on(type, (message) => heard.push({ heard: type, ...message }));
    }
    Object.assign(window, { client, heard, refusal: (promise) => promise.then(() => "resolved", (error) => `${error.code} ${error.field ?? ""}`.trim()) });
    await client.register(username, password);
    await client.connect(username, password);
    const hero = await client.createCharacter({ name, race: "Elf", class: "Rogue", faction: "Shadowborn" });
    await client.selectCharacter(hero.id);
    return hero.id;
  }, account);
  return { page, id, ...account };
}

const members = (page) => page.evaluate(() => client.getParty()?.members.map((member) => member.character_id) ?? []);

test("promises settle with the server's answers, and what is known without asking follows", async () => {
  const aria = await game();
  // Two fill a hub: those who come now are in another.
  const filler = await enterWorld(stage.server.url, {});
  await new Promise((resolve) => setTimeout(resolve, 600));
  const bran = await game();
  const cara = await enterWorld(stage.server.url, {});

  const founded = await aria.page.evaluate(async () => {
    const none = await refusal(client.leaveParty());
    const update = await client.createParty("The Few");
    return { none, type: update.type, known: client.getParty(), again: await refusal(client.createParty()) };
  });
  assert.equal(founded.none, "NOT_IN_PARTY");
  assert.equal(founded.type, "party_update");
  assert.deepEqual([founded.known.party_name, founded.known.leader_id, founded.known.max_members], ["The Few", aria.id, 4]);
  assert.match(founded.again, /^ALREADY_IN_PARTY/);

  const refusals = await aria.page.evaluate(async (filler) => [
    await refusal(client.inviteToParty("Nobody at all")),
    await refusal(client.inviteToParty("?")),
    await refusal(client.inviteToParty(client.self.character_id)),
    await refusal(client.kickFromParty(filler)),
    await refusal(client.acceptInvite(77)),
    await refusal(client.sendWhisper("Nobody at all", "psst")),
    await refusal(client.sendChat(" ")),
    await refusal(client.mute(77)),
  ], filler.character.id);
  assert.deepEqual(refusals, [
    "NOT_FOUND invitee_name", "INVALID_FIELD invitee_name", "ALREADY_IN_PARTY invitee_id", "NOT_FOUND", "NOT_FOUND party_id",
    "NOT_FOUND recipient_name", "EMPTY content", "NOT_FOUND character_id",
  ]);

  // By name into another hub; a first-generation client by id.
  await aria.page.evaluate(async ([name, id]) => {
    await client.inviteToParty(name);
    await client.inviteToParty(id);
  }, [bran.name, cara.character.id]);
  await waitUntil("Bran is invited", () => bran.page.evaluate(() => client.getInvitations().length === 1));
  const [invitation] = await bran.page.evaluate(() => client.getInvitations());
  assert.equal(invitation.inviter_name, aria.name);
  assert.ok(invitation.seconds_left > 290 && invitation.seconds_left <= 300, JSON.stringify(invitation));
  const { party_id } = await cara.socket.next("party_invite");
  await cara.socket.ask({ type: "party_accept", party_id });
  const accepted = await bran.page.evaluate(async (id) => {
    const update = await client.acceptInvite(id);
    return { update, invitations: client.getInvitations(), outcome: heard.find((one) => one.heard === "invitation_ended").outcome };
  }, party_id);
  assert.deepEqual([accepted.invitations, accepted.outcome], [[], "accepted"]);
  const all = [aria.id, cara.character.id, bran.id];
  assert.deepEqual(accepted.update.member_ids, all);
  await waitUntil("all know all", async () => JSON.stringify([await members(aria.page), await members(bran.page)]) === JSON.stringify([all, all]));

  // Every channel; what was said is handed to whoever asks.
  const talk = await bran.page.evaluate(async () => {
    const copies = [await client.sendChat("to all"), await client.sendFactionChat("to mine"), await client.sendPartyChat("to us")];
    const histories = [];
    for (const channel of ["global", "faction", "party"]) histories.push((await client.getHistory(channel)).at(-1).chat.content);
    return { types: copies.map((copy) => copy.type), histories };
  });
  assert.deepEqual(talk, { types: ["chat", "faction_chat", "party_chat"], histories: ["to all", "to mine", "to us"] });
  assert.equal((await cara.socket.next("party_chat")).content, "to us");
  await waitUntil("Aria reads it, once", () => aria.page.evaluate(() => client.getMessages("party").filter((line) => line.content === "to us").length === 1));
  await cara.socket.ask({ type: "whisper", content: "psst", recipient_name: bran.name });
  await waitUntil("Bran hears it", () => bran.page.evaluate(async () => (await client.getHistory("whisper")).at(-1)?.chat.content === "psst"));

  // Members who go are told; who may not is refused.
  await cara.socket.close();
  await waitUntil("her going is told", () => aria.page.evaluate(() => heard.some((one) => one.heard === "party_presence" && !one.online)));
  assert.equal(await bran.page.evaluate(() => refusal(client.setLootSharing("roll"))), "NOT_LEADER");
  await aria.page.evaluate((id) => client.kickFromParty(id), cara.character.id);
  await aria.page.evaluate((id) => client.promote(id), bran.id);
  await bran.page.evaluate(() => client.setLootSharing("roll"));
  await waitUntil("the rule is told", () => aria.page.evaluate(() => client.getParty().loot_sharing === "roll"));

  // A reload: the party, the mute and an open invitation are told again.
  await aria.page.evaluate(() => client.leaveParty());
  await bran.page.evaluate((id) => client.inviteToParty(id), aria.id);
  await waitUntil("Aria is invited", () => aria.page.evaluate(() => client.getInvitations().length === 1));
  await aria.page.evaluate((id) => client.mute(id), filler.character.id);
  await aria.page.evaluate(async () => {
    await client.leaveWorld();
    window.before = [client.getInvitations().length, client.getMuted().length, client.getParty()];
    await client.selectCharacter((await client.getCharacters())[0].id);
  });
  assert.deepEqual(await aria.page.evaluate(() => window.before), [0, 0, null]);
  await waitUntil("both are told again", () => aria.page.evaluate(() => client.getInvitations().length === 1 && client.getMuted().length === 1));
  const left = await aria.page.evaluate(() => client.getInvitations()[0].seconds_left);
  assert.ok(left < 300 && left > 200, `${left} s`);
  // The party ends: so do the invitations into it.
  await bran.page.evaluate(() => client.disbandParty());
  assert.equal(await bran.page.evaluate(() => client.getParty()), null);
  await filler.socket.close();
});

test("over a kill -9 a party stands, and what was asked meanwhile is done", async () => {
  const lone = await startServer();
  const dataDir = lone.dataDir;
  const aria = await game(lone.url);
  const guest = await enterWorld(lone.url, {});
  await aria.page.evaluate(async (id) => {
    await client.createParty();
    await client.inviteToParty(id);
  }, guest.character.id);
  const { party_id } = await guest.socket.next("party_invite");
  await guest.socket.ask({ type: "party_accept", party_id });
  await waitUntil("both are in", async () => (await members(aria.page)).length === 2);
  await lone.kill9();
  await waitUntil("the loss is told", () => aria.page.evaluate(() => heard.at(-1).state === "reconnecting"));
  await aria.page.evaluate(() => {
    window.meanwhile = [refusal(client.setLootSharing("leader")), refusal(client.sendPartyChat("are you there?"))];
  });
  const again = await startServer({ dataDir, env: { PORT: new URL(lone.url).port } });
  assert.deepEqual(await aria.page.evaluate(() => Promise.all(window.meanwhile)), ["resolved", "resolved"]);
  const party = await aria.page.evaluate(() => client.getParty());
  assert.deepEqual([party.loot_sharing, party.members.length, party.leader_id], ["leader", 2, aria.id]);
  assert.ok(await aria.page.evaluate(() => heard.some((one) => one.heard === "status" && one.resumed)));
  await aria.page.close();
  await again.stop();
});
