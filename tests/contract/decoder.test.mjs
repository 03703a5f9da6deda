// docs/PROTOCOL.md suffices to write a binary client: one in Python (decoder/), which reads its
// tables and was written from its words alone, reads every golden frame and plays on the server.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { interpreter } from "../../scripts/setup/python.mjs";
import { startServer } from "../e2e/support/server.mjs";
import { UNLIMITED } from "./support/document.mjs";

const FOLDER = fileURLToPath(new URL("decoder", import.meta.url));

let server;
before(async () => (server = await startServer({ env: UNLIMITED })));
after(() => server?.stop());

/** Runs a module of unittest, and asserts that it has run `least` tests and all of them passed. */
async function passes(module, least, env = {}) {
  const child = spawn(interpreter, ["-m", "unittest", module], {
    cwd: FOLDER,
    // What Python compiles would lie in the checkout.
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (more) => (text += more));
  const code = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  assert.equal(code, 0, text);
  assert.ok(Number(text.match(/^Ran (\d+) tests? in/m)?.[1] ?? 0) >= least, text);
}

test("a decoder written from the document alone reads every golden frame, and the document's example", () => passes("test_golden", 9));

test("a client written from the document alone enters, walks, talks, is cut, resumes and leaves in binary", () =>
  passes("test_live", 12, { SHARDLINK_URL: server.url }));
