// How an attack repeats itself: each of these ends by itself.
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

/** Does something again and again for this long, `atOnce` at a time: what came of each. */
export async function repeatedly({ forMs, atOnce, times = Infinity }, act) {
  const until = performance.now() + forMs;
  const results = [];
  let begun = 0;
  const one = async () => {
    while (performance.now() < until && begun < times) results.push(await act((begun += 1)));
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return results;
}

/** Begins something so many times a second for this long, whether the last has ended or not: what came of each. */
export async function perSecond({ rate, forMs }, act) {
  const began = performance.now();
  const results = [];
  for (let n = 0; performance.now() - began < forMs; ) {
    const due = Math.floor(((performance.now() - began) / 1000) * rate);
    for (; n < due; n += 1) results.push(act(n));
    await pause(5);
  }
  return Promise.all(results);
}

/** Waits until something holds: whether it did in time. */
export async function within(ms, holds, everyMs = 50) {
  for (const until = performance.now() + ms; ; await pause(everyMs)) {
    if (await holds()) return true;
    if (performance.now() > until) return false;
  }
}

/** Waits until the other side has taken what was written: whether it did in time. */
export async function drained(socket, withinMs = 10_000) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), withinMs);
  const taken = once(socket, "drain", stop).then(() => true, () => false);
  const closed = once(socket, "close", stop).then(() => false, () => false);
  const result = await Promise.race([taken, closed]);
  // Takes the listeners off.
  clearTimeout(timer);
  stop.abort();
  return result;
}
