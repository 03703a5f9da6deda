// What budgets let through and refuse, with a household of honest players beside.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PASSWORD, freshName } from "../../e2e/support/rest.mjs";
import { mebibytes, tally } from "../support/figures.mjs";
import { repeatedly } from "../support/pace.mjs";
import { Player } from "../support/player.mjs";
import { Visitor, honestAddress } from "../support/visitor.mjs";

const HOUSEHOLD = 40;
/** What one session may ask for in a minute by default, and what a bucket that was full lets through at once besides. */
const PER_SESSION = 600;

export const invitationFlood = {
  name: "invitation-flood",
  what: "invitations into a party over REST, to one victim, without a pause",
  players: HOUSEHOLD,
  full: { atOnce: 48, forMs: 10_000 },
  short: { atOnce: 16, forMs: 1_000 },
  async run(stage, { atOnce, forMs }) {
    const victim = await Player.enter(new Visitor(stage.url, { from: honestAddress(1) }));
    const visitor = stage.attacker(0, { keepAlive: true });
    const leader = await Player.enter(visitor);
    const { token } = leader.account;
    const { party_id } = await visitor.must("POST", "/api/party/create", { token, body: { party_name: "Come" } });
    const statuses = await repeatedly({ forMs, atOnce }, async () => {
      const body = { party_id, invitee_id: victim.character.id };
      return (await visitor.rest("POST", "/api/party/invite", { token, body }).catch(() => ({ status: "lost" }))).status;
    });
    await pause(500);
    const reached = victim.counts.party_invite ?? 0;
    const through = statuses.filter((status) => status !== 429).length;
    victim.leave();
    leader.leave();
    return {
      figures: { invitations: statuses.length, answers: tally(statuses), "reached the victim": reached },
      aims: { "the victim is told of one": reached === 1, [`at most ${PER_SESSION} are let through in a minute`]: through <= PER_SESSION },
    };
  },
};

export const hashingQueue = {
  name: "hashing-queue",
  what: "three accounts of one address sign in by their right passwords, over and over: do others get their turn?",
  full: { accounts: 3, atOnce: 24, others: 25, everyMs: 1_000 },
  short: { accounts: 3, atOnce: 18, others: 2, everyMs: 500 },
  async run(stage, { accounts, atOnce, others, everyMs }) {
    const visitor = stage.attacker(0, { keepAlive: true });
    const names = [];
    for (let n = 0; n < accounts; n += 1) names.push((await visitor.signUp()).username);
    const people = [];
    for (let n = 0; n < others; n += 1) {
      const at = new Visitor(stage.url, { from: honestAddress(100 + n) });
      people.push({ at, username: (await at.signUp()).username });
    }
    const login = (at, username) => at.rest("POST", "/api/auth/login", { body: { username, password: PASSWORD } });
    const flood = repeatedly({ forMs: everyMs * (others + 2), atOnce }, async (n) => {
      const { status } = await login(visitor, names[n % names.length]);
      if (status === 503 || status === 429) await pause(50);
      return status;
    });
    await pause(everyMs);
    const began = [];
    for (const { at, username } of people) {
      const start = performance.now();
      began.push(login(at, username).then(({ status }) => ({ status, took: performance.now() - start })));
      await pause(everyMs);
    }
    const answers = await Promise.all(began);
    const flooded = tally(await flood);
    return {
      figures: { "the three": flooded, "the others": tally(answers.map(({ status }) => status)), "the slowest of the others": `${(Math.max(...answers.map(({ took }) => took)) / 1000).toFixed(1)} s` },
      aims: { "all others sign in": answers.every(({ status }) => status === 200) },
    };
  },
};

/** The objects in the data folder (a database each; its log comes and goes), and the bytes that all of it takes. */
function onDisk(folder) {
  let [objects, bytes] = [0, 0];
  for (const entry of fs.readdirSync(path.join(folder, "objects"), { recursive: true, withFileTypes: true })) {
    const size = entry.isFile() ? fs.statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size : undefined;
    if (size === undefined) continue;
    if (entry.name.endsWith(".sqlite")) objects += 1;
    bytes += size;
  }
  return { objects, bytes };
}

const CHARACTER = { race: "Elf", class: "Ranger", faction: "Moonlit Circle" };

const MAKERS = {
  characters: async (visitor, { token }) => {
    const made = await visitor.rest("POST", "/api/characters", { token, body: { name: freshName("gone"), ...CHARACTER } });
    if (made.status < 300) await visitor.rest("DELETE", `/api/characters/${made.body.character.id}`, { token });
    return made.status;
  },
  parties: async (visitor, { token }) => {
    const made = await visitor.rest("POST", "/api/party/create", { token, body: { party_name: "Gone" } });
    if (made.status < 300) await visitor.rest("POST", "/api/party/leave", { token, body: { party_id: made.body.party_id } });
    return made.status;
  },
};

function making(kind, { atOnce, atMost }) {
  return {
    name: `gone-${kind}`,
    what: `${kind} that are made and deleted at once, by one account, without a pause: what stays on the disk?`,
    players: HOUSEHOLD,
    full: { forMs: 20_000, settleMs: 15_000 },
    short: { forMs: 1_000, settleMs: 300 },
    async run(stage, { forMs, settleMs }) {
      const visitor = stage.attacker(0, { keepAlive: true });
      const player = await Player.enter(visitor);
      const before = onDisk(stage.folder);
      const statuses = await repeatedly({ forMs, atOnce }, () => MAKERS[kind](visitor, player.account).catch(() => "lost"));
      // The runtime writes the logs of objects back when they leave memory.
      await pause(settleMs);
      const after = onDisk(stage.folder);
      player.leave();
      const made = statuses.filter((status) => status < 300).length;
      const objects = after.objects - before.objects;
      return {
        figures: { asked: statuses.length, answers: tally(statuses), "objects more": objects, "MiB more": mebibytes(after.bytes - before.bytes), "KiB for each that was made": made > 0 ? Math.round((after.bytes - before.bytes) / 1024 / made) : 0 },
        aims: { [`at most ${atMost} are made`]: made <= atMost, [`at most ${atMost} objects are left`]: objects <= atMost },
      };
    },
  };
}

export const goneCharacters = making("characters", { atOnce: 6, atMost: 20 });
export const goneParties = making("parties", { atOnce: 1, atMost: 50 });

export const restFlood = {
  name: "rest-flood",
  what: "each kind of REST request without a pause, from one session and address, beside a household of forty",
  players: HOUSEHOLD,
  full: { atOnce: 32, forMs: 15_000 },
  short: { atOnce: 16, forMs: 1_000 },
  async run(stage, { atOnce, forMs }) {
    const visitor = stage.attacker(0, { keepAlive: true });
    const player = await Player.enter(visitor);
    const { token } = player.account;
    const calls = [
      ["GET", "/api/characters"],
      ["POST", "/api/ws/ticket"],
      ["GET", `/api/characters/${player.character.id}/inventory`],
      ["POST", "/api/characters/select", { character_id: player.character.id }],
      ["GET", "/api/world/events"],
    ];
    const statuses = await repeatedly({ forMs, atOnce }, async (n) => {
      const [method, route, body] = calls[n % calls.length];
      return (await visitor.rest(method, route, { token, body }).catch(() => ({ status: "lost" }))).status;
    });
    player.leave();
    const through = statuses.filter((status) => status === 200).length;
    return { figures: { requests: statuses.length, answers: tally(statuses) }, aims: { [`at most ${PER_SESSION} of a session are served in a minute`]: through <= PER_SESSION + statuses.length * 0.2 } };
  },
};

export const household = {
  name: "household",
  what: "forty play and talk, and forty more sign in by their passwords, from one address: none may be refused anything",
  players: HOUSEHOLD,
  full: { forMs: 60_000, others: 40 },
  short: { forMs: 1_000, others: 2 },
  async run(stage, { forMs, others }) {
    // As many again sign in by their passwords, each once, while the first play.
    const home = new Visitor(stage.url, { from: honestAddress() });
    const began = performance.now();
    const statuses = [];
    for (let n = 0; n < others; n += 1) {
      const { username } = await home.signUp();
      statuses.push((await home.rest("POST", "/api/auth/login", { body: { username, password: PASSWORD } })).status);
    }
    await pause(Math.max(0, forMs - (performance.now() - began)));
    return { figures: { "sign-ins by password": tally(statuses) }, aims: { "all sign in": statuses.every((status) => status === 200) } };
  },
};
