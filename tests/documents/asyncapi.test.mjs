// docs/protocol/asyncapi.json by AsyncAPI's own parser.
import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";
import { DiagnosticSeverity, Parser } from "@asyncapi/parser";

const text = fs.readFileSync(new URL("../../docs/protocol/asyncapi.json", import.meta.url), "utf8");
const schema = JSON.parse(fs.readFileSync(new URL("../../docs/protocol/schema.json", import.meta.url), "utf8"));
const { document, diagnostics } = await new Parser().parse(text);

test("the AsyncAPI document has no errors", () => {
  const found = diagnostics.filter(({ severity }) => severity === DiagnosticSeverity.Error);
  assert.deepEqual(found.map(({ path, message }) => `${path.join(".")}: ${message}`), []);
  assert.ok(document);
});

test("the server receives what clients send and sends the rest, on one channel", () => {
  const described = (direction) => Object.keys(schema.$defs).filter((name) => name.startsWith(`${direction}.`));
  const ids = (operations) => operations.flatMap((operation) => operation.messages().all().map((message) => message.id()));
  assert.deepEqual(document.channels().all().map((channel) => channel.address()), ["/ws"]);
  assert.deepEqual(ids(document.operations().filterByReceive()).sort(), described("client").sort());
  assert.deepEqual(ids(document.operations().filterBySend()).sort(), described("server").sort());
});

test("every message has a payload whose type is its name", () => {
  for (const message of document.messages().all()) {
    assert.equal(message.payload().properties().type.const(), message.name(), message.id());
  }
});
