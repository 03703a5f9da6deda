// `npm start`: sets up, builds, and serves for development with wrangler.
import { spawn } from "node:child_process";
import { buildAll } from "./build.mjs";
import { childEnvironment, find } from "./lib/environment.mjs";
import { inRoot, root } from "./lib/paths.mjs";
import { checkPort, readPort } from "./lib/ports.mjs";
import { onStopSignal } from "./lib/processes.mjs";
import { ready } from "./lib/ready.mjs";
import { makeDevVars } from "./lib/secret.mjs";
import { Stop, note, step } from "./lib/say.mjs";
import { setUp } from "./setup.mjs";

/** How long wrangler has to end by itself on Ctrl-C. */
const GRACE_MS = 4_000;

export default async function start() {
  const port = readPort(process.env.PORT || "8787");
  // Now, and not after minutes of building.
  await checkPort(port);
  await setUp();
  await buildAll();
  if (makeDevVars(inRoot(".dev.vars"))) note("made .dev.vars with a secret for development (git ignores it)");
  return developmentServer(port);
}

async function developmentServer(port) {
  step("Serving with wrangler; its state is in .wrangler/state, Ctrl-C stops it");
  const wrangler = spawn(
    find("wrangler"),
    ["dev", "--port", String(port), "--persist-to", inRoot(".wrangler/state"), "--show-interactive-dev-session=false"],
    {
      cwd: root,
      // Without asking Cloudflare where this machine is: it works offline.
      env: childEnvironment({ CLOUDFLARE_CF_FETCH_ENABLED: "false" }),
      stdio: ["ignore", "inherit", "inherit"],
      // Its own group: Ctrl-C comes to us, and we end the group, workerd included.
      detached: true,
    },
  );
  let ended = false;
  const end = new Promise((resolve, reject) => {
    wrangler.on("error", (error) => reject(new Stop(`wrangler could not be started: ${error.message}.`)));
    wrangler.on("exit", (code, signal) => resolve(signal ?? code));
  }).finally(() => (ended = true));

  let stopping = false;
  onStopSignal(() => {
    if (stopping) return;
    stopping = true;
    note("stopping");
    signalGroup(wrangler.pid, "SIGINT");
    setTimeout(() => signalGroup(wrangler.pid, "SIGKILL"), GRACE_MS).unref();
  });

  const url = `http://localhost:${port}`;
  const { state, detail } = await ready(url, { timeout: 60_000, givenUp: () => stopping || ended });
  if (["ready", "damaged"].includes(state)) {
    if (state === "damaged") note(`NOT READY: ${detail}`);
    console.log(`\nShardlink is running: ${url}\n`);
  } else if (!stopping && !ended) {
    note(state === "silent" ? `${url}/readyz has not answered 200 within a minute; wrangler's messages above may say why` : "The server is not configured: a line above names the variable, which .dev.vars or wrangler.toml sets.");
  }
  const how = await end;
  // Whatever of its group is left, after a crash as well.
  signalGroup(wrangler.pid, "SIGKILL");
  if (stopping) return 0;
  throw new Stop(`wrangler ended by itself (${how}); what it printed stands above.`);
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: it has ended.
    if (error.code !== "ESRCH") throw error;
  }
}
