// The runtime, kept running: started again when it ends by itself, takes too much memory,
// answers nobody, or had its clock set back, on the port that it had. Players resume by themselves.
import { setTimeout as pause } from "node:timers/promises";
import { ready } from "../lib/ready.mjs";
import { note } from "../lib/say.mjs";
import { ClockRule, watchClock } from "./clock.mjs";
import { MemoryRule, memoryOf, watchMemory } from "./memory.mjs";
import { Restarts } from "./restarts.mjs";
import { watchAnswers } from "./watch-answers.mjs";

/** How long sending players away may take: with what workerd has to end, under the five seconds. */
const SEND_AWAY_MS = 800;

/** How long a runtime that is started again has to end: players are waiting, and who is ill-willed does not go. */
const GRACE_MS = 1_000;

const MIB = 1024 * 1024;

/**
 * Keeps running what `start(port)` starts (workerd.mjs has the shape), from `port` on:
 * { ready, end, stop(), stopping() }. `askEveryMs` is watchAnswers'.
 * - `ready` resolves to the URL once it answers there for the first time, or to undefined
 *   if that never came; `urlOf(port)` makes it;
 * - `end` to serve's exit code, after stop() or when another start would not help;
 * - stop() sends players away, by `stopToken`, and ends it within five seconds.
 */
export function keepRunning({ start, port, urlOf, stopToken, memoryLimit, askEveryMs }) {
  const rule = new MemoryRule(memoryLimit);
  const clockRule = new ClockRule();
  const restarts = new Restarts();
  let readied;
  const firstReady = new Promise((resolve) => (readied = resolve));
  const stopped = new AbortController();
  let url;
  let running;
  /** When players were sent away or lost, while they are: a clock that does not jump. */
  let awaySince;
  let everReady = false;
  /** The first start was given up. */
  let hopeless = false;

  const stopping = () => stopped.signal.aborted;

  async function sendAway() {
    if (url === undefined) return;
    // Players are told to come back; a server that does not answer is stopped without.
    await fetch(`${url}/internal/stop`, { method: "POST", headers: { Authorization: `Bearer ${stopToken}` }, signal: AbortSignal.timeout(SEND_AWAY_MS) }).catch(() => {});
  }

  /** One runtime, from its start to its end: { how, ordered, listened, lived }. */
  async function once() {
    const began = performance.now();
    const workerd = start(port);
    running = workerd;
    let ordered = false;
    let killed = false;
    const again = async (why) => {
      note(`${why}: sending players away and starting it again`);
      ordered = true;
      awaySince ??= performance.now();
      await sendAway();
      workerd.stop(GRACE_MS);
    };
    const memory = watchMemory(workerd.pid, (used) => {
      const verdict = killed ? undefined : rule.judge(used, performance.now());
      if (verdict === "kill") {
        note(`the runtime takes ${inMib(used)}, far above MEMORY_LIMIT (${inMib(memoryLimit)}): killing it and starting it again`);
        ordered = true;
        killed = true;
        awaySince ??= performance.now();
        workerd.kill();
      }
      // Before the first time nobody is there who would have to come back.
      if (verdict === "restart" && everReady) again(`the runtime takes ${inMib(used)}, above MEMORY_LIMIT (${inMib(memoryLimit)})`);
    });
    const clock = watchClock(clockRule, (by) => {
      if (everReady && !ordered) again(`the machine's clock was set back by ${(by / 1000).toFixed(1)} s`);
    });
    let answers;
    const listeningOn = await workerd.listening;
    if (listeningOn !== undefined) {
      port = listeningOn;
      url = urlOf(port);
      if (await untilReady(workerd)) answers = watchAnswers(`${url}/healthz`, askEveryMs, (silence) => again(`the runtime has answered nobody for ${silence / 1000} s`));
    }
    const how = await workerd.end;
    memory.stop();
    clock.stop();
    answers?.stop();
    return { how, ordered, listened: listeningOn !== undefined, lived: performance.now() - began };
  }

  /** Whether it has become ready, however long that takes; false once it is not to be waited for. */
  async function untilReady(workerd) {
    const givenUp = () => stopping() || workerd.ended();
    // What is damaged no start mends, and all else works: it serves, and says what it lacks.
    const serves = ({ state }) => ["ready", "damaged"].includes(state);
    let found = await ready(url, { givenUp });
    if (!serves(found) && !everReady && !givenUp()) {
      hopeless = true;
      note(found.state === "silent" ? `${url}/readyz has not answered 200 within 30 seconds: giving up` : "The server is not configured: the line above names the variable.");
      workerd.stop();
      return false;
    }
    // It was ready before, so it may be again: the disk was full, say.
    for (let said = false; !serves(found) && !givenUp(); found = await ready(url, { givenUp })) {
      if (!said) note(`${url}/readyz has not answered 200 within 30 seconds: waiting on`);
      said = true;
    }
    if (!serves(found)) return false;
    if (found.state === "damaged") note(`NOT READY: ${found.detail}`);
    const used = await memoryOf(workerd.pid);
    if (used !== undefined && rule.began(used)) note(`MEMORY_LIMIT is ${inMib(memoryLimit)}, and the runtime takes ${inMib(used)} as soon as it is ready: set it higher`);
    if (awaySince !== undefined) note(`back on ${url}: players were away for ${((performance.now() - awaySince) / 1000).toFixed(1)} s`);
    awaySince = undefined;
    everReady = true;
    readied(url);
    return true;
  }

  async function run() {
    for (;;) {
      const { how, ordered, listened, lived } = await once();
      if (stopping()) return 0;
      awaySince ??= performance.now();
      if (!everReady) {
        if (!hopeless && !ordered) note(`workerd ended by itself (${how})`);
        return 1;
      }
      if (ordered) continue;
      const wait = restarts.after({ lived, listened });
      if (wait === undefined) {
        note(`workerd ended by itself (${how}), again before it listened: giving up`);
        return 1;
      }
      note(`workerd ended by itself (${how}) after ${(lived / 1000).toFixed(1)} s: starting it again in ${wait / 1000} s`);
      await pause(wait, undefined, { signal: stopped.signal }).catch(() => {});
      if (stopping()) return 0;
    }
  }

  const end = run().finally(() => readied(undefined));
  // Whoever waits for `ready` first hears of a failure after that.
  end.catch(() => {});
  return {
    ready: firstReady,
    end,
    stopping,
    async stop() {
      if (stopping()) return;
      stopped.abort();
      await sendAway();
      running.stop();
    },
  };
}

const inMib = (bytes) => `${Math.round(bytes / MIB)} MiB`;
