// Damaged files of objects: what is made anew is set aside, the rest is named.
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { Damage } from "../../scripts/serve/damage.mjs";

const { DatabaseSync } = await import("node:sqlite").catch(() => ({}));
const skip = DatabaseSync === undefined && "this Node has no SQLite to make files with";

const ID = (digit) => digit.repeat(64);

/** A data folder of Damage's shape; `files` are { "Hub/<id>": bytes }. */
function folderOf(files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-damage-"));
  const objects = path.join(folder, "objects");
  for (const [name, bytes] of Object.entries(files)) {
    const file = path.join(objects, `realm-${name}.sqlite`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, bytes);
  }
  const has = (name) => fs.existsSync(path.join(objects, `realm-${name}.sqlite`));
  const aside = () => (fs.existsSync(path.join(folder, "corrupt")) ? fs.readdirSync(path.join(folder, "corrupt")) : []);
  return { folder, objects, has, aside };
}

/** The bytes of a whole SQLite file of some pages. */
function whole() {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-sqlite-")), "whole.sqlite");
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode = WAL; CREATE TABLE places (id TEXT PRIMARY KEY, place TEXT) STRICT; BEGIN");
  for (let n = 0; n < 500; n += 1) db.prepare("INSERT INTO places VALUES (?, ?)").run(`${n}`, "x".repeat(100));
  db.exec("COMMIT");
  db.close();
  const bytes = fs.readFileSync(file);
  fs.rmSync(path.dirname(file), { recursive: true });
  return bytes;
}

/** Collects what is said meanwhile. */
function saidBy(act) {
  const lines = [];
  const { error } = console;
  console.error = (line) => lines.push(line);
  try {
    act();
  } finally {
    console.error = error;
  }
  return lines;
}

const damaged = {
  "no header": (bytes) => bytes.fill(0, 0, 16),
  "a page that is garbage": (bytes) => bytes.fill(0xa5, 4096, 8192),
  "a missing end": (bytes) => bytes.subarray(0, bytes.length - 4096),
  "half a page at its end": (bytes) => bytes.subarray(0, bytes.length - 1000),
};
for (const [what, damage] of Object.entries(damaged)) {
  test(`a hub's file with ${what} is set aside, loudly, and its neighbour is left`, { skip }, () => {
    const data = folderOf({ [`Hub/${ID("a")}`]: damage(whole()), [`Hub/${ID("b")}`]: whole() });
    fs.writeFileSync(path.join(data.objects, `realm-Hub/${ID("a")}.sqlite-shm`), "");
    const said = saidBy(() => new Damage(data, "realm").lookAtAll());
    assert.deepEqual([data.has(`Hub/${ID("a")}`), data.has(`Hub/${ID("b")}`)], [false, true]);
    assert.equal(said.length, 1);
    assert.match(said[0], new RegExp(`DAMAGED: .*${ID("a")}.*this Hub begins anew`));
    const kept = data.aside().map((name) => name.replace(/^[\d-]+T[\d.]+Z-/, ""));
    for (const suffix of ["", "-shm"]) assert.ok(kept.includes(`Hub-${ID("a")}.sqlite${suffix}`), kept.join());
    fs.rmSync(data.folder, { recursive: true });
  });
}

test("what lasts is named and left where it is, to be restored", { skip }, () => {
  const garbage = Buffer.alloc(8192, 0xa5);
  const names = ["World", "Directory", "Party", "Account", "Character"];
  const data = folderOf(Object.fromEntries(names.flatMap((name) => [[`${name}/${ID("a")}`, garbage], [`${name}/${ID("b")}`, whole()]])));
  const said = saidBy(() => new Damage(data, "realm").lookAtAll());
  assert.equal(said.length, names.length);
  for (const [index, name] of names.entries()) {
    assert.match(said[index], new RegExp(`DAMAGED: .*realm-${name}/${ID("a")}\\.sqlite.*restored from a backup`));
    assert.ok(data.has(`${name}/${ID("a")}`));
  }
  assert.deepEqual(data.aside(), []);
  fs.rmSync(data.folder, { recursive: true });
});

test("a damaged table of alarms is set aside for every class, without which nothing would start", { skip }, () => {
  const names = ["World", "Account", "Hub"];
  const data = folderOf(Object.fromEntries(names.map((name) => [`${name}/metadata`, Buffer.alloc(8192, 0xa5)])));
  fs.mkdirSync(path.join(data.objects, "realm-Party"));
  fs.writeFileSync(path.join(data.objects, "realm-Party", "metadata.sqlite"), whole());
  const damage = new Damage(data, "realm");
  assert.deepEqual(saidBy(() => damage.lookAtAll()), []);
  const said = saidBy(() => damage.setAside());
  assert.equal(said.length, names.length);
  for (const name of names) assert.equal(data.has(`${name}/metadata`), false);
  assert.ok(data.has("Party/metadata"));
  fs.rmSync(data.folder, { recursive: true });
});

test("a file whose last changes are in its log is whole: empty, and ending within a page", { skip }, () => {
  const data = folderOf({ [`Hub/${ID("a")}`]: "", [`Hub/${ID("b")}`]: "", [`World/${ID("c")}`]: whole().subarray(0, -1000) });
  fs.writeFileSync(path.join(data.objects, `realm-World/${ID("c")}.sqlite-wal`), "log");
  // A hub that was killed while it wrote: all of it is in the log.
  const file = path.join(data.objects, `realm-Hub/${ID("b")}.sqlite`);
  fs.rmSync(file);
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE log (seq INTEGER); INSERT INTO log VALUES (7)");
  const copies = ["", "-wal"].map((suffix) => [file + suffix, fs.readFileSync(file + suffix)]);
  db.close();
  for (const [name, bytes] of copies) fs.writeFileSync(name, bytes);
  assert.deepEqual(saidBy(() => new Damage(data, "realm").lookAtAll()), []);
  const again = new DatabaseSync(file);
  assert.equal(again.prepare("SELECT seq FROM log").get().seq, 7);
  again.close();
  fs.rmSync(data.folder, { recursive: true });
});

test("what a hub says of its file while it runs sets that aside at the next start, over an end of serve too", { skip }, () => {
  const data = folderOf({ [`Hub/${ID("a")}`]: whole(), [`Hub/${ID("b")}`]: whole(), [`Account/${ID("c")}`]: whole() });
  const line = Buffer.from(`a line\ncorrupt storage: Hub ${ID("a")}: database disk image is malformed\ncorrupt storage: Account ${ID("c")}\nnot at its beginning: corrupt storage: Hub ${ID("b")}\ncorrupt storage: ../Hub ${ID("b")}\n`);
  const first = new Damage(data, "realm");
  // In pieces, as a pipe gives it.
  for (let at = 0; at < line.length; at += 7) first.hear(line.subarray(at, at + 7));
  assert.ok(data.has(`Hub/${ID("a")}`), "not while it runs");
  const said = saidBy(() => new Damage(data, "realm").setAside());
  assert.match(said[0], /DAMAGED: .*the object found it corrupt/);
  assert.deepEqual([data.has(`Hub/${ID("a")}`), data.has(`Hub/${ID("b")}`), data.has(`Account/${ID("c")}`)], [false, true, true]);
  assert.deepEqual(saidBy(() => new Damage(data, "realm").setAside()), [], "once");
  fs.rmSync(data.folder, { recursive: true });
});

test("a line without an end grows nothing", () => {
  const data = folderOf({});
  fs.mkdirSync(data.folder, { recursive: true });
  const damage = new Damage(data, "realm");
  const piece = Buffer.alloc(64 * 1024, 0x61);
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 2_000; n += 1) damage.hear(piece);
  damage.hear(Buffer.from(`\ncorrupt storage: Hub ${ID("a")}\n`));
  assert.ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
  assert.equal(fs.readFileSync(path.join(data.folder, "corrupt-objects"), "utf8"), `Hub ${ID("a")}\n`);
  fs.rmSync(data.folder, { recursive: true });
});
