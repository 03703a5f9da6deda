// The static files: their types, their protection, and nothing else.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { request } from "./support/raw-http.mjs";
import { startServer } from "./support/server.mjs";

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const get = (path, options) => fetch(server.url + path, { redirect: "manual", ...options });

test("files have their types and a strict policy", async () => {
  const types = {
    "/": "text/html; charset=utf-8",
    "/main.js": "text/javascript; charset=utf-8",
    "/favicon.svg": "image/svg+xml",
    "/asyncapi.json": "application/json",
    "/shardlink/shardlink.js": "text/javascript; charset=utf-8",
    "/shardlink/wasm/shardlink_client_bg.wasm": "application/wasm",
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

test("no address sends a browser to another host", async () => {
  for (const path of ["//evil.example/x", "///evil.example", "/\\evil.example/x", "/..//evil.example/x", "/./\\evil.example"]) {
    const { status, headers } = await request(server.url, "GET", path);
    assert.equal(status, 404, path);
    assert.equal(headers.get("location"), null, path);
  }
});

test("a folder is not listed, what is not there is 404, and HEAD has no body", async () => {
  assert.equal((await get("/shardlink")).headers.get("location"), "/shardlink/");
  for (const path of ["/shardlink/", "/nothing.js", "/..%2f..%2fpackage.json", "/.data/server-secret.txt"]) {
    const response = await get(path);
    assert.equal(response.status, 404, path);
    assert.doesNotMatch(await response.text(), /wasm|secret/);
  }
  const head = await get("/", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), "");
  assert.equal((await get("/", { method: "POST" })).status, 405);
});
