// Telling a damaged SQLite file, while nobody has it open: https://www.sqlite.org/fileformat2.html.
import fs from "node:fs";

const MAGIC = Buffer.from("SQLite format 3\0");
/** The header that every file begins with, in bytes. */
const HEADER = 100;
/** A larger file is not read whole, in bytes: that would take a second. */
const READ_WHOLE = 32 * 1024 * 1024;

// Node has SQLite from 22.5 on, and then says on stderr that this is experimental.
const sqlite = await import("node:sqlite").catch(() => undefined);

/**
 * What is wrong with a file, in words, or undefined: by its header and size, and where
 * `whole` is true by every page of it too, as far as this Node can.
 */
export function whatIsWrong(file, { whole }) {
  const { header, size } = begin(file);
  // What was committed last is in the log beside it, which says itself where it is whole:
  // the file may be empty, and end within a page.
  if (sizeOf(`${file}-wal`) === 0) {
    if (size === 0) return undefined;
    const wrong = inHeader(header, size);
    if (wrong) return wrong;
  } else if (size >= HEADER && !header.subarray(0, MAGIC.length).equals(MAGIC)) {
    return "it does not begin as a SQLite file";
  }
  return whole && size <= READ_WHOLE ? inPages(file) : undefined;
}

function begin(file) {
  const fd = fs.openSync(file, "r");
  try {
    const header = Buffer.alloc(HEADER);
    fs.readSync(fd, header, 0, HEADER, 0);
    return { header, size: fs.fstatSync(fd).size };
  } finally {
    fs.closeSync(fd);
  }
}

function inHeader(header, size) {
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) return "it does not begin as a SQLite file";
  // 1 stands for 65,536.
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) return "its header has no possible page size";
  if (size % pageSize !== 0) return "it ends within a page";
  // The header's count of pages holds if it was written with the last change.
  const counted = header.readUInt32BE(24) === header.readUInt32BE(92);
  if (counted && size < header.readUInt32BE(28) * pageSize) return "its end is missing";
  return undefined;
}

function inPages(file) {
  if (!sqlite) return undefined;
  let db;
  try {
    db = new sqlite.DatabaseSync(file, { readOnly: true });
    const [first] = db.prepare("PRAGMA quick_check(1)").all();
    const result = Object.values(first ?? {})[0];
    return result === "ok" ? undefined : String(result).split("\n")[0];
  } catch (error) {
    // SQLITE_CORRUPT and SQLITE_NOTADB; anything else says nothing of the file.
    return error.errcode === 11 || error.errcode === 26 ? error.message : undefined;
  } finally {
    db?.close();
  }
}

function sizeOf(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
