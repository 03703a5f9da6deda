// The package as npm would publish it, in pages that its server does not serve: as it is, in a
// worker, bundled by esbuild, built and served by Vite. In each two clients meet in one page.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import * as esbuild from "esbuild";
import * as vite from "vite";
import { launchBrowser } from "../e2e/support/browser.mjs";
import { startServer } from "../e2e/support/server.mjs";
import { MET } from "./support/meeting.js";
import { makeProject } from "./support/project.mjs";
import { serve, serveFolder } from "./support/static-server.mjs";

/** Long: a busy machine stretches passwords slowly. */
const TIMEOUT_MS = 120_000;
const MEETING = fs.readFileSync(new URL("./support/meeting.js", import.meta.url), "utf8");

/** Entries that Vite's development server is tried with. */
const DEVELOPED = ["shardlink", "shardlink/inline"];

/** `host` serves the project's files, `vites` are for Vite's development server: each is an origin of its own. */
const stage = { vites: [] };
const developing = new Map();
before(async () => {
  stage.project = makeProject();
  const headers = {};
  stage.host = await serveFolder(stage.project.folder, headers);
  for (const entry of DEVELOPED) stage.vites.push(await serve((request, response) => developing.get(entry).middlewares(request, response)));
  const origins = [stage.host, ...stage.vites].map(({ url }) => url);
  stage.server = await startServer({ env: { ALLOWED_ORIGINS: origins.join() } });
  const { url } = stage.server;
  // What docs/guide/deployment.md tells a page to allow, and nothing else.
  headers["Content-Security-Policy"] = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${url} ${url.replace("http", "ws")}`;
  stage.browser = await launchBrowser();
});
after(async () => {
  await stage.browser?.close();
  for (const one of developing.values()) await one.close();
  await stage.server?.stop();
  for (const one of [stage.host, ...stage.vites]) one?.close();
  stage.project?.remove();
});

const HTML = `<!doctype html><meta charset="utf-8"><title>Game</title><script type="module" src="./main.js"></script>\n`;

/** A game of a few lines. */
const game = (from, meeting = "../meeting.js") => `
  import { ShardlinkClient } from "${from}";
  import { meeting } from "${meeting}";
  globalThis.met = meeting(ShardlinkClient, new URLSearchParams(location.search).get("server"));
`;

/** Opens a page, and expects that two players meet in it and that nothing went wrong; gives what was fetched. */
async function meetIn(address) {
  const page = await stage.browser.newPage();
  const fetched = [];
  page.on("request", (request) => fetched.push(request.url()));
  await page.goto(`${address}?server=${stage.server.url}`);
  await page.waitForFunction(() => globalThis.met !== undefined, undefined, { timeout: 60_000 }).catch(() => assert.fail(page.problems.join("\n") || "the page does nothing"));
  assert.deepEqual(await page.evaluate(() => globalThis.met), MET);
  assert.deepEqual(page.problems, []);
  await page.context().close();
  return fetched;
}

const modules = (fetched) => fetched.filter((url) => url.endsWith(".wasm")).map((url) => path.basename(url)).sort();

test("a page imports the files as they are, from another origin than the server's", { timeout: TIMEOUT_MS }, async () => {
  stage.project.write({ "plain/index.html": HTML, "plain/main.js": game("/node_modules/shardlink/shardlink.js") });
  const fetched = await meetIn(`${stage.host.url}/plain/`);
  assert.deepEqual(modules(fetched), ["shardlink_client_bg.wasm", "shardlink_seal_bg.wasm"]);
});

test("a worker of a page imports them", { timeout: TIMEOUT_MS }, async () => {
  stage.project.write({
    "worker/index.html": HTML,
    "worker/main.js": `
      const worker = new Worker("./worker.js" + location.search, { type: "module" });
      globalThis.met = new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    `,
    // What rejects in a worker is no error of its page.
    "worker/worker.js": `${game("/node_modules/shardlink/shardlink.js")} postMessage(await globalThis.met.catch(String));`,
  });
  await meetIn(`${stage.host.url}/worker/`);
});

test("a page runs one file that esbuild made of shardlink/inline", { timeout: TIMEOUT_MS }, async () => {
  stage.project.write({ "source/main.js": game("shardlink/inline"), "one-file/index.html": HTML });
  await esbuild.build({
    ...{ absWorkingDir: stage.project.folder, entryPoints: ["source/main.js"], outfile: "one-file/main.js" },
    ...{ bundle: true, minify: true, format: "esm", logLevel: "silent" },
  });
  const fetched = await meetIn(`${stage.host.url}/one-file/`);
  assert.deepEqual(fetched.filter((url) => url.startsWith(stage.host.url)).map((url) => new URL(url).pathname), ["/one-file/", "/one-file/main.js"]);
});

/** Vite's project in a folder of the game's. */
const viteOptions = (folder) => ({ root: path.join(stage.project.folder, folder), configFile: false, logLevel: "error", clearScreen: false });

test("vite build makes a page of it", { timeout: TIMEOUT_MS }, async () => {
  stage.project.write({ "built/index.html": HTML, "built/main.js": game("shardlink") });
  await vite.build({ ...viteOptions("built"), base: "./" });
  const fetched = await meetIn(`${stage.host.url}/built/dist/`);
  assert.equal(modules(fetched).length, 2);
});

DEVELOPED.forEach((entry, index) =>
  test(`Vite's development server serves a page that imports "${entry}"`, { timeout: TIMEOUT_MS }, async () => {
    const { url, server } = stage.vites[index];
    const folder = `dev-${path.basename(entry)}`;
    stage.project.write({ [`${folder}/index.html`]: HTML, [`${folder}/main.js`]: game(entry, "./meeting.js"), [`${folder}/meeting.js`]: MEETING });
    const own = await vite.createServer({
      ...viteOptions(folder),
      cacheDir: path.join(stage.project.folder, `.vite-${folder}`),
      server: { middlewareMode: true, hmr: { server }, watch: null },
    });
    developing.set(entry, own);
    await meetIn(`${url}/`);
  }),
);
