// `npm run serve`: what was built, under workerd, with its objects on disk.
// Never builds. The first line on stdout is the URL, once it answers there.
import { randomBytes } from "node:crypto";
import { inRoot } from "./lib/paths.mjs";
import { ready } from "./lib/ready.mjs";
import { checkPort, readPort } from "./lib/ports.mjs";
import { onStopSignal } from "./lib/processes.mjs";
import { note } from "./lib/say.mjs";
import { checkBuilt } from "./serve/built.mjs";
import { openDataFolder } from "./serve/data-folder.mjs";
import { startWorkerd } from "./serve/workerd.mjs";

/** How long sending players away may take: with what workerd has to end, under the five seconds. */
const SEND_AWAY_MS = 800;

export default async function serve() {
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
  return {
    port: readPort(env.PORT || "8787"), // 0 takes any free port
    host: env.HOST || "127.0.0.1",
    dataFolder: inRoot(env.DATA_DIR || ".data"),
    // What the server itself is told; what is not set is not bound.
    bindings: {
      ADMIN_TOKEN: env.ADMIN_TOKEN,
      ALLOWED_ORIGINS: env.ALLOWED_ORIGINS,
      CLIENT_ADDRESS: env.CLIENT_ADDRESS || "socket",
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
  const stopToken = randomBytes(32).toString("base64url");
  const workerd = startWorkerd({ ...settings, bindings: { ...settings.bindings, STOP_TOKEN: stopToken }, data });
  data.nowUsedBy(workerd.pid);
  let stopping = false;
  let sendAway = async () => {};
  onStopSignal(async (signal) => {
    if (stopping) return;
    note(`${signal}: stopping`);
    stopping = true;
    await sendAway();
    workerd.stop();
  });

  const port = await workerd.listening;
  if (port !== undefined) {
    const url = `http://${urlHost(settings.host)}:${port}`;
    const state = await ready(url, { givenUp: () => stopping || workerd.ended() });
    // Players are told to come back; a server that does not answer is stopped without.
    sendAway = () => fetch(`${url}/internal/stop`, { method: "POST", headers: { Authorization: `Bearer ${stopToken}` }, signal: AbortSignal.timeout(SEND_AWAY_MS) }).catch(() => {});
    if (state === "ready") console.log(url);
    else if (!stopping && !workerd.ended()) {
      note(state === "silent" ? `${url}/readyz has not answered 200 within 30 seconds: giving up` : "The server is not configured: the line above names the variable.");
      workerd.stop();
    }
  }

  const how = await workerd.end;
  if (stopping) return 0;
  note(`workerd ended by itself (${how})`);
  return 1;
}

/** A server on all addresses is also on this machine's own. */
function urlHost(host) {
  if (host === "0.0.0.0" || host === "*" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
