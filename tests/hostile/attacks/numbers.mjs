// Numbers that a client chooses, and debts that clients run up for a hub.
import { setTimeout as pause } from "node:timers/promises";
import { rounded, tally } from "../support/figures.mjs";
import { Player } from "../support/player.mjs";
import { Visitor, honestAddress } from "../support/visitor.mjs";

const LARGEST = 2 ** 53 - 1;
/** Chat allows five a second. */
const CHAT_EVERY_MS = 220;

export const farAcknowledgement = {
  name: "far-acknowledgement",
  what: "ack and resume with the largest last_seq there is, then a kill -9: does the hub still deliver chat?",
  full: { chats: 30 },
  short: { chats: 6 },
  outage: true,
  disturbs: "the server is killed",
  async run(stage, { chats }) {
    const attacker = await Player.enter(stage.attacker());
    attacker.send({ type: "ack", last_seq: LARGEST });
    // Answered: so the hub has read what was sent before.
    await attacker.ask({ type: "ping" });
    attacker.leaving = true;
    attacker.socket.cut();
    await pause(300);
    const resumed = await attacker.resume(LARGEST).then(() => "resumed", (error) => error.message);
    if (resumed === "resumed") attacker.say("what am I told of?");
    await pause(500);
    await stage.server.kill9();
    await stage.start();
    // Everybody's own chat is answered by a copy, or by an error: newcomers know no number of before.
    const speakers = [await Player.enter(new Visitor(stage.url, { from: honestAddress(1) })), await Player.enter(new Visitor(stage.url, { from: honestAddress(2) }))];
    const answers = [];
    for (let n = 0; n < chats; n += 1) {
      answers.push(...(await Promise.all(speakers.map((speaker, index) => speaker.ask({ type: "chat", content: `after ${index} ${n}` })))));
      await pause(CHAT_EVERY_MS);
    }
    for (const player of [...speakers, attacker]) player.leave();
    const outcomes = tally(answers.map((answer) => (answer === undefined ? "no answer" : (answer.error_code ?? "delivered"))));
    return { figures: { "resume with 2^53−1": resumed, "chats after the restart": outcomes }, aims: { "every chat is delivered": outcomes.delivered === answers.length } };
  },
};

/** Until clients that are told of others once a second have been. */
const QUIET_MS = 1_500;

/** Leaves for good, with an answer that is to be delivered before. */
function goodbye(player) {
  player.send({ type: "party_chat", content: "so long", message_id: "last" });
  player.send({ type: "disconnect" });
  player.socket.close();
}

export const quickJoins = {
  name: "quick-joins",
  what: "hundreds of joins and leaves, as quick as the server takes them: when is the next chat heard?",
  full: { accounts: 8, each: 50, atMostMs: 1_000 },
  short: { accounts: 3, each: 10, atMostMs: 2_000 },
  disturbs: "each join draws its newcomer for all who see it; the next chat is the measure",
  async run(stage, { accounts, each, atMostMs }) {
    const listener = await Player.enter(new Visitor(stage.url, { from: honestAddress(1) }));
    const speaker = await Player.enter(new Visitor(stage.url, { from: honestAddress(2) }));
    const players = [];
    for (let n = 0; n < accounts; n += 1) {
      const player = await Player.enter(stage.attacker(n));
      player.leave();
      players.push(player);
    }
    // All tickets first: then a join is an upgrade and nothing else.
    const tickets = await Promise.all(
      players.map(async ({ visitor, account }) => {
        const list = [];
        for (let n = 0; n < each; n += 1) list.push((await visitor.must("POST", "/api/ws/ticket", { token: account.token })).ticket);
        return list;
      }),
    );
    let refused = 0;
    const began = performance.now();
    await Promise.all(
      players.map(async (player, index) => {
        for (const ticket of tickets[index]) {
          await player.enterBy(ticket).then(() => goodbye(player), () => (refused += 1));
        }
      }),
    );
    const took = performance.now() - began;
    // While something moves chat goes with the tick; then it goes by itself.
    await pause(QUIET_MS);
    const said = performance.now();
    const heard = Promise.withResolvers();
    listener.onChat = (content) => content === "the next chat" && heard.resolve(performance.now() - said);
    speaker.say("the next chat");
    const delay = await Promise.race([heard.promise, pause(30_000, Infinity)]);
    listener.leave();
    speaker.leave();
    return {
      figures: { joins: accounts * each - refused, refused, "they took": `${(took / 1000).toFixed(1)} s`, "the next chat took": `${rounded(delay)} ms` },
      aims: { [`the next chat is heard within ${atMostMs} ms`]: delay < atMostMs },
    };
  },
};
