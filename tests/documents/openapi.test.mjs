// docs/protocol/openapi.json by Redocly's linter, and by what our routes promise.
import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { createConfig, lint } from "@redocly/openapi-core";

const file = fileURLToPath(new URL("../../docs/protocol/openapi.json", import.meta.url));
const routes = fs.readFileSync(new URL("../../server-worker/src/edge/routes.rs", import.meta.url), "utf8");
const document = JSON.parse(fs.readFileSync(file, "utf8"));

const METHODS = ["get", "put", "post", "delete", "patch"];
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([method]) => METHODS.includes(method))
    .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);
const failures = ({ responses }) => Object.entries(responses).filter(([status]) => Number(status) >= 400);

test("the OpenAPI document passes the linter's recommended rules, warnings too", async () => {
  const config = await createConfig({
    extends: ["recommended"],
    // A route without a parameter, a body or a session has nothing that a client could get
    // wrong: its failures are the server's. That there are failures is looked at below.
    rules: { "operation-4xx-response": "off" },
  });
  const problems = await lint({ ref: file, config });
  assert.deepEqual(problems.map(({ ruleId, message, location }) => `${location[0]?.pointer}: ${message} (${ruleId})`), []);
});

test("the document has every route of the server's table, and no other", () => {
  const table = [...routes.matchAll(/^ {4}\w+: (GET|PUT|POST|DELETE|PATCH) "([^"]+)",/gm)].map(([, method, path]) => `${method} ${path}`);
  assert.ok(table.length > 0, "routes.rs has no table that this test can read");
  assert.deepEqual(operations.map(({ name }) => name).sort(), table.sort());
});

test("every operation has an id of its own and a summary that is a sentence", () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.deepEqual(ids.filter((id) => !/^[a-z][A-Za-z]*$/.test(id ?? "")), []);
  assert.equal(new Set(ids).size, ids.length);
  for (const { name, operation } of operations) assert.match(operation.summary ?? "", /^[A-Z].*\.$/, name);
});

test("every operation has one success in JSON", () => {
  for (const { name, operation } of operations) {
    const successes = Object.entries(operation.responses).filter(([status]) => Number(status) < 300);
    assert.equal(successes.length, 1, name);
    assert.ok(successes[0][1].content["application/json"].schema, name);
  }
});

test("every failure is a problem that names its codes, and an operation for sessions knows 401", () => {
  for (const { name, operation } of operations) {
    assert.ok(failures(operation).length > 0, name);
    for (const [status, { description, content }] of failures(operation)) {
      assert.deepEqual(Object.keys(content), ["application/problem+json"], `${name} ${status}`);
      assert.equal(content["application/problem+json"].schema.$ref, "#/components/schemas/Problem", `${name} ${status}`);
      assert.match(description, /`[A-Z_]+`: /, `${name} ${status}`);
    }
    const needsSession = operation.security.length > 0;
    if (needsSession) assert.ok("401" in operation.responses, name);
  }
});
