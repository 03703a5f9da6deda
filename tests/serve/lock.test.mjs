// One server at a time on a data folder, whoever was killed before.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { find } from "../../scripts/lib/environment.mjs";
import { inRoot } from "../../scripts/lib/paths.mjs";
import { openDataFolder } from "../../scripts/serve/data-folder.mjs";
import { LOCKERS, takeLock } from "../../scripts/serve/lock.mjs";

const temporary = () => fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-lock-"));

/** A process that opens the data folder and, with `runtime`, starts a child that inherits the lock; then it waits. */
async function holder(folder, { runtime = false } = {}) {
  const script = `
    import { spawn } from "node:child_process";
    import { openDataFolder } from ${JSON.stringify(inRoot("scripts/serve/data-folder.mjs"))};
    const data = openDataFolder(${JSON.stringify(folder)});
    const child = ${runtime} ? spawn("sleep", ["60"], { stdio: ["ignore", "ignore", "ignore", data.lock], detached: true }) : undefined;
    if (child) data.nowUsedBy(child.pid);
    console.log(child?.pid ?? 0);
    setTimeout(() => {}, 60_000);`;
  const process = spawn(globalThis.process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = await once(process.stdout, "data");
  return { pid: process.pid, runtime: Number(said), kill: async () => (process.kill("SIGKILL"), await once(process, "exit")) };
}

const refusal = (folder) => {
  try {
    openDataFolder(folder).close();
    return undefined;
  } catch (error) {
    return error.message;
  }
};

test("a folder that another process has is refused with its pid, and is free once that was killed", async () => {
  const folder = temporary();
  const other = await holder(folder);
  assert.match(refusal(folder), new RegExp(`in use by process ${other.pid}, another server`));
  await other.kill();
  assert.equal(refusal(folder), undefined);
  fs.rmSync(folder, { recursive: true });
});

test("a runtime that outlived its server keeps the folder, and the refusal says which process to end", async () => {
  const folder = temporary();
  const other = await holder(folder, { runtime: true });
  await other.kill();
  assert.match(refusal(folder), new RegExp(`\`kill ${other.runtime}\``));
  process.kill(other.runtime);
  assert.equal(refusal(folder), undefined);
  fs.rmSync(folder, { recursive: true });
});

test("a pid of another container is not taken for one of here", async () => {
  const folder = temporary();
  const other = await holder(folder);
  const lock = path.join(folder, "serve.lock");
  fs.writeFileSync(lock, JSON.stringify({ ...JSON.parse(fs.readFileSync(lock, "utf8")), namespace: "pid:[1]" }));
  assert.match(refusal(folder), new RegExp(`process ${other.pid} of ${os.hostname()} \\(another container or machine\\)`));
  await other.kill();
  fs.rmSync(folder, { recursive: true });
});

test("what stands in the lock's file frees nothing and locks nothing", async () => {
  const folder = temporary();
  const other = await holder(folder);
  for (const text of ["null", '[{"pid":1}]']) {
    fs.writeFileSync(path.join(folder, "serve.lock"), text);
    assert.match(refusal(folder), /in use by another server/);
  }
  await other.kill();
  // As a first version of `serve` left it, with the pid of a process that lives.
  fs.writeFileSync(path.join(folder, "serve.lock"), JSON.stringify([{ pid: process.pid }]));
  assert.equal(refusal(folder), undefined);
  fs.rmSync(folder, { recursive: true });
});

for (const locker of LOCKERS) {
  test(`${locker.program} takes the lock once`, { skip: !find(locker.program) && `${locker.program} is not installed` }, () => {
    const folder = temporary();
    const file = path.join(folder, "lock");
    const fd = takeLock(file, [locker]);
    assert.ok(fd > 2);
    for (const other of LOCKERS.filter(({ program }) => find(program))) assert.equal(takeLock(file, [other]), undefined);
    fs.closeSync(fd);
    fs.closeSync(takeLock(file, [locker]));
    fs.rmSync(folder, { recursive: true });
  });
}
