// What a client is made with.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ShardlinkClient, ShardlinkError, clientOf, server, storeOf } from "./support/stage.mjs";

function refused(options, field) {
  const what = Object.entries(options).map(([name, value]) => `${name}: ${String(value)}`).join();
  assert.throws(() => new ShardlinkClient(options), (error) => {
    assert.ok(error instanceof ShardlinkError && error instanceof Error, what);
    assert.deepEqual([error.code, error.field], ["INVALID_FIELD", field], what);
    assert.match(error.message, /^[A-Z].*\.$|new ShardlinkClient\(/, what);
    return true;
  });
}

const url = "http://shardlink.test";

test("an address that is none is refused, and so is none outside of a page", () => {
  for (const wrong of ["nonsense", "", "ftp://shardlink.test", "javascript:alert(1)", "http://", 7]) refused({ url: wrong }, "url");
  refused({}, "url");
  assert.throws(() => new ShardlinkClient(), { code: "INVALID_FIELD", field: "url" });
});

test("within a page the server is the page's own, or is named from it", async (t) => {
  globalThis.location = { href: "https://game.test/play/index.html?x#y" };
  t.after(() => delete globalThis.location);
  for (const [named, reached] of [[undefined, "https://game.test"], ["/realm/", "https://game.test/realm"], ["https://other.test", "https://other.test"]]) {
    await clientOf({ url: named }).getWorldState().catch(() => {});
    assert.equal(server.asked.at(-1).url, `${reached}/api/world/state`);
  }
});

test("a storage that is none is refused", () => {
  for (const storage of ["cloud", "", null, 7, {}, { getItem: "x" }]) refused({ url, storage }, "storage");
  for (const storage of ["local", "session", "none", storeOf()]) clientOf({ storage });
});

test("an interpolation delay or a limit out of bounds is refused", () => {
  for (const interpolationDelay of [-1, 1_001, NaN, Infinity, "fast", "100"]) refused({ url, interpolationDelay }, "interpolationDelay");
  for (const timeout of [0, -1, 600_001, NaN, Infinity, "soon"]) refused({ url, timeout }, "timeout");
  for (const interpolationDelay of [0, 1_000, undefined]) clientOf({ interpolationDelay });
  for (const timeout of [1, 600_000, undefined]) clientOf({ timeout });
});

test("making a client asks nothing of anybody", () => {
  clientOf();
  assert.deepEqual([server.asked, server.sockets], [[], []]);
});
