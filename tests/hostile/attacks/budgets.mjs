// What budgets let through and refuse, with a household of honest players beside.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PASSWORD, freshName } from "../../e2e/support/rest.mjs";
import { tally } from "../support/figures.mjs";
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

/** Turns that pass until the next of the others comes. */
const BETWEEN = 3;

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
    // One password is stretched at a time, and slowly while others play. Between two of the
    // others one of the three has its turn: whoever comes quicker than that waits for the others, not for the three.
    const alone = performance.now();
    await login(people[0].at, people[0].username);
    const stretching = performance.now() - alone;
    const every = Math.max(everyMs, stretching * BETWEEN);
    const flood = repeatedly({ forMs: every * (others + 2), atOnce }, async (n) => {
      const { status } = await login(visitor, names[n % names.length]);
      if (status === 503 || status === 429) await pause(50);
      return status;
    });
    await pause(every);
    const began = [];
    for (const { at, username } of people) {
      const start = performance.now();
      began.push(login(at, username).then(({ status, body }) => ({ status: status === 200 ? status : `${status} ${body.detail}`, took: performance.now() - start })));
      await pause(every);
    }
    const answers = await Promise.all(began);
    const flooded = tally(await flood);
    return {
      figures: { "one alone": `${(stretching / 1000).toFixed(1)} s`, "one comes every": `${(every / 1000).toFixed(1)} s`, "the three": flooded, "the others": tally(answers.map(({ status }) => status)), "the slowest of the others": `${(Math.max(...answers.map(({ took }) => took)) / 1000).toFixed(1)} s` },
      aims: { "all others sign in": answers.every(({ status }) => status === 200) },
    };
  },
};

/** The objects of a class in the data folder: a database each; its log comes and goes. Others come into being beside: names' directories, throttles. */
function objectsOf(folder, kind) {
  const place = path.join(folder, "objects", `shardlink-${kind}`);
  return fs.existsSync(place) ? fs.readdirSync(place).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)).length : 0;
}

const CHARACTER = { race: "Elf", class: "Ranger", faction: "Moonlit Circle" };

const MAKERS = {
  Character: async (visitor, { token }) => {
    const made = await visitor.rest("POST", "/api/characters", { token, body: { name: freshName("gone"), ...CHARACTER } });
    if (made.status < 300) await visitor.rest("DELETE", `/api/characters/${made.body.character.id}`, { token });
    return made.status;
  },
  Party: async (visitor, { token }) => {
    const made = await visitor.rest("POST", "/api/party/create", { token, body: { party_name: "Gone" } });
    if (made.status < 300) await visitor.rest("POST", "/api/party/leave", { token, body: { party_id: made.body.party_id } });
    return made.status;
  },
};

function making(kind, name, { atOnce, atMost }) {
  return {
    name: `gone-${name}`,
    what: `${name} that are made and deleted at once, by one account, without a pause: how many files stay?`,
    players: HOUSEHOLD,
    full: { forMs: 20_000, settleMs: 15_000 },
    short: { forMs: 1_000, settleMs: 300 },
    async run(stage, { forMs, settleMs }) {
      const visitor = stage.attacker(0, { keepAlive: true });
      const player = await Player.enter(visitor);
      const before = objectsOf(stage.folder, kind);
      const statuses = await repeatedly({ forMs, atOnce }, () => MAKERS[kind](visitor, player.account).catch(() => "lost"));
      await pause(settleMs);
      const objects = objectsOf(stage.folder, kind) - before;
      player.leave();
      const made = statuses.filter((status) => status < 300).length;
      return {
        figures: { asked: statuses.length, answers: tally(statuses), [`files of class ${kind} more`]: objects },
        aims: { [`at most ${atMost} are made`]: made <= atMost, [`at most ${atMost} objects are left`]: objects <= atMost },
      };
    },
  };
}

export const goneCharacters = making("Character", "characters", { atOnce: 6, atMost: 20 });
export const goneParties = making("Party", "parties", { atOnce: 1, atMost: 50 });

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

/** Units that a budget of so many a minute lets through in this time: it is whole at first, and fills meanwhile. */
const most = (perMinute, ms) => Math.ceil(perMinute * (1 + ms / 60_000));
const PER_ADDRESS = 3000;
const SIGN_INS = 60;
/** Each of an address' sessions is to stay within its own budget for longer than the address does within its. */
const SESSIONS = 12;

/** One of each budget's floods: { perMinute, act } where `act(n)` is a request of one unit. */
const FLOODS = {
  async REST_PER_SESSION(visitor) {
    const { token } = await visitor.signUp();
    return { perMinute: PER_SESSION, act: () => visitor.rest("GET", "/api/characters", { token }) };
  },
  async REST_PER_ADDRESS(visitor) {
    const tokens = [];
    for (let n = 0; n < SESSIONS; n += 1) tokens.push((await visitor.signUp()).token);
    return { perMinute: PER_ADDRESS, act: (n) => visitor.rest("GET", "/api/characters", { token: tokens[n % SESSIONS] }) };
  },
  async SIGN_INS_PER_ADDRESS(visitor) {
    const names = [];
    for (let n = 0; n < 3; n += 1) names.push((await visitor.signUp()).username);
    return { perMinute: SIGN_INS, act: (n) => visitor.rest("POST", "/api/auth/login", { body: { username: names[n % names.length], password: PASSWORD } }) };
  },
};

export const budgets = {
  name: "budgets",
  what: "for a minute each: one session asks as often as it can, twelve sessions of one address do, three accounts of one address sign in by their passwords",
  players: HOUSEHOLD,
  full: { forMs: 60_000, atOnce: 12 },
  async run(stage, { forMs, atOnce }) {
    const figures = {};
    const aims = {};
    for (const [index, [budget, prepare]] of Object.entries(FLOODS).entries()) {
      const { perMinute, act } = await prepare(stage.attacker(index, { keepAlive: true }));
      const statuses = await repeatedly({ forMs, atOnce }, async (n) => {
        const { status } = await act(n).catch(() => ({ status: "lost" }));
        // A program that reads the answer waits; one that does not is answered all the same.
        if (status === 429 || status === 503) await pause(100);
        return status;
      });
      figures[budget] = tally(statuses);
      const through = figures[budget][200] ?? 0;
      aims[`${budget} lets through ${most(perMinute, forMs)} in ${forMs / 1000} s at most`] = through <= most(perMinute, forMs);
      // 503: an account that is signing in already waits for its answer.
      aims[`${budget} refuses the others by 429 or 503`] = Object.keys(figures[budget]).every((status) => ["200", "429", "503"].includes(status));
    }
    return { figures, aims };
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
