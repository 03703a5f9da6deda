// What the realm is made of, as clients read and keep it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { request } from "./support/raw-http.mjs";
import { startServer } from "./support/server.mjs";

const ELSEWHERE = "https://game.example";

let server;
before(async () => (server = await startServer({ env: { ALLOWED_ORIGINS: ELSEWHERE } })));
after(() => server.stop());

const ask = (query = "", headers = {}, method = "GET") => request(server.url, method, `/api/realm${query}`, { headers });

test("anybody reads what the realm is made of", async () => {
  const { status, headers, body } = await ask();
  assert.equal(status, 200);
  assert.equal(headers.get("content-type"), "application/json");
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  assert.deepEqual(Object.keys(body).sort(), ["bounds", "classes", "factions", "locations", "races", "shards"]);
  assert.deepEqual(body.bounds, { min: -500, max: 500 });
  assert.deepEqual(body.factions[0], { name: "Crimson Covenant" });
  const volcano = { id: 2, name: "Ember Volcano", zone: "dungeon", safe: false, danger: 8, connections: [1] };
  assert.deepEqual(body.locations[1], volcano);
  const engine = { number: 12, name: "Entropy Engine", influence: "Chaos and Randomness", guardian: "Chaoticus the Random", location_id: 2 };
  assert.deepEqual(body.shards[11], engine);
});

test("it is asked for again by its tag, or kept for ever by its hash", async () => {
  const first = await ask();
  const etag = first.headers.get("etag");
  const hash = etag.match(/^"([0-9a-f]{32})"$/)[1];
  assert.equal(first.headers.get("cache-control"), "no-cache");

  for (const known of [etag, `W/${etag}`, `"x", ${etag}`]) {
    const again = await ask("", { "If-None-Match": known });
    assert.deepEqual([again.status, again.body, again.headers.get("etag")], [304, "", etag], known);
  }
  assert.equal((await ask("", { "If-None-Match": '"x"' })).status, 200);

  const kept = await ask(`?hash=${hash}`);
  assert.deepEqual(kept.body, first.body);
  assert.equal(kept.headers.get("cache-control"), "public, max-age=31536000, immutable");
  // Of another build, or of none: what there is now, which the next one may not be.
  for (const query of ["?hash=0", "?hash=", `?hash=${hash.toUpperCase()}x`, "?other=1"]) {
    const other = await ask(query);
    assert.deepEqual([other.status, other.headers.get("cache-control")], [200, "no-cache"], query);
    assert.deepEqual(other.body, first.body);
  }
});

test("a page of an allowed origin may read it and its tag, another may not", async () => {
  const allowed = await ask("", { Origin: ELSEWHERE });
  assert.equal(allowed.headers.get("access-control-allow-origin"), ELSEWHERE);
  assert.ok(allowed.headers.get("access-control-expose-headers").split(", ").includes("ETag"));
  const same = await ask("", { Origin: ELSEWHERE, "If-None-Match": allowed.headers.get("etag") });
  assert.deepEqual([same.status, same.headers.get("access-control-allow-origin")], [304, ELSEWHERE]);
  const foreign = await ask("", { Origin: "https://evil.example" });
  assert.equal(foreign.headers.get("access-control-allow-origin"), null);
});
