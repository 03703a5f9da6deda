// One workerd process: starting it, learning its port, ending it.
import { spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { childEnvironment } from "../lib/environment.mjs";
import { inRoot, root } from "../lib/paths.mjs";
import { Stop } from "../lib/say.mjs";
import { servingCommand } from "./child.mjs";
import { shardlink, workerdConfig } from "./config.mjs";

/** How long workerd has to end by itself; `serve` promises five seconds in all. */
const GRACE_MS = 4_000;

/**
 * Starts our server, or another `program` (config.mjs has the shape):
 * { pid, listening, end, ended(), stop(), kill() }. `listening` resolves to the port, or
 * to undefined if it ended first; `end` to how it ended. `heard` is told what it prints,
 * in pieces, besides its being shown.
 */
export function startWorkerd({ port, host, data, bindings, pidFile, heard = () => {}, program = shardlink() }) {
  const values = Object.fromEntries(Object.entries({ SERVER_SECRET: data.secret, ...bindings }).filter(([, value]) => value !== undefined));
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const config = workerdConfig({ folder: path.dirname(data.config), objects: data.objects, address, bindings: Object.keys(values), program });
  fs.writeFileSync(data.config, config, { mode: 0o600 });

  const [command, args] = servingCommand([binary(), "serve", "--control-fd=3", data.config]);
  const child = spawn(command, args, {
    cwd: root,
    env: childEnvironment(values),
    // The last one keeps the data folder taken for as long as workerd lives.
    stdio: ["ignore", "pipe", "pipe", "pipe", data.lock],
    // In a group of its own, so that a Ctrl-C reaches it through stop() only.
    detached: true,
  });
  if (child.pid === undefined) throw new Stop("sh could not be started.");
  if (pidFile) fs.writeFileSync(pidFile, `${child.pid}\n`);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (bytes) => {
      // stdout is ours alone: the URL is its first line.
      process.stderr.write(bytes);
      heard(bytes);
    });
  }

  const end = new Promise((resolve) => child.on("exit", (code, signal) => resolve(signal ?? `exit code ${code}`)));
  let ended = false;
  let killing;
  end.then(() => {
    ended = true;
    clearTimeout(killing);
  });
  return {
    pid: child.pid,
    listening: Promise.race([portOf(child.stdio[3]), end.then(() => undefined)]),
    end,
    ended: () => ended,
    /** It ends by itself once its connections have, or is killed after `grace` ms. */
    stop(grace = GRACE_MS) {
      if (ended || killing) return;
      child.kill("SIGTERM");
      killing = setTimeout(() => child.kill("SIGKILL"), grace);
    },
    kill: () => child.kill("SIGKILL"),
  };
}

/** workerd reports each socket it listens on as a line of JSON; that is how port 0 becomes known. */
function portOf(control) {
  return new Promise((resolve) => {
    createInterface({ input: control }).on("line", (line) => {
      const event = JSON.parse(line);
      if (event.event === "listen" && event.socket === "http") resolve(event.port);
    });
  });
}

/** The program itself and not the npm package's wrapper: then the pid, its signals and its CPU time are workerd's. */
function binary() {
  const architecture = process.arch === "arm64" ? "arm64" : "64";
  const own = `@cloudflare/workerd-${process.platform}-${architecture}/bin/workerd`;
  try {
    const wrapper = createRequire(inRoot("package.json")).resolve("workerd/package.json");
    return createRequire(wrapper).resolve(own);
  } catch {
    throw new Stop(`workerd is not installed (no ${own}): run \`npm ci\`.`);
  }
}
