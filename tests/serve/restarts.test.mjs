// When a runtime that ended by itself is started again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Restarts } from "../../scripts/serve/restarts.mjs";

test("pauses double up to five seconds while each run is short", () => {
  const restarts = new Restarts();
  const pauses = Array.from({ length: 7 }, () => restarts.after({ lived: 1_000, listened: true }));
  assert.deepEqual(pauses, [200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
});

test("a run of ten seconds brings the first pause back", () => {
  const restarts = new Restarts();
  for (let n = 0; n < 5; n += 1) restarts.after({ lived: 0, listened: true });
  assert.equal(restarts.after({ lived: 10_000, listened: true }), 200);
});

test("whoever ends a server that listens, again and again, never ends it for good", () => {
  const restarts = new Restarts();
  for (let n = 0; n < 1_000; n += 1) assert.notEqual(restarts.after({ lived: 1, listened: true }), undefined);
});

test("five ends in a row before it listened are given up, and one run between them begins anew", () => {
  const restarts = new Restarts();
  const unreached = { lived: 1, listened: false };
  for (let n = 0; n < 4; n += 1) assert.notEqual(restarts.after(unreached), undefined);
  assert.notEqual(restarts.after({ lived: 1, listened: true }), undefined);
  for (let n = 0; n < 4; n += 1) assert.notEqual(restarts.after(unreached), undefined);
  assert.equal(restarts.after(unreached), undefined);
});
