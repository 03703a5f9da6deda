// Whether the machine's clock was set back, as `serve` judges it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClockRule } from "../../scripts/serve/clock.mjs";

const HOUR = 3_600_000;

/** Judges looks half a second apart, at each of which the clock is this much ahead: what was told. */
function told(aheads, rule = new ClockRule()) {
  return aheads.map((ahead, n) => rule.judge(1_800_000_000_000 + n * 500 + ahead, n * 500)).filter((by) => by !== undefined);
}

test("a clock that goes on, is set forward or is corrected a little is not set back", () => {
  assert.deepEqual(told([0, 0, 3, -2, -400, -800, HOUR, HOUR, 2 * HOUR]), []);
});

test("a step back is told once, by how much", () => {
  assert.deepEqual(told([0, 0, -20_000, -20_000, -20_000]), [20_000]);
  assert.deepEqual(told([HOUR, 0, 0]), [HOUR]);
});

test("steps in quick succession are told together after ten seconds, unless they were made good", () => {
  const still = (ahead) => Array.from({ length: 25 }, () => ahead);
  assert.deepEqual(told([0, -5_000, -10_000, ...still(-10_000)]), [5_000, 5_000]);
  assert.deepEqual(told([0, -5_000, -10_000, -5_000, ...still(-5_000)]), [5_000]);
});

test("a runtime that has just been started has seen no step", () => {
  const rule = new ClockRule();
  assert.deepEqual(told([0, -5_000, -10_000], rule), [5_000]);
  rule.began();
  assert.deepEqual(told([-10_000, -10_000], rule), []);
});
