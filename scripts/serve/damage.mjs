// Files of objects that are damaged. Each object has one SQLite file, and what is wrong with
// it is that object's alone: the server starts all the same. State that objects make anew
// is set aside; the rest is named, to be restored from a backup.
import fs from "node:fs";
import path from "node:path";
import { wranglerToml } from "../lib/wrangler-toml.mjs";
import { note } from "../lib/say.mjs";
import { whatIsWrong } from "./sqlite-file.mjs";

/** Objects that hold nothing which is not made anew: a hub's players come in again, a throttle counts again. */
const SOFT = ["Hub", "Throttle"];
/** The order in which files are looked at: the few first, on which all others depend. */
const HARD = ["World", "Directory", "Party", "Account", "Character"];

/** When the objects of a class wake by themselves. The runtime does not start with a bad one. */
const ALARMS = "metadata.sqlite";

/** How long a start looks at the files of lasting state, in milliseconds; some 50 files take one. */
const LOOK_FOR_MS = 1_000;
/** How long it reads those of soft state whole. */
const READ_FOR_MS = 2_000;

/** What an object that finds its file corrupt while it runs writes to the log: its class, and its id in hexadecimal. */
const SAID = /^corrupt storage: (\w+) ([0-9a-f]{64})\b/;
/** What is kept of a line that has not ended. */
const LONGEST_LINE = 4_096;
/** Files that are noted for the next start; a log cannot make more. */
const MOST_NOTED = 1_000;

/** The files of one data folder's objects. */
export class Damage {
  #objects;
  #aside;
  #notes;
  #prefix;
  #noted = new Set();
  #line = "";

  /** `data` is an open data folder; `name` the server's, which the folders of its objects begin with. */
  constructor(data, name = wranglerToml().name) {
    this.#objects = data.objects;
    this.#aside = path.join(data.folder, "corrupt");
    this.#notes = path.join(data.folder, "corrupt-objects");
    this.#prefix = `${name}-`;
    for (const line of read(this.#notes).split("\n")) this.#note(line.match(/^(\w+) ([0-9a-f]{64})$/));
  }

  /** At the first start: looks at the files of all objects, sets aside those of soft state that are damaged, and names the others. */
  lookAtAll() {
    const readUntil = performance.now() + READ_FOR_MS;
    for (const name of SOFT) {
      for (const file of this.#filesOf(name)) {
        const wrong = whatIsWrong(file, { whole: performance.now() < readUntil });
        if (wrong) this.#moveAside(name, file, wrong, `this ${name} begins anew`);
      }
    }
    this.#lookAtLasting();
  }

  /** Before every start: sets aside damaged tables of alarms, and what objects of soft state have found corrupt while they ran. */
  setAside() {
    for (const name of [...HARD, ...SOFT]) {
      const file = path.join(this.#folderOf(name), ALARMS);
      const wrong = fs.existsSync(file) && whatIsWrong(file, { whole: true });
      if (wrong) this.#moveAside(name, file, wrong, "objects that were to wake by themselves do so once they have been asked for something");
    }
    for (const one of this.#noted) {
      const [name, id] = one.split(" ");
      const file = path.join(this.#folderOf(name), `${id}.sqlite`);
      if (fs.existsSync(file)) this.#moveAside(name, file, "the object found it corrupt", `this ${name} begins anew`);
    }
    this.#noted.clear();
    fs.rmSync(this.#notes, { force: true });
  }

  /** Takes in what the runtime prints, in pieces. */
  hear(bytes) {
    const lines = (this.#line + bytes.toString("latin1")).split("\n");
    this.#line = lines.pop().slice(0, LONGEST_LINE);
    for (const line of lines) {
      const said = line.match(SAID);
      if (said && this.#note(said)) fs.appendFileSync(this.#notes, `${said[1]} ${said[2]}\n`, { mode: 0o600 });
    }
  }

  /** Notes an object of soft state: whether that is new. */
  #note(match) {
    const one = match && `${match[1]} ${match[2]}`;
    if (!match || !SOFT.includes(match[1]) || this.#noted.has(one) || this.#noted.size >= MOST_NOTED) return false;
    this.#noted.add(one);
    return true;
  }

  #lookAtLasting() {
    const until = performance.now() + LOOK_FOR_MS;
    let left = 0;
    for (const name of HARD) {
      for (const file of this.#filesOf(name)) {
        if (performance.now() > until) {
          left += 1;
          continue;
        }
        const wrong = whatIsWrong(file, { whole: false });
        if (wrong) note(`DAMAGED: ${file} (${wrong}). This ${name} is refused until the file is restored from a backup; all else works.`);
      }
    }
    if (left > 0) note(`${left} files of objects were not looked at before the start: they are many`);
  }

  #moveAside(name, file, wrong, effect) {
    fs.mkdirSync(this.#aside, { recursive: true, mode: 0o700 });
    const time = new Date().toISOString().replaceAll(":", "");
    for (const suffix of ["", "-wal", "-shm"]) {
      if (!fs.existsSync(file + suffix)) continue;
      fs.renameSync(file + suffix, path.join(this.#aside, `${time}-${name}-${path.basename(file)}${suffix}`));
    }
    note(`DAMAGED: ${file} (${wrong}). It is set aside in ${this.#aside}: ${effect}.`);
  }

  #folderOf(name) {
    return path.join(this.#objects, this.#prefix + name);
  }

  #filesOf(name) {
    const folder = this.#folderOf(name);
    if (!fs.existsSync(folder)) return [];
    return fs.readdirSync(folder).filter((file) => file.endsWith(".sqlite") && file !== ALARMS).map((file) => path.join(folder, file));
  }
}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
