// Kill -9 again and again, while everything that lasts is being changed: what was
// acknowledged is there afterwards, once.
import { setTimeout as pause } from "node:timers/promises";
import { freshName } from "../../e2e/support/rest.mjs";
import { within } from "../support/pace.mjs";
import { Player } from "../support/player.mjs";
import { Visitor, honestAddress } from "../support/visitor.mjs";

/** An account has at most ten characters. */
const CHARACTERS = 6;
/** A kill comes at a random moment of this span after the first change was acknowledged. */
const SPAN_MS = 200;
const CHANGED_WITHIN_MS = 5_000;
/** Chat allows five a second. */
const CHAT_EVERY_MS = 220;

export const kills = {
  name: "kills",
  what: "SIGKILLs at random moments of many changes: is all that was acknowledged there, once?",
  // They are talkers too: what they said is looked for as well.
  players: 4,
  full: { kills: 200 },
  short: { kills: 3 },
  outage: true,
  disturbs: "the server is killed",
  async run(stage, { kills: count }) {
    const talkers = [await Player.enter(at(stage, 1)), await Player.enter(at(stage, 2))];
    const known = { accounts: [], said: [], joined: 0 };
    let on = true;
    const talking = talkers.map((talker, index) => talk(talker, `talker ${index}`, known.said, () => on));
    for (let n = 0; n < count; n += 1) {
      const account = await founder(at(stage, 10 + (n % 200)));
      const changes = change(account);
      // From the first acknowledgement on, so that there is something to be lost.
      await within(CHANGED_WITHIN_MS, () => account.made.length > 0, 1);
      await pause(Math.random() * SPAN_MS);
      await stage.server.kill9();
      await changes;
      account.player.leaving = true;
      known.accounts.push(account);
      await stage.start();
      await Promise.all(talkers.map(({ back }) => back));
    }
    on = false;
    await Promise.all(talking);
    await Promise.all(talkers.map(({ back }) => back));
    // What comes after it has come in its order, so all that was missed is there.
    const last = await Promise.all(talkers.map((talker, index) => talker.ask({ type: "chat", content: `the end ${index}` })));
    await pause(1_000);
    const lists = await check(known.accounts);
    const chat = heard(talkers, known.said);
    for (const talker of talkers) talker.leave();
    return {
      figures: { kills: count, "characters acknowledged": lists.characters, "deletions acknowledged": lists.deletions, "parties acknowledged": lists.parties, "chats acknowledged": chat.acknowledged, lost: [...lists.lost, ...chat.lost].slice(0, 5).join(", ") || 0, doubled: [...lists.doubled, ...chat.doubled].slice(0, 5).join(", ") || 0 },
      aims: {
        "nothing that was acknowledged is lost": lists.lost.length + chat.lost.length === 0,
        "nothing is there twice": lists.doubled.length + chat.doubled.length === 0,
        "both hear the same in the same order": chat.agree,
        "talkers can still talk": last.every((answer) => answer?.type === "chat"),
      },
    };
  },
};

const at = (stage, n) => new Visitor(stage.url, { from: honestAddress(n) });

/** Somebody who is in the world and has one character to delete. */
async function founder(visitor) {
  const player = await Player.enter(visitor);
  const doomed = await visitor.createCharacter(player.account.token);
  return { player, visitor, doomed, token: player.account.token, made: [], deleted: undefined, party: undefined };
}

/** Makes characters, deletes one and founds a party, all at once; notes what was acknowledged. */
async function change(account) {
  const { visitor, token, doomed } = account;
  const quiet = (promise) => promise.catch(() => undefined);
  const create = async (n) => {
    await pause(n * 20);
    const character = await visitor.createCharacter(token, freshName(`k${n}`));
    account.made.push(character.name);
  };
  const remove = async () => {
    await pause(Math.random() * 100);
    const { status } = await visitor.rest("DELETE", `/api/characters/${doomed.id}`, { token });
    if (status === 200) account.deleted = doomed.name;
  };
  const found = async () => {
    const { party_id } = await visitor.must("POST", "/api/party/create", { token, body: { party_name: "Before the crash" } });
    account.party = party_id;
  };
  await Promise.all([...Array.from({ length: CHARACTERS }, (_, n) => quiet(create(n))), quiet(remove()), quiet(found())]);
}

async function check(accounts) {
  const result = { characters: 0, deletions: 0, parties: 0, lost: [], doubled: [] };
  for (const { visitor, token, made, deleted, party } of accounts) {
    const { characters } = await visitor.must("GET", "/api/characters", { token });
    const names = characters.map(({ name }) => name);
    result.characters += made.length;
    result.lost.push(...made.filter((name) => !names.includes(name)));
    result.doubled.push(...names.filter((name, index) => names.indexOf(name) !== index));
    if (deleted !== undefined) {
      result.deletions += 1;
      if (names.includes(deleted)) result.lost.push(`the deletion of ${deleted}`);
    }
    if (party !== undefined) {
      result.parties += 1;
      const { status } = await visitor.rest("GET", `/api/party/${party}`, { token });
      if (status !== 200) result.lost.push(`party ${party}: ${status}`);
    }
  }
  return result;
}

/** Says something again and again, and notes what was answered. */
async function talk(talker, name, said, goesOn) {
  const pending = [];
  for (let n = 0; goesOn(); n += 1) {
    if (talker.online) {
      const content = `${name} ${n}`;
      pending.push(talker.ask({ type: "chat", content }).then((answer) => answer?.type === "chat" && said.push(content)));
    }
    await pause(CHAT_EVERY_MS);
  }
  await Promise.all(pending);
}

function heard(talkers, acknowledged) {
  const lists = talkers.map((talker) => talker.heard.map(([content]) => content).filter((content) => content.startsWith("talker ")));
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((content) => !lists.every((list) => list.includes(content))),
    doubled: lists.flatMap((list) => list.filter((content, index) => list.indexOf(content) !== index)),
    agree: JSON.stringify(lists[0]) === JSON.stringify(lists[1]),
  };
}
