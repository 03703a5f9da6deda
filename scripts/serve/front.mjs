// The front door: HAProxy with deploy/haproxy.cfg before the server, kept running.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { find } from "../lib/environment.mjs";
import { inRoot } from "../lib/paths.mjs";
import { Stop, note } from "../lib/say.mjs";
import { descriptors, servingCommand } from "./child.mjs";
import { Restarts } from "./restarts.mjs";

/** How the server behind it reads a client's address: deploy/haproxy.cfg writes the header. */
export const FRONT_ADDRESS = "header:X-Client-Address";

const CONFIG = inRoot("deploy/haproxy.cfg");

/** What an operator may set to another number; the defaults stand in deploy/haproxy.cfg. */
const NUMBERS = [
  "FRONT_CONNECTIONS",
  "FRONT_CONNECTIONS_PER_ADDRESS",
  "FRONT_CONNECTIONS_PER_NETWORK",
  "FRONT_CONNECTS_PER_ADDRESS",
  "FRONT_REQUESTS_PER_ADDRESS",
  "FRONT_BYTES_PER_ADDRESS",
  "FRONT_FRAMES_PER_ADDRESS",
  "FRONT_MESSAGE",
  "FRONT_FRAMES",
  "FRONT_BYTES",
];

/** More than that many connections bring one server nothing. */
const MOST_CONNECTIONS = 10_000;
/** A player's connection takes four descriptors of HAProxy's; of workerd's one, and up to three for an object. */
const DESCRIPTORS_EACH = 8;

/** How long the first start may take until it answers. */
const READY_MS = 10_000;

/** What the environment says of the front door: the variables HAProxy gets, or undefined without one. */
export function frontSettings(env) {
  if (!env.FRONT) return undefined;
  if (env.FRONT !== "haproxy") throw new Stop(`FRONT is ${env.FRONT}: haproxy is the one there is.`);
  if (env.CLIENT_ADDRESS) throw new Stop("FRONT=haproxy says itself where a client's address is read: unset CLIENT_ADDRESS.");
  const given = Object.fromEntries(NUMBERS.filter((name) => env[name]).map((name) => [name, env[name]]));
  const wrong = Object.entries(given).find(([, value]) => !/^[1-9]\d{0,8}$/.test(value));
  if (wrong) throw new Stop(`${wrong[0]} is ${wrong[1]}: give a whole number above 0.`);
  if (env.FRONT_CERT && !fs.existsSync(env.FRONT_CERT)) throw new Stop(`FRONT_CERT is ${env.FRONT_CERT}, which is not there: give a PEM file with the certificate, its chain and its key.`);
  if (!haproxy()) throw new Stop("FRONT=haproxy needs HAProxy 2.6 or newer: install the package haproxy (Debian, Ubuntu: `sudo apt-get install haproxy`).");
  const connections = Number(given.FRONT_CONNECTIONS ?? Math.min(MOST_CONNECTIONS, Math.floor(descriptors() / DESCRIPTORS_EACH)));
  // IPv4 addresses count as networks too: the larger limit must not undercut a raised one.
  const perNetwork = Number(given.FRONT_CONNECTIONS_PER_ADDRESS ?? 200) * 4;
  return {
    FRONT_CONNECTIONS_PER_NETWORK: String(perNetwork),
    ...given,
    ...(env.FRONT_CERT ? { FRONT_CERT: path.resolve(env.FRONT_CERT) } : {}),
    FRONT_CONNECTIONS: String(connections),
    // Both halves count.
    FRONT_MAXCONN: String(2 * connections + 100),
  };
}

/** The path of HAProxy, or undefined. Debian has it where only root looks. */
export const haproxy = () => find("haproxy") ?? ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy"].find((file) => fs.existsSync(file));

/**
 * Keeps HAProxy running before the server at `server` (host:port): { ready, end, stop() }.
 * It listens on `host`, which a URL calls `shownHost`. `ready` resolves to the URL once it answers, `end` to serve's exit code after stop() or
 * when another start would not help.
 */
export function keepFront({ port, host, shownHost, server, settings }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-front-"));
  const restarts = new Restarts();
  const stopped = new AbortController();
  const stopping = () => stopped.signal.aborted;
  let child;
  let readied;
  const firstReady = new Promise((resolve) => (readied = resolve));

  async function run() {
    const chosen = port === 0 ? await freePort(host) : port;
    const url = `${settings.FRONT_CERT ? "https" : "http"}://${shownHost}:${chosen}`;
    // No secret of the server's is among them: HAProxy reads what strangers send.
    const variables = { PATH: process.env.PATH, ...settings, FRONT_BIND: bindTo(host, chosen), FRONT_SERVER: server, FRONT_FRAMES_SOCKET: path.join(folder, "frames.sock") };
    for (let everReady = false; ; ) {
      const began = performance.now();
      const end = start(variables);
      const answered = await answers(url, end);
      if (answered && everReady && !stopping()) note(`HAProxy is back on ${url}`);
      if (answered) {
        everReady = true;
        readied(url);
      } else if (!everReady) {
        child.kill("SIGTERM");
      }
      const how = await end;
      if (stopping()) return 0;
      const wait = everReady ? restarts.after({ lived: performance.now() - began, listened: answered }) : undefined;
      note(`HAProxy ended by itself (${how})${wait === undefined ? "" : `: starting it again in ${wait / 1000} s`}`);
      if (wait === undefined) {
        if (!everReady) explain(variables);
        return 1;
      }
      await pause(wait, undefined, { signal: stopped.signal }).catch(() => {});
      if (stopping()) return 0;
    }
  }

  /** Starts it: a promise of how it ended. */
  function start(variables) {
    const [command, args] = servingCommand([haproxy(), "-db", "-q", "-f", CONFIG]);
    child = spawn(command, args, { env: variables, stdio: ["ignore", process.stderr, process.stderr], detached: true });
    return new Promise((resolve) => child.on("exit", (code, signal) => resolve(signal ?? `exit code ${code}`)));
  }

  const end = run().finally(() => {
    readied(undefined);
    fs.rmSync(folder, { recursive: true, force: true });
  });
  end.catch(() => {});
  return {
    ready: firstReady,
    end,
    stop() {
      if (stopping()) return;
      stopped.abort();
      child?.kill("SIGTERM");
    },
  };
}

/** Shows what HAProxy says of its configuration: as it runs it is quiet. */
function explain(variables) {
  spawnSync(haproxy(), ["-c", "-f", CONFIG], { env: variables, stdio: ["ignore", process.stderr, process.stderr] });
}

/** HAProxy's word for an address and port. */
function bindTo(host, port) {
  // Two sockets, so that an IPv4 address is known as one.
  if (host === "::") return `0.0.0.0:${port},[::]:${port}`;
  if (host === "*") return `0.0.0.0:${port}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

async function freePort(host) {
  const server = net.createServer();
  await new Promise((resolve, reject) => server.once("error", reject).listen({ port: 0, host: host === "*" ? "0.0.0.0" : host }, resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether the server answers through it, before it ends or READY_MS are over. */
async function answers(url, end) {
  let ended = false;
  end.then(() => (ended = true));
  const until = performance.now() + READY_MS;
  while (!ended && performance.now() < until) {
    if (await asks(url)) return true;
    await pause(50);
  }
  return false;
}

/** Any answer counts: whether the server is ready its keeper knows. The certificate is for others to judge. */
function asks(url) {
  return new Promise((resolve) => {
    const { get } = url.startsWith("https:") ? https : http;
    const request = get(`${url}/healthz`, { rejectUnauthorized: false, timeout: 1_000 }, (response) => {
      response.resume();
      resolve(true);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}
