// What an attack is played on: a server, honest players who talk all the while, and a
// watch on the server's memory.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { SERVER_CORE, pin } from "../../../scripts/bench/surroundings.mjs";
import { startServer } from "../../e2e/support/server.mjs";
import { mebibytes } from "./figures.mjs";
import { within } from "./pace.mjs";
import { Visitor, hostileAddress } from "./visitor.mjs";

/** The tests themselves make many accounts from few addresses: what is no attack's subject is not limited. */
const ENV = { REGISTRATIONS_PER_ADDRESS: "1000000" };
/** Addresses of one attack's attackers: more than any has. */
const ATTACKERS = 32;
const MEMORY_EVERY_MS = 100;
/** An attack stops where it has cost this much: what it costs is known by then, and the machine is others' too. */
const ENOUGH = 3 * 2 ** 30;

export class Stage {
  attack = 0;

  static async open({ honest, env = {}, players = 4, headers, checkout, dataDir }) {
    const stage = new Stage();
    stage.folder = dataDir ?? fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-hostile-"));
    stage.borrowed = dataDir !== undefined;
    stage.options = { checkout, dataDir: stage.folder, env: { ...ENV, ...env } };
    stage.honest = honest;
    await stage.start();
    stage.options.env.PORT = new URL(stage.url).port;
    if (players > 0) stage.friends = await honest.enter(stage.url, players, headers);
    return stage;
  }

  /** Begins with the next attack: its memory is counted from here, and its attackers are others. */
  begin() {
    this.memory?.stop();
    this.memory = new MemoryWatch(() => this.workerdPid);
    this.attack += 1;
  }

  /** Starts the server, on the same data and port as before. */
  async start() {
    this.server = await startServer(this.options);
    this.url = this.server.url;
    const { pid: serve, workerdPid } = this.server;
    for (const pid of [serve, workerdPid]) pin(pid, SERVER_CORE);
    // A front door is on the attackers' core, before them.
    for (const pid of [serve, ...childrenOf(serve)]) undoNiceness(pid);
  }

  get workerdPid() {
    return this.server.workerdPid;
  }

  /** Whether the server answers, or does so soon. */
  answers(withinMs = 15_000) {
    const visitor = new Visitor(this.url);
    return within(withinMs, () => visitor.rest("GET", "/api/status").then(({ status }) => status === 200, () => false), 100);
  }

  /** An attacker: each n has an address of its own. */
  attacker(n = 0, options = {}) {
    return new Visitor(this.url, { from: hostileAddress(this.attack * ATTACKERS + n), ...options });
  }

  async close() {
    this.memory?.stop();
    await this.honest.leave();
    await this.server.stop();
    if (!this.borrowed) fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

function childrenOf(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
  } catch {
    return [];
  }
}

/** Undoes the niceness that it has from the attackers' process, where one may. */
function undoNiceness(pid) {
  try {
    os.setPriority(pid, 0);
  } catch {
    // Not as root: everything here has the same.
  }
}

/** Looks at the server's resident memory again and again. */
class MemoryWatch {
  constructor(pid) {
    this.pid = pid;
    this.first = this.now();
    this.peak = this.first;
    this.timer = setInterval(() => this.look(), MEMORY_EVERY_MS);
  }

  now() {
    try {
      return Number(/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${this.pid()}/status`, "utf8"))?.[1] ?? 0) * 1024;
    } catch {
      // Between two processes there is none.
      return 0;
    }
  }

  look() {
    this.peak = Math.max(this.peak, this.now());
  }

  /** Whether an attack has shown what it can do. */
  get enough() {
    return this.peak - this.first > ENOUGH;
  }

  /** In MiB: { first, peak, last }. */
  get figures() {
    this.look();
    return { first: mebibytes(this.first), peak: mebibytes(this.peak), last: mebibytes(this.now()) };
  }

  /** By how much it grew at most, in MiB. */
  get growth() {
    const { first, peak } = this.figures;
    return peak - first;
  }

  stop() {
    clearInterval(this.timer);
  }
}
