// The files of objects in a data folder, and how disks spoil them.
import { createHash, createHmac } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { wranglerToml } from "../../../scripts/lib/wrangler-toml.mjs";

/** A namespace's folder of files. */
export const folderOf = (dataDir, className) => path.join(dataDir, "objects", `${wranglerToml().name}-${className}`);

/** The id that the runtime gives to an object's name; its file is called by it. */
export function idOf(className, name) {
  const key = createHash("sha256").update(`${wranglerToml().name}-${className}`).digest();
  const hmac = (bytes) => createHmac("sha256", key).update(bytes).digest().subarray(0, 16);
  const first = hmac(name);
  return Buffer.concat([first, hmac(first)]).toString("hex");
}

/** An object's file, by its class and name. */
export const fileOf = (dataDir, className, name) => path.join(folderOf(dataDir, className), `${idOf(className, name)}.sqlite`);

/** The files of all objects of a class, without the runtime's own. */
export function filesOf(dataDir, className) {
  const folder = folderOf(dataDir, className);
  return fs.readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)).map((name) => path.join(folder, name));
}

/** SQLite's page, in bytes. */
const PAGE = 4096;

/** What may be spoilt: the runtime cannot open a file of the first kind, and cannot read in one of the second. */
export const damages = {
  header: (file) => overwrite(file, 0, () => 100),
  pages: (file) => overwrite(file, PAGE, (size) => size - PAGE),
};

function overwrite(file, from, lengthOf) {
  // What a stopped server has left beside it would mend it: all of it goes into the file first.
  const database = new DatabaseSync(file);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  for (const beside of ["-wal", "-shm"]) fs.rmSync(file + beside, { force: true });
  const length = lengthOf(fs.statSync(file).size);
  if (!(length > 0)) throw new Error(`${file} is too small to be damaged there`);
  const handle = fs.openSync(file, "r+");
  fs.writeSync(handle, Buffer.alloc(length, 0xa5), 0, length, from);
  fs.closeSync(handle);
}
