// `npm run chaos`: the built server is killed, or stopped, and started again under a
// crowd of bots that are the client's own logic; what they lost and how soon they were
// back is printed, and is an error where something was lost.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { buildBots, prepare } from "./bench/bots.mjs";
import { inRoot, root } from "./lib/paths.mjs";
import { Stop, note, step } from "./lib/say.mjs";
import { checkBuilt } from "./serve/built.mjs";

const usage = `npm run chaos -- [options]   what is built already is not built again
  --players N   1000
  --talkers N   20: what each says all hear
  --kills N     1
  --signal S    kill or term`;

/** Between two kills, in seconds: a place is kept for 60, and everybody is to be back long before. */
const BETWEEN = 15;
const BACK_WITHIN = 10;
const UNTHROTTLED = "1000000";

export default async function chaos(words) {
  const { values } = parseArgs({
    args: words,
    options: { players: { type: "string", default: "1000" }, talkers: { type: "string", default: "20" }, kills: { type: "string", default: "1" }, signal: { type: "string", default: "kill" }, help: { type: "boolean", default: false } },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [players, talkers, kills] = [values.players, values.talkers, values.kills].map(Number);
  if (![players, talkers, kills].every((number) => Number.isInteger(number) && number > 0) || !["kill", "term"].includes(values.signal)) throw new Stop(usage);
  checkBuilt();
  await buildBots();

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-chaos-"));
  const accounts = path.join(folder, "accounts.json");
  let server = await start(folder, "0");
  const { url } = server;
  const port = new URL(url).port;
  try {
    step(`${players} accounts`);
    await prepare({ url, accounts, players });
    step(`${players} bots, ${kills} × ${values.signal}`);
    const bots = play({ url, accounts, players, talkers, talk_every: 2, seconds: 5 + kills * BETWEEN, settle: 5 });
    await bots.joined;
    await pause(5_000);
    const downs = [];
    for (let n = 0; n < kills; n += 1) {
      const began = Date.now();
      await server.end(values.signal);
      server = await start(folder, port);
      downs.push(Date.now() - began);
      await pause(BETWEEN * 1000 - downs.at(-1));
    }
    const report = await bots.report;
    console.log(JSON.stringify({ ...report, down_ms: downs }, undefined, 2));
    return judge(report, { players, kills });
  } finally {
    await server.end("term");
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function judge(report, { players, kills }) {
  const wrong = [];
  if (report.gone > 0) wrong.push(`${report.gone} did not come back`);
  if (report.lost < players * kills) wrong.push(`only ${report.lost} were lost`);
  if (report.missed + report.doubled + report.disordered > 0) wrong.push("what was said was lost, told twice or out of order");
  if (report.back !== null && report.back.max > BACK_WITHIN * 1000) wrong.push(`the last was back after ${report.back.max / 1000} s`);
  for (const sentence of wrong) note(sentence);
  return wrong.length > 0 ? 1 : 0;
}

/** A server on this data: { url, end(signal) }. */
async function start(folder, port) {
  const pidFile = path.join(folder, "workerd.pid");
  const serve = spawn(process.execPath, [inRoot("scripts/main.mjs"), "serve"], {
    cwd: root,
    env: {
      ...process.env,
      PORT: port,
      HOST: "127.0.0.1",
      DATA_DIR: path.join(folder, "data"),
      SHARDLINK_PID_FILE: pidFile,
      // All in one hub: everybody hears everybody.
      HUB_CAPACITY: "2000",
      REGISTRATIONS_PER_ADDRESS: UNTHROTTLED,
      SIGN_INS_PER_ADDRESS: UNTHROTTLED,
      REST_PER_ADDRESS: UNTHROTTLED,
      SIGN_IN_FAILURES_PER_ADDRESS: UNTHROTTLED,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => serve.on("exit", resolve));
  const url = await Promise.race([firstLine(serve.stdout), ended.then(() => undefined)]);
  if (!url) throw new Stop("The server did not start.");
  return {
    url,
    async end(signal) {
      if (signal === "term") serve.kill("SIGTERM");
      else kill(serve, Number(fs.readFileSync(pidFile, "utf8")));
      await ended;
    },
  };
}

/** As a power cut would: serve first, which would start another runtime. */
function kill(serve, runtime) {
  serve.kill("SIGKILL");
  try {
    process.kill(runtime, "SIGKILL");
  } catch (error) {
    // ESRCH: it has ended with its parent.
    if (error.code !== "ESRCH") throw error;
  }
}

/** The bots: { joined, report }, promises both. */
function play(task) {
  const bots = spawn(inRoot("target/release/bots"), [JSON.stringify({ do: "endure", ...task })], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = [];
  const joined = Promise.withResolvers();
  createInterface({ input: bots.stdout }).on("line", (line) => {
    lines.push(line);
    if (line === "joined") joined.resolve();
  });
  const report = new Promise((resolve, reject) => {
    bots.on("close", (code) => {
      if (code === 0) return resolve(JSON.parse(lines.at(-1)));
      const failed = new Stop(`The bots failed (${code}); why stands above.`);
      joined.reject(failed);
      reject(failed);
    });
  });
  report.catch(() => {});
  return { joined: joined.promise, report };
}

const firstLine = (stream) => new Promise((resolve) => createInterface({ input: stream }).once("line", resolve));
