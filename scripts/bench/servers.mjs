// The servers that are measured, each under a workerd of its own with its data
// in a temporary folder. Ours keeps the bots' accounts from run to run.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ready } from "../lib/ready.mjs";
import { inRoot } from "../lib/paths.mjs";
import { Stop, note } from "../lib/say.mjs";
import { shardlink } from "../serve/config.mjs";
import { openDataFolder } from "../serve/data-folder.mjs";
import { startWorkerd } from "../serve/workerd.mjs";
import { prepare } from "./bots.mjs";
import { SERVER_CORE, pin } from "./surroundings.mjs";

const HOST = "127.0.0.1";

/** tests/load/baseline/hub.js, as serve/config.mjs wants programs. */
const BASELINE = {
  name: "baseline",
  modules: [{ name: "hub.js", type: "esModule", file: inRoot("tests/load/baseline/hub.js") }],
  objects: [{ binding: "HUB", className: "Hub" }],
};

/** All bots come from one address and in a minute: no throttle is what is measured. */
const UNTHROTTLED = "1000000";

/** { prepare(name, players), start(name, settings), close() } */
export function openServers() {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-bench-"));
  const accounts = path.join(root, "accounts.json");
  const kinds = {
    shardlink: {
      program: shardlink(),
      plan: { accounts },
      bindings: {
        CLIENT_ADDRESS: "socket",
        HUB_CAPACITY: "2000",
        MESSAGE_BUDGET: "1000000",
        REGISTRATIONS_PER_ADDRESS: UNTHROTTLED,
        SIGN_INS_PER_ADDRESS: UNTHROTTLED,
        REST_PER_ADDRESS: UNTHROTTLED,
        SIGN_IN_FAILURES_PER_ADDRESS: UNTHROTTLED,
      },
    },
    baseline: { program: BASELINE, plan: {}, bindings: {} },
  };
  let prepared = 0;

  /** `settings` are variables of ours; the baseline has none. */
  async function start(name, settings = {}) {
    const { program, plan, bindings } = kinds[name];
    const data = openDataFolder(path.join(root, name));
    const workerd = startWorkerd({ port: 0, host: HOST, data, bindings: name === "shardlink" ? { ...bindings, ...settings } : bindings, program });
    data.nowUsedBy(workerd.pid);
    // Should this process end before stop(), its server does not outlive it.
    const atExit = () => workerd.stop();
    process.once("exit", atExit);
    const port = await workerd.listening;
    const url = `http://${HOST}:${port}`;
    if (port === undefined || (await ready(url, { givenUp: workerd.ended })).state !== "ready") throw new Stop(`The ${name} server does not answer.`);
    pin(workerd.pid, SERVER_CORE);
    return {
      plan: { ...plan, wire: name, url, server_pid: workerd.pid },
      url,
      async stop() {
        workerd.stop();
        await workerd.end;
        process.removeListener("exit", atExit);
        data.close();
      },
    };
  }

  return {
    start,
    /** Makes the accounts that are still missing, on a server that is not measured. */
    async prepare(name, players) {
      if (name === "baseline" || prepared >= players) return;
      note(`making ${players - prepared} accounts`);
      const server = await start(name);
      try {
        await prepare({ url: server.url, accounts, players });
        prepared = players;
      } finally {
        await server.stop();
      }
    },
    async close() {
      fs.rmSync(root, { recursive: true, force: true });
    },
  };
}
