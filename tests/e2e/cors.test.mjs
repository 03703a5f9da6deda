// Which pages may read an answer, what each address says it can do, and what
// protects the pages themselves.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { signUp } from "./support/json-client.mjs";
import { assertProblem } from "./support/problems.mjs";
import { request, upgrade } from "./support/raw-http.mjs";
import { routes } from "./support/routes.mjs";
import { startServer } from "./support/server.mjs";

const ALLOWED = ["https://game.example", "http://localhost:3000"];

let server;
before(async () => (server = await startServer({ env: { ALLOWED_ORIGINS: ALLOWED.join(",") } })));
after(() => server.stop());

/** Origins that resemble a good one, and those that browsers use for none. */
const foreign = () => [
  "https://evil.example",
  "https://game.example.evil.example",
  "https://evilgame.example",
  "https://game.example:8443",
  "http://game.example",
  "https://game.example/",
  "http://localhost:3001",
  "null",
  "*",
  `${server.url}.evil.example`,
  `ftp://${new URL(server.url).host}`,
];
const good = () => [...ALLOWED, server.url];

const ADDRESSES = ["/api/status", "/api/characters", "/api/nothing", "/healthz", "/", "/nothing.js"];

/** Each address with its methods. */
const paths = new Map(
  routes.map(({ path }) => {
    const address = path.replace(/\{\w+\}/, "4294967297");
    return [address, routes.filter((route) => route.path === path).map((route) => route.method)];
  }),
);

const varies = (answer) => (answer.headers.get("vary") ?? "").split(/,\s*/).includes("Origin");
const noCredentials = (answer, what) => assert.equal(answer.headers.get("access-control-allow-credentials"), null, what);

test("an allowed origin, and the server's own, may read every answer, by its own name and without credentials", async () => {
  for (const Origin of good()) {
    for (const address of ADDRESSES) {
      const answer = await request(server.url, "GET", address, { headers: { Origin } });
      const what = `${Origin} ${address}`;
      assert.equal(answer.headers.get("access-control-allow-origin"), Origin, what);
      assert.ok(varies(answer), what);
      noCredentials(answer, what);
    }
  }
});

test("a foreign origin may read nothing, and whoever has none is told of none", async () => {
  for (const Origin of [...foreign(), undefined]) {
    for (const address of ADDRESSES) {
      const answer = await request(server.url, "GET", address, { headers: Origin === undefined ? {} : { Origin } });
      const what = `${Origin} ${address}`;
      assert.equal(answer.headers.get("access-control-allow-origin"), null, what);
      // A cache must not give this answer to a page that may read it, nor the other way round.
      assert.ok(varies(answer), what);
      noCredentials(answer, what);
    }
  }
});

test("every route answers OPTIONS with its methods, and a preflight with what a good origin may send", async () => {
  for (const [path, methods] of [...paths, ["/healthz", ["GET"]], ["/ws", ["GET"]], ["/", ["GET"]]]) {
    const plain = await request(server.url, "OPTIONS", path);
    assert.equal(plain.status, 204, path);
    const expected = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].sort();
    assert.deepEqual(plain.headers.get("allow").split(", ").sort(), expected, path);
    for (const Origin of good()) {
      const headers = { Origin, "Access-Control-Request-Method": methods[0], "Access-Control-Request-Headers": "authorization" };
      const preflight = await request(server.url, "OPTIONS", path, { headers });
      assert.equal(preflight.status, 204, path);
      assert.equal(preflight.headers.get("access-control-allow-origin"), Origin, path);
      assert.deepEqual(preflight.headers.get("access-control-allow-methods").split(", ").sort(), expected, path);
      assert.equal(preflight.headers.get("access-control-allow-headers"), "Authorization, Content-Type", path);
      assert.ok(varies(preflight), path);
      noCredentials(preflight, path);
    }
  }
  assertProblem(await request(server.url, "OPTIONS", "/api/nothing"), 404, "NOT_FOUND");
});

test("a foreign origin's preflight is refused on every route", async () => {
  const origins = foreign();
  for (const [path, methods] of paths) {
    for (const Origin of origins) {
      const headers = { Origin, "Access-Control-Request-Method": methods[0] };
      const preflight = await request(server.url, "OPTIONS", path, { headers });
      assertProblem(preflight, 403, "ORIGIN_REFUSED", `${path} ${Origin}`);
      assert.equal(preflight.headers.get("access-control-allow-origin"), null, path);
      assert.equal(preflight.headers.get("access-control-allow-methods"), null, path);
    }
  }
});

test("HEAD is answered as GET is, without the body", async () => {
  const { token } = await signUp(server.url);
  const headers = { Authorization: `Bearer ${token}` };
  // What differs between two answers to the same question.
  const same = (answer) => [...answer.headers].filter(([name]) => !["date", "content-length", "transfer-encoding"].includes(name)).sort();
  const readable = [...paths].filter(([, methods]) => methods.includes("GET")).map(([path]) => path);
  for (const path of [...readable, "/healthz", "/", "/asyncapi.json", "/nothing.js", "/api/nothing"]) {
    const get = await request(server.url, "GET", path, { headers });
    const head = await request(server.url, "HEAD", path, { headers });
    assert.equal(head.status, get.status, path);
    assert.deepEqual(same(head), same(get), path);
    assert.equal(head.body, "", path);
    assert.notEqual(get.body, "", path);
  }
});

test("a socket of a foreign page is refused; a page that may, and whoever is no page, gets one", async () => {
  for (const Origin of foreign()) {
    const refused = await upgrade(server.url, { Origin });
    assertProblem(refused, 403, "ORIGIN_REFUSED", Origin);
    assert.equal(refused.headers.get("access-control-allow-origin"), null, Origin);
  }
  for (const headers of [{}, ...good().map((Origin) => ({ Origin }))]) {
    assert.equal((await upgrade(server.url, headers)).status, 101, JSON.stringify(headers));
  }
});

test("the pages run nothing inline, are framed by nobody and tell nobody where their reader was", async () => {
  for (const path of ["/", "/api-docs/page.js", "/shardlink/shardlink.js", "/favicon.svg"]) {
    const { status, headers, body } = await request(server.url, "GET", path);
    assert.equal(status, 200, path);
    const policy = new Map(headers.get("content-security-policy").split(";").map((part) => {
      const [name, ...values] = part.trim().split(/\s+/);
      return [name, values];
    }));
    assert.deepEqual(policy.get("default-src"), ["'none'"], path);
    assert.deepEqual(policy.get("frame-ancestors"), ["'none'"], path);
    assert.deepEqual(policy.get("base-uri"), ["'none'"], path);
    assert.deepEqual(policy.get("form-action"), ["'none'"], path);
    for (const name of ["script-src", "style-src", "connect-src"]) {
      // Nothing inline, no eval of JavaScript, no other server.
      for (const value of policy.get(name)) assert.ok(["'self'", "'wasm-unsafe-eval'"].includes(value), `${path} ${name} ${value}`);
    }
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("referrer-policy"), "no-referrer", path);
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin", path);
    if (path === "/") {
      // A page that needed what the policy forbids would be broken.
      assert.doesNotMatch(body, /<script(?![^>]*\bsrc=)[^>]*>\s*\S/);
      assert.doesNotMatch(body, /<style|\sstyle=|\son[a-z]+=|javascript:/i);
    }
  }
});

test("an answer of the API is no page: not sniffed, not kept, not framed", async () => {
  for (const path of ["/api/status", "/api/characters", "/api/nothing"]) {
    const { headers } = await request(server.url, "GET", path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("referrer-policy"), "no-referrer", path);
    assert.equal(headers.get("cache-control"), "no-store", path);
    assert.match(headers.get("content-security-policy"), /default-src 'none'; frame-ancestors 'none'/, path);
  }
});
