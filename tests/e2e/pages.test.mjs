// The static files: their types, their protection, how little of them is sent, and nothing else.
import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { serverAndBrowser } from "./support/browser.mjs";
import { PASSWORD, freshName } from "./support/json-client.mjs";
import { request } from "./support/raw-http.mjs";

const stage = serverAndBrowser();

const FOR_EVER = "public, max-age=31536000, immutable";
/** What a first visit to the demo may transfer, in bytes: 108,900 when this was measured, and some room. */
const FIRST_VISIT = 125_000;

const get = (path, options) => fetch(stage.server.url + path, { redirect: "manual", ...options });

/** { status, headers, bytes } as they were sent. */
function raw(path, headers = {}, method = "GET") {
  return new Promise((resolve, reject) => {
    const sent = http.request(stage.server.url + path, { method, headers, agent: false }, async (response) => {
      const pieces = [];
      for await (const piece of response) pieces.push(piece);
      resolve({ status: response.statusCode, headers: new Headers(response.headers), bytes: Buffer.concat(pieces) });
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** What the demo's page loads that has its hash in its name: { js, css, wasm }. */
async function assets() {
  const page = await (await get("/")).text();
  const [, css] = page.match(/<link rel="stylesheet" href="([^"]+)">/);
  const [, js] = page.match(/<script type="module" src="([^"]+)">/);
  const scripts = [...new Set(page.match(/assets\/[\w-]+\.js/g))];
  const code = await Promise.all(scripts.map(async (script) => (await get(`/${script}`)).text()));
  const [, wasm] = code.join("\n").match(/new URL\("\.\/([^"]+\.wasm)",\s*import\.meta\.url\)/);
  return { js: `/${js}`, css: `/${css}`, wasm: `/assets/${wasm}` };
}

test("files have their types and a strict policy", async () => {
  const { js, css, wasm } = await assets();
  const types = {
    "/": "text/html; charset=utf-8",
    [js]: "text/javascript; charset=utf-8",
    [css]: "text/css; charset=utf-8",
    [wasm]: "application/wasm",
    "/favicon.svg": "image/svg+xml",
    "/asyncapi.json": "application/json",
    "/shardlink/shardlink.js": "text/javascript; charset=utf-8",
  };
  for (const [path, type] of Object.entries(types)) {
    const response = await get(path);
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get("content-type"), type);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    const policy = response.headers.get("content-security-policy");
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /'unsafe-(inline|eval)'/);
    await response.arrayBuffer();
  }
  assert.equal((await (await get("/asyncapi.json")).json()).asyncapi, "3.0.0");
});

test("a file is sent in the best form that the client takes, and is the same in each", async () => {
  const { js, css, wasm } = await assets();
  for (const path of ["/", js, css, wasm, "/shardlink/wasm/shardlink_client.js", "/openapi.json"]) {
    const plain = await raw(path);
    assert.equal(plain.headers.get("content-encoding"), null, path);
    const forms = [
      ["gzip, deflate, br, zstd", "br", brotliDecompressSync],
      ["br;q=0.5, gzip;q=0.8", "gzip", gunzipSync],
      ["gzip", "gzip", gunzipSync],
      ["br;q=0, *", "gzip", gunzipSync],
      ["br;q=0, gzip;q=0", null, (bytes) => bytes],
      ["identity", null, (bytes) => bytes],
    ];
    for (const [accept, coding, read] of forms) {
      const what = `${path} as ${accept}`;
      const { status, headers, bytes } = await raw(path, { "Accept-Encoding": accept });
      assert.equal(status, 200, what);
      assert.equal(headers.get("content-encoding"), coding, what);
      assert.ok(read(bytes).equals(plain.bytes), what);
      if (coding) assert.ok(bytes.length < plain.bytes.length / 2, what);
      assert.ok(headers.get("vary").split(/,\s*/).includes("Accept-Encoding"), what);
      for (const name of ["etag", "content-type", "cache-control"]) assert.equal(headers.get(name), plain.headers.get(name), what);
      const head = await raw(path, { "Accept-Encoding": accept }, "HEAD");
      assert.deepEqual([head.status, head.bytes.length, head.headers.get("content-encoding")], [200, 0, coding], what);
    }
  }
});

test("a page is asked for again and mostly not sent; what has its hash in its name is kept for ever", async () => {
  const { js, css, wasm } = await assets();
  for (const path of [js, css, wasm]) assert.equal((await raw(path)).headers.get("cache-control"), FOR_EVER, path);
  for (const path of ["/", "/favicon.svg", "/shardlink/shardlink.js", "/openapi.json"]) assert.equal((await raw(path)).headers.get("cache-control"), "no-cache", path);
  const tags = new Set();
  for (const path of ["/", js, css, wasm, "/favicon.svg", "/shardlink/shardlink.js"]) {
    const first = await raw(path, { "Accept-Encoding": "br" });
    const etag = first.headers.get("etag");
    tags.add(etag);
    for (const headers of [{ "If-None-Match": etag, "Accept-Encoding": "br" }, { "If-None-Match": `"x", ${etag}` }]) {
      const again = await raw(path, headers);
      assert.deepEqual([again.status, again.bytes.length, again.headers.get("etag")], [304, 0, etag], path);
      // What a cache does not have it cannot keep.
      for (const name of ["cache-control", "vary", "content-security-policy"]) assert.equal(again.headers.get(name), first.headers.get(name), `${path} ${name}`);
    }
    assert.equal((await raw(path, { "If-None-Match": 'W/"x"' })).status, 200, path);
  }
  assert.equal(tags.size, 6);
});

test("the demo's first visit is light, and of the second hardly anything is sent", async () => {
  const page = await stage.browser.newPage();
  const visit = await watch(page);
  const first = await visit(() => page.goto(stage.server.url));
  const told = JSON.stringify(first, null, 1);
  assert.ok(first.bytes <= FIRST_VISIT, told);
  // The page, its styles, its scripts, its module and what the world is made of; whoever shows an icon asks for that too.
  assert.ok(first.sent.length >= 4 && first.sent.length <= 8 && first.sent.every(({ status }) => status === 200), told);
  assert.ok(first.sent.some(({ url, type }) => url.endsWith(".wasm") && type === "application/wasm"), told);
  // The encryption comes with the first passphrase.
  assert.ok(!first.sent.some(({ url }) => /seal/.test(url)), told);

  for (const again of [() => page.goto(stage.server.url), () => page.reload()]) {
    const second = await visit(again);
    const told = JSON.stringify(second, null, 1);
    // The page, its icon where one is shown, and what the world is made of.
    assert.ok(second.bytes <= 2_000 && second.sent.length <= 3, told);
    assert.ok(second.sent.every(({ status }) => status === 304), told);
  }
  assert.deepEqual(page.problems, []);
  await page.close();
});

/** Sees what goes over the wire: `visit(go)` resolves to { bytes, sent: [{ url, status, type, bytes }] }. */
async function watch(page) {
  const network = await page.context().newCDPSession(page);
  await network.send("Network.enable");
  let requests = new Map();
  const of = (id) => requests.get(id) ?? requests.set(id, { bytes: 0 }).get(id);
  network.on("Network.requestWillBeSent", ({ requestId, request }) => (of(requestId).url = request.url));
  // The cache's answers have none of this: it is what came over the wire.
  network.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode }) => (of(requestId).status = statusCode));
  network.on("Network.responseReceived", ({ requestId, response }) => Object.assign(of(requestId), { type: response.mimeType, cached: response.fromDiskCache }));
  network.on("Network.requestServedFromCache", ({ requestId }) => (of(requestId).cached = true));
  network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => (of(requestId).bytes = encodedDataLength));
  return async (go) => {
    requests = new Map();
    await go();
    await page.getByTestId("auth-username").waitFor();
    await page.waitForLoadState("networkidle");
    const sent = [...requests.values()].filter(({ status, cached }) => status !== undefined && (!cached || status === 304));
    return { bytes: sent.reduce((sum, { bytes }) => sum + bytes, 0), sent };
  };
}

test("a page whose files are gone, since the server was updated, offers to load itself again", async () => {
  const page = await stage.browser.newPage();
  await page.route(/\/assets\/world-/, (route) => route.fulfill({ status: 404 }));
  await page.goto(stage.server.url);
  await page.getByTestId("auth-toggle").click();
  await page.getByTestId("auth-username").fill(freshName("user"));
  await page.getByTestId("auth-password").fill(PASSWORD);
  await page.getByTestId("auth-submit").click();
  const again = page.getByRole("button", { name: "Try again" });
  await again.waitFor();
  await page.unrouteAll();
  await again.click();
  await page.getByTestId("char-name").waitFor();
  await page.close();
});

test("no address sends a browser to another host", async () => {
  for (const path of ["//evil.example/x", "///evil.example", "/\\evil.example/x", "/..//evil.example/x", "/./\\evil.example"]) {
    const { status, headers } = await request(stage.server.url, "GET", path);
    assert.equal(status, 404, path);
    assert.equal(headers.get("location"), null, path);
  }
});

test("a folder is not listed, what is not there is 404, and HEAD has no body", async () => {
  assert.equal((await get("/shardlink")).headers.get("location"), "/shardlink/");
  const { js } = await assets();
  const compressed = ["/index.html.br", `${js}.gz`, "/files.json"];
  for (const path of ["/shardlink/", "/assets/", "/nothing.js", "/..%2f..%2fpackage.json", "/.data/server-secret.txt", ...compressed]) {
    const response = await get(path);
    assert.equal(response.status, 404, path);
    assert.doesNotMatch(await response.text(), /wasm|secret/);
  }
  const head = await get("/", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), "");
  assert.equal((await get("/", { method: "POST" })).status, 405);
});
