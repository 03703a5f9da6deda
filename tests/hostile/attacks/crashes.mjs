// Faults without malice: what is killed, what is damaged, what is full.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ask } from "../../../scripts/lib/processes.mjs";
import { startServer } from "../../e2e/support/server.mjs";
import { tally } from "../support/figures.mjs";
import { within } from "../support/pace.mjs";
import { Player } from "../support/player.mjs";
import { Visitor, honestAddress } from "../support/visitor.mjs";

/** How long the socket of an ended session is watched for whether it still talks. */
const WATCHED_MS = 3_000;

/** How a player ends its session: what makes the request that does. */
const ENDINGS = {
  logout: ({ visitor, account }) => () => visitor.rest("POST", "/api/auth/logout", { token: account.token, body: {} }),
  async "sign-in elsewhere"({ visitor, account }) {
    const body = await visitor.proof(account.username);
    return () => visitor.rest("POST", "/api/auth/scram/finish", { body });
  },
};

export const killedRevocations = {
  name: "killed-revocations",
  what: "a SIGKILL the moment the end of a session is stored, by a logout or a sign-in elsewhere: does its socket resume though REST refuses it?",
  full: { rounds: 6 },
  short: { rounds: 2 },
  outage: true,
  disturbs: "the server is killed",
  async run(stage, { rounds }) {
    const figures = {};
    let talking = 0;
    for (const [way, prepare] of Object.entries(ENDINGS)) {
      const outcomes = [];
      for (let n = 0; n < rounds; n += 1) {
        const before = accounts(stage.folder);
        const player = await Player.enter(new Visitor(stage.url, { from: honestAddress(1 + n) }));
        player.leaving = true;
        const [account] = accounts(stage.folder).filter((name) => !before.includes(name));
        const end = await prepare(player);
        // What it has written so far has been written.
        await pause(500);
        await killWhenStored(stage, account, end);
        await stage.start();
        outcomes.push(await revoked(player));
      }
      figures[way] = tally(outcomes);
      talking += figures[way][GOES_ON] ?? 0;
    }
    return { figures, aims: { "no socket of an ended session goes on": talking === 0 } };
  },
};

const GOES_ON = "REST refuses it, its socket talks";
const STORED_WITHIN_MS = 1_000;

/** Sends a request, and kills the server when the account's log on the disk has grown: before anybody else is told. */
async function killWhenStored(stage, account, end) {
  const log = path.join(stage.folder, "objects", "shardlink-Account", `${account}-wal`);
  const written = () => fs.statSync(log, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
  const before = written();
  const sent = end().catch(() => {});
  // Until the request is on its way; then nothing else is done here, so that no moment is missed.
  await pause(1);
  const until = performance.now() + STORED_WITHIN_MS;
  while (written() === before && performance.now() < until);
  await stage.server.kill9();
  await sent;
}

/** What is left of a session whose end was acknowledged before the crash. */
async function revoked(player) {
  const { status } = await player.visitor.rest("GET", "/api/characters", { token: player.account.token });
  const resumed = await player.resume().then(() => true, () => false);
  const end = performance.now() + WATCHED_MS;
  while (resumed && player.online && performance.now() < end) await pause(50);
  const talks = resumed && player.online && (await player.ask({ type: "chat", content: "am I still here?" }))?.type === "chat";
  player.leave();
  if (status === 200) return "the session is whole";
  return talks ? GOES_ON : "refused everywhere";
}

const PID_NAMESPACE = ["unshare", "-p", "-f", "--mount-proc", "--kill-child"];

export const twoServers = {
  name: "two-servers",
  what: "a second server on the same data folder, from another pid namespace, as two containers are",
  full: {},
  short: {},
  skip: () => (ask(PID_NAMESPACE[0], [...PID_NAMESPACE.slice(1), "true"]).code === 0 ? undefined : "pid namespaces cannot be made here (unshare, as root)"),
  async run(stage) {
    const { checkout, env } = stage.options;
    const second = await startServer({ checkout, dataDir: stage.folder, within: PID_NAMESPACE, env: { ...env, PORT: "0", SHARDLINK_PID_FILE: path.join(os.tmpdir(), `shardlink-second-${process.pid}`) } }).catch((error) => error);
    const refused = second instanceof Error;
    if (!refused) {
      // All of its namespace ends with it.
      process.kill(second.pid, "SIGKILL");
      await second.ended;
    }
    return { figures: { "the second server": refused ? "refused" : "served the same folder" }, aims: { "the second server is refused": refused } };
  },
};

export const killedParent = {
  name: "killed-parent",
  what: "a SIGKILL of serve alone: does workerd end with it, and does the next start go?",
  full: { rounds: 3 },
  short: { rounds: 1 },
  outage: true,
  disturbs: "the server is killed",
  skip: () => (process.platform === "linux" ? undefined : "a child learns of its parent's death on Linux alone"),
  async run(stage, { rounds }) {
    const outcomes = [];
    for (let n = 0; n < rounds; n += 1) {
      const { workerdPid } = stage;
      process.kill(stage.server.pid, "SIGKILL");
      const ended = await within(5_000, () => !alive(workerdPid));
      if (!ended) process.kill(workerdPid, "SIGKILL");
      outcomes.push(ended ? "workerd ended" : "workerd went on as an orphan");
      await within(5_000, () => !alive(workerdPid));
      await stage.start();
    }
    return { figures: tally(outcomes), aims: { "workerd ends with serve": !outcomes.includes("workerd went on as an orphan") } };
  },
};

function alive(pid) {
  try {
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Spoils the beginning of every file of a class of objects that `chosen` accepts: how many. */
function damage(folder, kind, chosen = () => true) {
  const files = fs.readdirSync(path.join(folder, "objects", kind)).filter((name) => name.endsWith(".sqlite") && chosen(name));
  for (const name of files) {
    const file = path.join(folder, "objects", kind, name);
    const handle = fs.openSync(file, "r+");
    fs.writeSync(handle, Buffer.alloc(Math.min(8192, fs.fstatSync(handle).size), 0x5a), 0, undefined, 0);
    fs.closeSync(handle);
    // Its log would make it whole again.
    fs.rmSync(`${file}-wal`, { force: true });
  }
  return files.length;
}

export const damagedFiles = {
  name: "damaged-files",
  what: "one object's file is spoiled while the server is down: a hub's, the world's, the throttles', one account's",
  // The honest players' places are what is spoiled: who can still play is asked of others.
  players: 0,
  full: { kinds: ["Hub", "World", "Throttle", "Account"] },
  short: { kinds: ["Hub", "Account"] },
  async run(stage, { kinds }) {
    const witness = new Visitor(stage.url, { from: honestAddress(1) });
    const known = await Player.enter(witness);
    known.leave();
    const before = accounts(stage.folder);
    const victim = await witness.signUp();
    const [ofVictim] = accounts(stage.folder).filter((name) => !before.includes(name));
    await stage.server.stop();
    const figures = {};
    const aims = {};
    const whole = `${stage.folder}-whole`;
    fs.cpSync(stage.folder, whole, { recursive: true });
    for (const kind of kinds) {
      fs.rmSync(stage.folder, { recursive: true });
      fs.cpSync(whole, stage.folder, { recursive: true });
      damage(stage.folder, `shardlink-${kind}`, kind === "Account" ? (name) => name === ofVictim : undefined);
      const started = await stage.start().then(() => true, () => false);
      const outcome = started ? await whoPlays(stage, { known, victim }) : { server: "does not start" };
      figures[`after damage to ${kind}`] = Object.entries(outcome).map(([who, how]) => `${who}: ${how}`).join(", ");
      aims[`with a spoiled ${kind} the server starts, and known players sign in`] = outcome.known === "signs in";
      // All need the world, and its state cannot be made anew.
      if (kind !== "World") aims[`with a spoiled ${kind} newcomers play`] = outcome.newcomer === "plays";
      if (kind === "Account") aims["whose account is spoiled is refused, by a word"] = outcome.victim?.startsWith("refused") ?? false;
      if (started) await stage.server.stop();
    }
    fs.rmSync(stage.folder, { recursive: true });
    fs.renameSync(whole, stage.folder);
    await stage.start();
    return { figures, aims };
  },
};

const accounts = (folder) => fs.readdirSync(path.join(folder, "objects", "shardlink-Account")).filter((name) => name.endsWith(".sqlite"));

async function whoPlays(stage, { known, victim }) {
  const visitor = new Visitor(stage.url, { from: honestAddress(2) });
  const short = (error) => `fails: ${String(error.message).slice(0, 90)}`;
  const plays = async () => {
    const player = await Player.enter(visitor);
    const answer = await player.ask({ type: "chat", content: "do I play?" });
    player.leave();
    return answer?.type === "chat" ? "plays" : `chat fails: ${answer?.error_code ?? "no answer"}`;
  };
  const newcomer = await plays().catch(short);
  const signsIn = await visitor.signIn(known.account.username).then(() => "signs in", short);
  const answer = await visitor.rest("GET", "/api/characters", { token: victim.token });
  return { newcomer, known: signsIn, victim: answer.status === 200 ? "whole" : `refused ${answer.status} ${answer.body.code}` };
}

const canMount = () => process.platform === "linux" && process.getuid() === 0;

export const fullDisk = {
  name: "full-disk",
  what: "a data folder on a disk that is full: does /readyz say so, and is all well when there is room again?",
  players: 0,
  full: { mebibytes: 40 },
  short: { mebibytes: 40 },
  skip: () => (canMount() && probeMount() ? undefined : "a small disk cannot be mounted here (root, on Linux)"),
  async run(stage, { mebibytes }) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-small-disk-"));
    mount(folder, mebibytes);
    const ballast = path.join(folder, "ballast");
    const { checkout, env } = stage.options;
    let server;
    try {
      server = await startServer({ checkout, dataDir: folder, env: { ...env, PORT: "0" } });
      const visitor = new Visitor(server.url, { from: honestAddress(1) });
      const ready = async () => (await visitor.rest("GET", "/readyz")).status;
      const before = await ready();
      const player = await Player.enter(visitor);
      player.leave();
      fillDisk(ballast);
      // Whoever comes now cannot be stored.
      const entered = await Player.enter(visitor).then((one) => (one.leave(), "entered"), (error) => error.message.slice(0, 60));
      const saidSo = await within(5_000, async () => (await ready()) !== 200, 200);
      fs.rmSync(ballast);
      const again = await within(15_000, async () => (await ready()) === 200, 200);
      const after = await Player.enter(visitor).then((one) => (one.leave(), "entered"), (error) => error.message.slice(0, 60));
      return {
        figures: { "ready before": before, "a newcomer on the full disk": entered, "/readyz on the full disk": saidSo ? "not ready" : "ready", "a newcomer afterwards": after },
        aims: { "/readyz says that nobody can enter": saidSo || entered === "entered", "it is ready again within 15 s of there being room": again, "newcomers enter again": after === "entered" },
      };
    } finally {
      await server?.stop();
      execFileSync("umount", ["-l", folder]);
      fs.rmSync(folder, { recursive: true, force: true });
    }
  },
};

const mount = (folder, mebibytes) => execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder], { stdio: "pipe" });

function probeMount() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-mount-"));
  try {
    mount(folder, 1);
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes until nothing more fits. */
function fillDisk(file) {
  const handle = fs.openSync(file, "w");
  try {
    for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 4)) {
      try {
        for (;;) fs.writeSync(handle, Buffer.alloc(size, 0x5a));
      } catch (error) {
        if (error.code !== "ENOSPC") throw error;
      }
    }
  } finally {
    fs.closeSync(handle);
  }
}
