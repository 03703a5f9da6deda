// Whether the machine's clock is set back. workerd keeps the clock of an object that it has in
// memory from going back: its time stands still, and its timers wait, until the real clock is
// there again. A runtime that is started again has no such objects (docs/decisions/time.md).

/** Between two looks, in milliseconds. */
const EVERY_MS = 500;
/** A step back of at least this many milliseconds counts: below it are NTP's corrections. */
const STEP_MS = 1_000;
/** A clock that goes back and forth has the runtime started again at most this often, in milliseconds. */
const NOT_AGAIN_FOR = 10_000;

/** Decides about one server, over all its runtimes. `steady` is a clock that does not jump; both in milliseconds. */
export class ClockRule {
  #ahead;
  #setBack = 0;
  #told = -Infinity;

  /** By how much the clock was set back, once that is to be told; else undefined. */
  judge(real, steady) {
    const ahead = real - steady;
    const step = ahead - (this.#ahead ?? ahead);
    this.#ahead = ahead;
    // A step forward makes good for one back that has not been told yet.
    if (step <= -STEP_MS || this.#setBack > 0) this.#setBack = Math.max(this.#setBack - step, 0);
    if (this.#setBack < STEP_MS || steady - this.#told < NOT_AGAIN_FOR) return undefined;
    const by = this.#setBack;
    this.#setBack = 0;
    this.#told = steady;
    return by;
  }

  /** A runtime has just been started: it has seen no step. */
  began() {
    this.#setBack = 0;
  }
}

/** Looks at the clock again and again until stop(): told is by how much it was set back, in milliseconds. */
export function watchClock(rule, told) {
  rule.began();
  const timer = setInterval(() => {
    const by = rule.judge(Date.now(), performance.now());
    if (by !== undefined) told(by);
  }, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}
