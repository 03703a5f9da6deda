// Data folders that servers of earlier builds have left, opened by this one: real ones, of
// a server that was killed, each with accounts, characters, a party, an invitation, what
// was said, mutes and kept places (tests/fixtures/make-data-folder.mjs).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { inRoot } from "../../scripts/lib/paths.mjs";
import { EVERYTHING, JsonSocket, rest, selectCharacter } from "./support/json-client.mjs";
import { signInByScram } from "./support/scram.mjs";
import { startServer } from "./support/server.mjs";
import { cannotShift, shiftedClock } from "./support/shifted-clock.mjs";
import { until } from "./support/until.mjs";

/** A server that a folder is opened by is this much later than the one that left it. */
const AWAY_SECONDS = 2;

const folder = inRoot("tests/fixtures/data-folders");
const names = fs.readdirSync(folder).filter((name) => name.endsWith(".json")).map((name) => path.basename(name, ".json"));
assert.ok(names.length > 0, `there is no data folder in ${folder}`);

// What ends with time (sessions, invitations, kept places) is looked at with the server's
// clock at the folder's time.
if (cannotShift) console.error(`Sessions, parties, invitations and kept places of old data folders are NOT tested here: ${cannotShift}.`);

let clock;
before(() => (clock = cannotShift ? undefined : shiftedClock()));
after(() => clock?.remove());

/** What a folder holds. */
const describe = (name) => JSON.parse(fs.readFileSync(path.join(folder, `${name}.json`), "utf8"));

/** Opens a copy of a folder: { url, close() }. */
async function open(name, env = {}) {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-old-data-"));
  execFileSync("tar", ["-xzf", path.join(folder, `${name}.tar.gz`), "-C", dataDir]);
  const server = await startServer({ dataDir, env });
  const close = async () => {
    await server.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  };
  return { url: server.url, close };
}

async function signIn(url, { username, password, how }) {
  const { status, body } = how === "scram" ? (await signInByScram(url, username, password)).finish : await rest(url, "POST", "/api/auth/login", { body: { username, password } });
  assert.equal(status, 200, `${username}: ${JSON.stringify(body)}`);
  return body;
}

/** Opens a socket, on which `first` is the first message: it is in the world. */
async function enter(url, protocols, first) {
  const socket = await JsonSocket.open(url, protocols);
  socket.send(first);
  await socket.next("location_update");
  return socket;
}

const enterAnew = (url, { username }, token) => enter(url, EVERYTHING, { type: "auth_request", username, password: "", session_token: token });
const resume = (url, { resumeToken, lastSeq }) => enter(url, [...EVERYTHING, `resume.${resumeToken}`], { type: "resume", last_seq: lastSeq });

const mutes = (socket) => socket.received.filter((message) => message.type === "mute" && message.muted).map((message) => message.character_id);
const texts = (history) => history.messages.map(({ chat }) => chat.content);

/** Checks what an account's session shows of its characters. */
async function showsItsCharacters(url, account, token) {
  const { body } = await rest(url, "GET", "/api/characters", { token });
  assert.deepEqual(body.characters, account.characters, account.username);
  for (const [index, { id }] of account.characters.entries()) {
    const held = await rest(url, "GET", `/api/characters/${id}/inventory`, { token });
    assert.deepEqual(held.body, account.inventories[index], `what ${id} holds`);
  }
}

for (const name of names) {
  test(`the folder of ${name}: passwords sign in, and characters, names, mutes and what was said are there`, async () => {
    const old = describe(name);
    const { url, close } = await open(name);
    try {
      for (const account of old.accounts) {
        const wrong = await rest(url, "POST", "/api/auth/login", { body: { username: account.username, password: `not ${account.password}` } });
        assert.equal(wrong.body.code, "BAD_CREDENTIALS");
        const session = await signIn(url, account);
        assert.equal(session.player_id, account.playerId);
        await showsItsCharacters(url, account, session.session_token);
        const credentials = { username: account.username.toUpperCase(), password: "somebody else's" };
        assert.equal((await rest(url, "POST", "/api/auth/register", { body: credentials })).body.code, "NAME_TAKEN");

        const [hero] = account.characters;
        const again = { name: hero.name, race: "Elf", class: "Ranger", faction: "Moonlit Circle" };
        const named = await rest(url, "POST", "/api/characters", { token: session.session_token, body: again });
        assert.equal(named.body.code, "NAME_TAKEN");
        await selectCharacter(url, session.session_token, hero.id);
        const socket = await enterAnew(url, account, session.session_token);
        const global = await socket.next("chat_history", ({ channel }) => channel === "global");
        assert.deepEqual(texts(global), old.histories.global);
        const faction = await socket.ask({ type: "chat_history", channel: "faction" });
        assert.deepEqual(texts(faction), hero.faction === "Moonlit Circle" ? old.histories.faction : []);
        const muted = old.mutes.filter(({ character }) => character === hero.id).map((mute) => mute.muted);
        assert.deepEqual(mutes(socket), muted);
        await socket.close();
      }
      const { body } = await rest(url, "GET", "/api/world/events");
      const [first] = body.events.slice(-1);
      assert.equal(first.event_type, "realm_started");
      assert.ok(Date.parse(first.timestamp) < old.madeAt, `the realm began before ${old.madeAt}: ${JSON.stringify(first)}`);
    } finally {
      await close();
    }
  });

  test(`the folder of ${name}, a moment later: sessions, the party, the invitation and kept places go on`, { skip: cannotShift }, async () => {
    const old = describe(name);
    clock.set(Math.ceil((old.madeAt - Date.now()) / 1000) + AWAY_SECONDS);
    const { url, close } = await open(name, clock.env);
    try {
      const by = (id) => old.accounts.find(({ characters }) => characters.some((character) => character.id === id));
      for (const account of old.accounts) {
        const session = await rest(url, "GET", "/api/auth/session", { token: account.token });
        assert.deepEqual([session.status, session.body.player_id], [200, account.playerId], JSON.stringify(session.body));
        await showsItsCharacters(url, account, account.token);
      }
      const look = async (account) => (await rest(url, "GET", `/api/party/${old.party.id}`, { token: account.token })).body;
      assert.deepEqual(await look(by(old.party.leader_id)), old.party);

      // The places: one whose socket was lost before the server was killed, and one that was lost with it.
      const sockets = new Map();
      for (const place of old.places) {
        const socket = await resume(url, place);
        const resumed = await socket.next("resumed");
        assert.equal(resumed.snapshot, false, "nothing is missing of what was said");
        const missed = socket.received.filter(({ type }) => type === "chat").map(({ content }) => content);
        assert.deepEqual(missed, place.missed);
        assert.ok(!socket.received.some(({ type }) => type === "auth_response"), "the place itself is resumed");
        sockets.set(place.character, socket);
      }
      const leader = sockets.get(old.party.leader_id);
      for (const { character, position } of old.places.filter((place) => place.position)) {
        const { players } = leader.received.find(({ type }) => type === "location_update");
        assert.deepEqual(players.find((player) => player.character_id === character)?.position, position);
      }
      const history = await leader.ask({ type: "chat_history", channel: "party" });
      assert.deepEqual(texts(history), old.histories.party);

      // The invited enters anew, is told of the invitation again, and accepts it.
      const { invitee, ...told } = old.invitation;
      const guest = await enterAnew(url, by(invitee), by(invitee).token);
      const invitation = await guest.next("party_invite");
      assert.deepEqual({ party_id: invitation.party_id, inviter_name: invitation.inviter_name, expires_at: invitation.expires_at }, told);
      const joined = await guest.ask({ type: "party_accept", party_id: told.party_id });
      assert.equal(joined.type, "party_update", JSON.stringify(joined));
      assert.deepEqual(joined.member_ids, [...old.party.members.map((member) => member.character_id), invitee]);
      assert.deepEqual([joined.leader_id, joined.party_name, joined.loot_sharing], [old.party.leader_id, old.party.party_name, old.party.loot_sharing]);

      // All that was kept works together: those hear the guest who have not muted it.
      const content = "Am I late?";
      assert.equal((await guest.ask({ type: "party_chat", content })).type, "party_chat");
      await guest.ask({ type: "party_chat", content: "Hello?" });
      await until(() => leader.received.some((message) => message.content === "Hello?"), "the leader hears the guest");
      const deaf = old.mutes.filter(({ muted }) => muted === invitee).map(({ character }) => character);
      assert.ok(deaf.length > 0);
      for (const [character, socket] of sockets) {
        assert.equal(socket.received.some((message) => message.content === content), !deaf.includes(character), `whether ${character} hears the guest`);
      }
      await Promise.all([...sockets.values(), guest].map((socket) => socket.close()));
    } finally {
      await close();
    }
  });
}
