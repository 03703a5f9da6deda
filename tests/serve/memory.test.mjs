// What is done about a runtime that takes too much memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryRule, inStatus, memoryLimit, memoryOf } from "../../scripts/serve/memory.mjs";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

test("half of the machine is the limit, or of the container, and never less than 512 MiB", () => {
  assert.equal(memoryLimit(undefined, { total: 8 * GIB, constrained: 0 }), 4 * GIB);
  assert.equal(memoryLimit("", { total: 8 * GIB, constrained: 2 * GIB }), GIB);
  assert.equal(memoryLimit(undefined, { total: 8 * GIB, constrained: 18446744073709552000 }), 4 * GIB);
  assert.equal(memoryLimit(undefined, { total: 8 * GIB, constrained: undefined }), 4 * GIB);
  assert.equal(memoryLimit(undefined, { total: 600 * MIB, constrained: 0 }), 512 * MIB);
});

test("MEMORY_LIMIT is a number of MiB from 256 on, and anything else is refused by its name", () => {
  assert.equal(memoryLimit("300"), 300 * MIB);
  for (const text of ["255", "0", "-1", "1.5", "1e3", "2 GiB", "99999999"]) assert.throws(() => memoryLimit(text), /MEMORY_LIMIT is/);
});

test("above the limit it is restarted in order, once in 30 s; above one and a half it is killed at once", () => {
  const rule = new MemoryRule(1_000);
  assert.equal(rule.began(100), false);
  assert.equal(rule.judge(999, 0), undefined);
  assert.equal(rule.judge(1_000, 1), "restart");
  assert.equal(rule.judge(1_400, 2), undefined);
  assert.equal(rule.judge(1_500, 3), "kill");
  assert.equal(rule.judge(1_499, 30_000), undefined);
  assert.equal(rule.judge(1_499, 30_001), "restart");
});

test("a runtime that is above the limit as it starts is said to be, and is not killed for it", () => {
  const rule = new MemoryRule(1_000);
  assert.equal(rule.began(1_600), true);
  assert.equal(rule.judge(1_700, 0), "restart");
  assert.equal(rule.judge(1_700, 1_000), undefined);
  assert.equal(rule.judge(2_400, 1_001), "kill");
});

test("what is swapped out counts, and a process that has ended takes nothing", async () => {
  assert.equal(inStatus("Name:\tworkerd\nVmRSS:\t    2048 kB\nVmSwap:\t    1024 kB\n"), 3 * MIB);
  assert.equal(inStatus("VmRSS:\t    2048 kB\n"), 2 * MIB);
  assert.equal(inStatus("State:\tZ (zombie)\n"), undefined);
  assert.equal(await memoryOf(2 ** 22 + 1), undefined);
  assert.ok((await memoryOf(process.pid)) > 10 * MIB);
});
