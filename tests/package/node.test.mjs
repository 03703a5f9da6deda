// The package as npm would publish it, in Node: its entries play, its types compile, and its
// manifest is in order.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import * as esbuild from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { dist, nodeModules } from "../../scripts/lib/paths.mjs";
import { startServer } from "../e2e/support/server.mjs";
import { makeProject } from "./support/project.mjs";
import { MET } from "./support/meeting.js";

const exec = promisify(execFile);
/** Long: a busy machine stretches passwords slowly. */
const TIMEOUT_MS = 120_000;

let server;
let project;
before(async () => {
  project = makeProject();
  server = await startServer();
});
after(async () => {
  await server?.stop();
  project?.remove();
});

/** Runs a program of the project with the server's address; gives what it printed. */
async function run(name) {
  const { stdout, stderr } = await exec(process.execPath, [name, server.url], { cwd: project.folder, timeout: TIMEOUT_MS });
  assert.equal(stderr, "");
  return stdout;
}

const program = (from) => `
  import { ShardlinkClient } from "${from}";
  import { meeting } from "./meeting.js";
  console.log(JSON.stringify(await meeting(ShardlinkClient, process.argv[2])));
`;

for (const entry of ["shardlink", "shardlink/inline"]) {
  test(`two players meet by "${entry}", and the program ends by itself`, { timeout: TIMEOUT_MS }, async () => {
    project.write({ "play.js": program(entry) });
    assert.deepEqual(JSON.parse(await run("play.js")), MET);
  });
}

test("two players meet by one file that esbuild made of shardlink/inline, with nothing beside it", { timeout: TIMEOUT_MS }, async () => {
  project.write({ "source.js": program("shardlink/inline") });
  const alone = "alone/bundle.js";
  await esbuild.build({
    ...{ absWorkingDir: project.folder, entryPoints: ["source.js"], outfile: alone },
    ...{ bundle: true, format: "esm", logLevel: "silent" },
  });
  assert.deepEqual(JSON.parse(await run(alone)), MET);
});

test("in Node shardlink is shardlink/node", async () => {
  project.write({ "same.js": `console.log(import.meta.resolve("shardlink") === import.meta.resolve("shardlink/node"));` });
  assert.equal(await run("same.js"), "true\n");
});

test("require() gives the same package", async () => {
  project.write({
    "required.cjs": `console.log(Object.keys(require("shardlink")).sort().join());`,
    "imported.js": `import * as all from "shardlink"; console.log(Object.keys(all).sort().join());`,
  });
  const names = await run("imported.js");
  assert.equal(names, "PLAYER,ShardlinkClient,ShardlinkError,init\n");
  assert.equal(await run("required.cjs"), names);
});

const TYPED = `
  import { ShardlinkClient, ShardlinkError, init, type NearbyPlayer, type messages } from "shardlink";
  import { ShardlinkClient as OfOneFile } from "shardlink/inline";
  import { ShardlinkClient as OfNode } from "shardlink/node";
  import type { Canon, Events, Party } from "shardlink/types";

  export async function look(client: ShardlinkClient): Promise<[Canon, Party | null, NearbyPlayer[]]> {
    await init(new Uint8Array());
    client.on("chat", ({ content }) => content.length);
    client.on("party", ({ party }: Events["party"]) => party?.members.length);
    // @ts-expect-error: there is no such message
    client.on("nothing", () => {});
    // @ts-expect-error: a name is a text
    client.inviteToParty({});
    try {
      return [await client.realm(), client.getParty(), client.getNearbyPlayers()];
    } catch (error) {
      if (error instanceof ShardlinkError && error.code === "UNREACHABLE") return look(new OfOneFile({ url: error.message }));
      throw error;
    }
  }
  export const again = look(new OfNode());
  export type Here = messages.PlayerHere["character_id"];
`;

// The libraries are those of a page, as a new project has them: without them nothing of the
// package may be amiss that skipLibCheck would hide.
for (const [resolution, module, ...rest] of [
  ["bundler", "es2022"],
  ["nodenext", "nodenext", "--exactOptionalPropertyTypes", "--verbatimModuleSyntax", "--isolatedModules"],
]) {
  test(`strict TypeScript compiles against it with moduleResolution ${resolution}`, { timeout: TIMEOUT_MS }, async () => {
    project.write({ "typed.ts": TYPED });
    const options = ["--strict", "--noEmit", "--skipLibCheck", "false", "--target", "es2022", "--lib", "es2022,dom", "--types", ""];
    const tsc = path.join(nodeModules, ".bin/tsc");
    const how = ["--module", module, "--moduleResolution", resolution, ...rest, "typed.ts"];
    // It says what is wrong on stdout.
    await exec(tsc, [...options, ...how], { cwd: project.folder }).catch(({ stdout }) => assert.fail(stdout));
  });
}

test("strict TypeScript compiles against it with the types of Node instead of a page's", { timeout: TIMEOUT_MS }, async () => {
  project.write({ "typed.ts": TYPED });
  const options = ["--strict", "--noEmit", "--skipLibCheck", "false", "--target", "es2022", "--lib", "es2022", "--module", "nodenext"];
  const types = ["--typeRoots", path.join(nodeModules, "@types"), "--types", "node", "typed.ts"];
  await exec(path.join(nodeModules, ".bin/tsc"), [...options, ...types], { cwd: project.folder }).catch(({ stdout }) => assert.fail(stdout));
});

test("publint finds nothing", async () => {
  const { messages, pkg } = await publint({ pkgDir: dist.npm, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg, { color: false })), []);
});

test("the tarball holds what the entries need, and nothing of how it was built", async () => {
  const { stdout } = await exec("npm", ["pack", "--dry-run", "--json", dist.npm], { cwd: project.folder });
  const [{ files }] = JSON.parse(stdout);
  const strange = files.map((file) => file.path).filter((name) => !/^([\w.-]+\.(js|d\.ts)|wasm\/\w+_bg\.wasm|package\.json|README\.md|LICENSE-(MIT|APACHE))$/.test(name));
  assert.deepEqual(strange, []);
  // What a page fetches is small; so is what a game installs.
  const size = files.reduce((sum, file) => sum + file.size, 0);
  assert.ok(size < 800_000, `${size} bytes`);
});
