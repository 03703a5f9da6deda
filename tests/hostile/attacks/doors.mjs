// Places and doors: who keeps newcomers out, or away from their friends.
import { setTimeout as pause } from "node:timers/promises";
import { tally } from "../support/figures.mjs";
import { perSecond } from "../support/pace.mjs";
import { Player } from "../support/player.mjs";
import { Visitor, honestAddress } from "../support/visitor.mjs";

/** A hub tells World of its population after half a second. */
const SETTLED_MS = 1_000;

/** Accounts with a character each, who are not in the world yet, each at home. */
async function newcomers(stage, count) {
  const all = [];
  for (let n = 0; n < count; n += 1) {
    const visitor = new Visitor(stage.url, { from: honestAddress(100 + n) });
    const { token, username } = await visitor.signUp();
    all.push({ visitor, token, username, character: await visitor.createCharacter(token) });
  }
  return all;
}

/** Enters by a socket that signs in with its session, as the first generation does: "in", or why not. */
async function enter({ visitor, token, username, character }) {
  await visitor.must("POST", "/api/characters/select", { token, body: { character_id: character.id } });
  const heard = Promise.withResolvers();
  const socket = await visitor
    .socket({
      heard: ({ type, error_code: code }) => {
        if (type === "location_update") heard.resolve("in");
        if (code) heard.resolve(code);
      },
      ended: () => heard.resolve("closed"),
    })
    .catch((error) => error);
  if (socket instanceof Error) return { how: socket.message };
  socket.send({ type: "auth_request", username, session_token: token });
  return { how: await Promise.race([heard.promise, pause(8_000, "no answer")]), socket };
}

export const silentUpgrades = {
  name: "silent-upgrades",
  what: "sockets by the hundred that never sign in, in a realm of small hubs: do friends still find each other?",
  env: { HUB_CAPACITY: "60" },
  players: 4,
  full: { rate: 190, forMs: 10_000, newcomers: 19, addresses: 12 },
  short: { rate: 100, forMs: 1_500, newcomers: 3, addresses: 12 },
  async run(stage, { rate, forMs, newcomers: count, addresses }) {
    const friends = await newcomers(stage, count);
    await pause(SETTLED_MS);
    const visitors = Array.from({ length: addresses }, (_, n) => stage.attacker(n));
    const sockets = [];
    const storm = perSecond({ rate, forMs }, async (n) => {
      const socket = await visitors[n % addresses].socket().catch((error) => error);
      if (socket instanceof Error) return socket.message;
      sockets.push(socket);
      return "opened";
    });
    const hubs = [];
    for (const { visitor, token, character } of friends) {
      await pause(forMs / (count + 1));
      const { status, body } = await visitor.rest("POST", "/api/characters/select", { token, body: { character_id: character.id } });
      hubs.push(status === 200 ? body.hub : `refused ${status}`);
    }
    const upgrades = tally(await storm);
    for (const socket of sockets) socket.cut();
    const away = hubs.filter((hub) => hub !== stage.friends.hub).length;
    return {
      figures: { upgrades, newcomers: count, "away from their friends": away },
      aims: { "every newcomer lands where its friends are": away === 0 },
    };
  },
};

export const resumeSockets = {
  name: "resume-sockets",
  what: "sockets that show the resume token of one account and then say nothing: do newcomers get in?",
  full: { rate: 20, forMs: 12_000, newcomers: 20 },
  short: { rate: 40, forMs: 2_500, newcomers: 3 },
  async run(stage, { rate, forMs, newcomers: count }) {
    const people = await newcomers(stage, count);
    const account = await Player.enter(stage.attacker());
    account.leaving = true;
    const protocols = ["shardlink.v1.json", `resume.${account.resumeToken}`];
    const sockets = [];
    const storm = perSecond({ rate, forMs }, async () => {
      const socket = await account.visitor.socket({ protocols, tcp: { allowHalfOpen: true } }).catch((error) => error);
      if (socket instanceof Error) return socket.message;
      sockets.push(socket);
      return "opened";
    });
    // Until all that may wait do.
    await pause(forMs * 0.4);
    const entered = [];
    for (const person of people) {
      await pause((forMs * 0.5) / count);
      entered.push(enter(person));
    }
    const came = await Promise.all(entered);
    const upgrades = tally(await storm);
    for (const socket of sockets) socket.cut();
    for (const { socket } of came) socket?.cut();
    const out = came.filter(({ how }) => how !== "in").length;
    return { figures: { upgrades, newcomers: tally(came.map(({ how }) => how)) }, aims: { "every newcomer gets in": out === 0 } };
  },
};
