// What an operator sets wrongly is said when the server starts, by its name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "./support/server.mjs";

for (const [variable, value] of [
  ["CLIENT_ADDRESS", "somewhere"],
  ["ALLOWED_ORIGINS", "*"],
  ["HUB_CAPACITY", "none"],
  ["SIGN_IN_FAILURES_PER_NAME", "0"],
]) {
  test(`a wrong ${variable} ends the start with its name`, async () => {
    await assert.rejects(startServer({ env: { [variable]: value } }), (error) => {
      assert.match(error.message, new RegExp(`configuration: ${variable} must be`));
      assert.match(error.message, /not configured/);
      return true;
    });
  });
}
