// Honest players in a process of their own, so that an attack which keeps its own process
// busy does not delay their clocks. honest.mjs starts this and asks it by messages.
import { setTimeout as pause } from "node:timers/promises";
import { percentile, rounded, tally } from "./figures.mjs";
import { Player } from "./player.mjs";
import { Visitor, honestAddress } from "./visitor.mjs";

/** One chat goes out this often, whoever's turn it is: with three players each says 3.3 a second, under the 5 that are allowed. */
const CHAT_EVERY_MS = 100;
const FEWEST = 3;
const REST_EVERY_MS = 5_000;
/** What was said last may take this long to arrive. */
const SETTLE_MS = 2_000;

let players = [];
let restStatuses = [];
let measuring;

const ASKED = {
  /** They come from one address, as a household does. */
  async enter({ url, count, headers }) {
    const visitor = new Visitor(url, { from: honestAddress(), headers });
    for (let n = 0; n < Math.max(count, FEWEST); n += 1) {
      const index = n;
      players.push(await Player.enter(visitor, { heard: (content) => measuring?.heard(index, content) }));
    }
    return { hub: players[0].hub, ids: players.map((player) => player.character.id) };
  },

  begin() {
    measuring = measure();
  },

  async end() {
    const figures = await measuring.end();
    measuring = undefined;
    return figures;
  },

  async leave() {
    await measuring?.stop();
    measuring = undefined;
    for (const player of players) player.leave();
    players = [];
  },
};

/** Has the players talk by turns until end(), which resolves to the figures. */
function measure() {
  const saidAt = new Map();
  const latencies = [];
  const began = performance.now();
  let worstAt = 0;
  let [said, silent, lastHeard, silence] = [0, 0, performance.now(), 0];
  let on = true;
  restStatuses = [];
  const before = players.map(({ losses, resumed, entered, away, refused }) => ({ losses, resumed, entered, away: away.length, refused: refused.length }));

  const talking = (async () => {
    for (let n = 0; on; n += 1) {
      const content = `honest ${n} ${Math.random().toString(36).slice(2, 8)}`;
      if (players[n % players.length].say(content)) {
        said += 1;
        saidAt.set(content, { at: performance.now(), by: (n + 1) % players.length });
      } else silent += 1;
      await pause(CHAT_EVERY_MS);
    }
  })();
  const asking = players.map(async ({ visitor, account }, n) => {
    const idle = async (ms) => {
      for (const until = performance.now() + ms; on && performance.now() < until; ) await pause(50);
    };
    await idle((REST_EVERY_MS * n) / players.length);
    while (on) {
      const answer = await visitor.rest("GET", "/api/characters", { token: account.token }).catch(() => ({ status: "lost" }));
      restStatuses.push(answer.status);
      await idle(REST_EVERY_MS);
    }
  });

  return {
    /** One listener is the measure of each chat: the one whose turn is next. */
    heard(listener, content) {
      const now = performance.now();
      silence = Math.max(silence, now - lastHeard);
      lastHeard = now;
      const one = saidAt.get(content);
      if (one?.by !== listener) return;
      latencies.push(now - one.at);
      if (now - one.at === Math.max(...latencies)) worstAt = one.at - began;
      saidAt.delete(content);
    },
    /** Nobody says anything more. */
    async stop() {
      on = false;
      await talking;
      await Promise.all(asking);
    },
    async end() {
      await this.stop();
      await Promise.all(players.map((player) => player.back));
      for (const until = performance.now() + SETTLE_MS; saidAt.size > 0 && performance.now() < until; ) await pause(20);
      const since = (key) => players.reduce((sum, player, n) => sum + player[key] - before[n][key], 0);
      const away = players.flatMap((player, n) => player.away.slice(before[n].away));
      return {
        players: players.length,
        said,
        unsaid: silent,
        unheard: saidAt.size,
        p50: rounded(percentile(latencies, 0.5)),
        p99: rounded(percentile(latencies, 0.99)),
        worst: rounded(percentile(latencies, 1)),
        /** When that was said, in seconds. */
        worstAt: Math.round(worstAt / 100) / 10,
        silence: rounded(silence),
        lost: since("losses"),
        resumed: since("resumed"),
        entered: since("entered"),
        away: rounded(percentile(away, 1)),
        refused: tally(players.flatMap((player, n) => player.refused.slice(before[n].refused))),
        rest: tally(restStatuses),
        alive: await alive(),
      };
    },
  };
}

/** How many get an answer to what they say. */
async function alive() {
  const answers = await Promise.all(
    players.map(async (player, n) => {
      // A place that is answered a limit has an answer too: it is there.
      if (!player.online) return false;
      return (await player.ask({ type: "chat", content: `alive ${n} ${Math.random().toString(36).slice(2, 8)}` })) !== undefined;
    }),
  );
  return answers.filter(Boolean).length;
}

process.on("message", async ({ id, ask, ...fields }) => {
  try {
    process.send({ id, answer: await ASKED[ask](fields) });
  } catch (error) {
    process.send({ id, error: String(error?.message ?? error) });
  }
});
process.on("disconnect", () => process.exit(0));
