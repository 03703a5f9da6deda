// `npm run serve`: what was built, under workerd, with its objects on disk.
// Never builds. The first line on stdout is the URL, once it answers there.
import { randomBytes } from "node:crypto";
import { inRoot } from "./lib/paths.mjs";
import { ready } from "./lib/ready.mjs";
import { checkPort, readPort } from "./lib/ports.mjs";
import { onStopSignal } from "./lib/processes.mjs";
import { note } from "./lib/say.mjs";
import { checkBuilt } from "./serve/built.mjs";
import { Damage } from "./serve/damage.mjs";
import { openDataFolder } from "./serve/data-folder.mjs";
import { FRONT_ADDRESS, frontSettings, keepFront } from "./serve/front.mjs";
import { keepRunning } from "./serve/keep-running.mjs";
import { memoryLimit } from "./serve/memory.mjs";
import { startWorkerd } from "./serve/workerd.mjs";

const LOOPBACK = "127.0.0.1";

export default async function serve() {
  // A terminal or a program that read what is printed and is gone: no reason to end a server.
  process.stderr.on("error", () => {});
  checkBuilt();
  const settings = readSettings(process.env);
  const data = openDataFolder(settings.dataFolder);
  try {
    await checkPort(settings.port, settings.host);
    return await serveFrom(data, settings);
  } finally {
    data.close();
  }
}

function readSettings(env) {
  const front = frontSettings(env);
  return {
    front,
    memoryLimit: memoryLimit(env.MEMORY_LIMIT),
    port: readPort(env.PORT || "8787"), // 0 takes any free port
    host: env.HOST || "127.0.0.1",
    dataFolder: inRoot(env.DATA_DIR || ".data"),
    // What the server itself is told; what is not set is not bound.
    bindings: {
      ADMIN_TOKEN: env.ADMIN_TOKEN,
      ALLOWED_ORIGINS: env.ALLOWED_ORIGINS,
      CLIENT_ADDRESS: front ? FRONT_ADDRESS : env.CLIENT_ADDRESS || "socket",
      HUB_CAPACITY: env.HUB_CAPACITY,
      PARTY_SIZE: env.PARTY_SIZE,
      WORD_FILTER: env.WORD_FILTER,
      TICK_RATE: env.TICK_RATE,
      MESSAGE_BUDGET: env.MESSAGE_BUDGET,
      AREA_CAP: env.AREA_CAP,
      MOVEMENT_CHECK: env.MOVEMENT_CHECK,
      SIGN_IN_FAILURES_PER_NAME: env.SIGN_IN_FAILURES_PER_NAME,
      SIGN_IN_FAILURES_PER_ADDRESS: env.SIGN_IN_FAILURES_PER_ADDRESS,
      REGISTRATIONS_PER_ADDRESS: env.REGISTRATIONS_PER_ADDRESS,
      SIGN_INS_PER_ADDRESS: env.SIGN_INS_PER_ADDRESS,
      REST_PER_SESSION: env.REST_PER_SESSION,
      REST_PER_ADDRESS: env.REST_PER_ADDRESS,
      TEST_PANIC: env.TEST_PANIC,
    },
    pidFile: env.SHARDLINK_PID_FILE,
  };
}

async function serveFrom(data, settings) {
  const { host, front } = settings;
  const stopToken = randomBytes(32).toString("base64url");
  const damage = new Damage(data);
  damage.lookAtAll();
  const runtime = keepRunning({
    // Behind a front door it listens for that alone.
    port: front ? 0 : settings.port,
    urlOf: (port) => `http://${front ? LOOPBACK : urlHost(host)}:${port}`,
    stopToken,
    memoryLimit: settings.memoryLimit,
    start(port) {
      damage.setAside();
      const workerd = startWorkerd({ port, host: front ? LOOPBACK : host, data, bindings: { ...settings.bindings, STOP_TOKEN: stopToken }, pidFile: settings.pidFile, heard: (bytes) => damage.hear(bytes) });
      data.nowUsedBy(workerd.pid);
      return workerd;
    },
  });
  let door;
  onStopSignal(async (signal) => {
    if (runtime.stopping()) return;
    note(`${signal}: stopping`);
    await runtime.stop();
    // Its players hear the goodbye through the door.
    await runtime.end.catch(() => {});
    door?.stop();
  });

  const url = await runtime.ready;
  if (url === undefined) return runtime.end;
  if (!front) console.log(url);
  if (!front || runtime.stopping()) return runtime.end;
  door = keepFront({ port: settings.port, host, shownHost: urlHost(host), server: new URL(url).host, settings: front });
  const doorUrl = await door.ready;
  if (doorUrl !== undefined) console.log(doorUrl);
  const code = await Promise.race([runtime.end, door.end]);
  // Neither is of use without the other.
  await runtime.stop();
  door.stop();
  await Promise.all([runtime.end, door.end]);
  return code;
}

/** A server on all addresses is also on this machine's own. */
function urlHost(host) {
  if (host === "0.0.0.0" || host === "*" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
