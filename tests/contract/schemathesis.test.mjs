// Good and bad requests, made out of docs/protocol/openapi.json by Schemathesis:
// whatever is asked, the answer is one that the document has for it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { schemathesis } from "../../scripts/setup/python.mjs";
import { rest, signUp } from "../e2e/support/json-client.mjs";
import { startServer } from "../e2e/support/server.mjs";
import { UNLIMITED, documentFile, operations } from "./support/document.mjs";

const CONFIG = fileURLToPath(new URL("schemathesis.toml", import.meta.url));

/** A run must have gone somewhere: fewer answers than this of each operation mean that it has not. */
const CASES_PER_OPERATION = 5;

const ids = operations.map(({ id }) => id);
/** These end the session that they are asked with, or leave it without its password. */
const ENDING = ["logout", "refresh", "changePassword", "deleteAccount"];
/** What anybody may ask is asked without a token; these cost too much to be asked twice. */
const STRETCHING = ["register", "login"];

let server;
let folder;
before(async () => {
  server = await startServer({ env: UNLIMITED });
  // It leaves what it found in the folder that it runs in.
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-contract-"));
});
after(async () => {
  fs.rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

/** Runs it over some operations, and asserts that it has asked them all and found nothing. */
async function conforms(wanted, { token, phases }) {
  const output = await run([
    ...["--config-file", CONFIG, "run", documentFile, "--url", server.url],
    ...["--phases", phases.join(",")],
    ...wanted.flatMap((id) => ["--include-operation-id", id]),
    ...(token ? ["--header", `Authorization: Bearer ${token}`] : []),
  ]);
  const count = (pattern) => Number(output.text.match(pattern)?.[1] ?? 0);
  assert.equal(output.code, 0, output.text);
  assert.equal(count(/^ *Tested: (\d+)$/m), wanted.length, output.text);
  assert.ok(count(/^ *(\d+) generated/m) >= wanted.length * CASES_PER_OPERATION, output.text);
}

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(schemathesis, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (more) => (text += more));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, text }));
  });
}

test("without a token every operation answers as the document says", async () => {
  await conforms(ids, { phases: ["coverage", "fuzzing"] });
});

test("with a session's token too, one operation after another", async () => {
  const { token } = await signUp(server.url);
  const wanted = ids.filter((id) => !ENDING.includes(id) && !STRETCHING.includes(id));
  await conforms(wanted, { token, phases: ["coverage", "fuzzing", "stateful"] });
  // Had the token died on the way, the rest would have been asked without one.
  assert.equal((await rest(server.url, "GET", "/api/auth/session", { token })).status, 200);
});

for (const id of ENDING) {
  test(`${id} does, which may end the session it is asked with`, async () => {
    const { token } = await signUp(server.url);
    await conforms([id], { token, phases: ["coverage", "fuzzing"] });
  });
}
