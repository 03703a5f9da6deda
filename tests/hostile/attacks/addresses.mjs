// Addresses: whom a server takes somebody for, and where it sends people.
import { setTimeout as pause } from "node:timers/promises";
import { request } from "../../e2e/support/raw-http.mjs";
import { freshName } from "../../e2e/support/rest.mjs";
import { tally } from "../support/figures.mjs";

const HEADER = "x-real-ip";

/** What a proxy that is set up wrongly, or a stranger without one, sends as the address of the n-th request. */
const UNREADABLE = {
  "no header": () => ({}),
  "an empty one": () => ({ [HEADER]: "" }),
  "a list of nothing": (n) => ({ [HEADER]: `198.51.100.${n}, , unknown` }),
  "a name": (n) => ({ [HEADER]: `host-${n}.example` }),
};

/** A port is no part of whom an address belongs to; what a client put before it is its own word. */
const READABLE = {
  "a list whose beginning is the client's": (n) => ({ [HEADER]: `198.51.100.${n}, 203.0.113.9` }),
  "an address with a port": (n) => ({ [HEADER]: `203.0.113.5:${10_000 + n}` }),
  "an IPv6 address with a port": (n) => ({ [HEADER]: `[2001:db8::5]:${10_000 + n}` }),
};

/** One network of IPv6 is one household. */
const ONE_NETWORK = { "one network of IPv6": (n) => ({ [HEADER]: `2001:db8:1:2::${n.toString(16)}` }) };

const DEFAULT_LIMIT = 30;

export const addressHeader = {
  name: "address-header",
  what: `wrong sign-ins under CLIENT_ADDRESS=header:${HEADER} by those whose header is missing or says something else`,
  env: { CLIENT_ADDRESS: `header:${HEADER}` },
  headers: { [HEADER]: "192.0.2.1" },
  full: { attempts: 120 },
  short: { attempts: 45 },
  async run(stage, { attempts }) {
    const visitor = stage.attacker();
    const wrong = async (headers) => {
      const start = await visitor.rest("POST", "/api/auth/scram/start", { headers, body: { client_first: `n,,n=${freshName("nobody")},r=abc` } });
      if (start.status !== 200) return start.status;
      const body = { handshake_id: start.body.handshake_id, client_final: "c=biws,r=abc,p=AAAA" };
      return (await visitor.rest("POST", "/api/auth/scram/finish", { headers, body })).status;
    };
    const figures = {};
    const aims = {};
    for (const [what, headers] of Object.entries({ ...UNREADABLE, ...READABLE, ...ONE_NETWORK })) {
      const statuses = [];
      for (let n = 0; n < attempts; n += 1) statuses.push(await wrong(headers(n)));
      const counts = tally(statuses);
      figures[what] = counts;
      aims[`${what}: at most ${DEFAULT_LIMIT} are judged`] = (counts[401] ?? 0) <= DEFAULT_LIMIT;
    }
    return { figures, aims };
  },
};

const ELSEWHERE = "evil.example";
const PAUSE_MS = 500;

export const openRedirect = {
  name: "open-redirect",
  what: "addresses of pages that lead to another server",
  // Again and again, so that the honest players have said something meanwhile.
  full: { forMs: 10_000 },
  short: { forMs: 1 },
  async run(stage, { forMs }) {
    const asked = ["//H/x", "///H/x", "//H", "//H/", "/\\H/x", "/\\/H/x", "/%2fH/x", "/%5cH/x", "//H/..", "/.//H/x", "/..//H/x", "/x/..//H/x", "//H/%2e%2e", "/\t/H/x", "//H:80/x", "//user@H/x", "/shardlink//H/x", "/;//H/x", "//H%23/x", "//H?x/"].map((path) => path.replace("H", ELSEWHERE));
    const led = new Set();
    const until = performance.now() + forMs;
    do {
      for (const path of asked) {
        // As it is: fetch and URL would put it right. What Node refuses to send is no attack by a link either.
        const answer = await request(stage.url, "GET", "/", { path }).catch(() => undefined);
        const location = answer?.headers.get("location");
        // A browser reads it as URL does: backslashes are slashes.
        if (location && URL.canParse(location, stage.url) && new URL(location, stage.url).host !== new URL(stage.url).host) led.add(`${path} → ${location}`);
      }
      await pause(Math.min(forMs, PAUSE_MS));
    } while (performance.now() < until);
    return { figures: { asked: asked.length, "led away": led.size > 0 ? [...led] : 0 }, aims: { "none leads away": led.size === 0 } };
  },
};
