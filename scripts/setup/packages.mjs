// Our npm packages, exactly as package-lock.json says.
import fs from "node:fs";
import path from "node:path";
import { npmEnvironment } from "../lib/environment.mjs";
import { nodeModules } from "../lib/paths.mjs";
import { fingerprint } from "../lib/products.mjs";
import { run } from "../lib/processes.mjs";
import { step } from "../lib/say.mjs";

const stamp = path.join(nodeModules, ".shardlink-stamp");

export async function npmPackages() {
  // The lock file repeats what package.json depends on. The platform counts
  // too: a folder shared with a container holds the other's binaries.
  const wanted = fingerprint(["package-lock.json"], [process.platform, process.arch]);
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === wanted) return;
  step("Installing the npm packages in package-lock.json: Node 24, wrangler, workerd, esbuild, binaryen, TypeScript, Vite, publint, Playwright, axe, the documents' linters and reader (a minute)");
  fs.rmSync(stamp, { force: true });
  // Only errors: its warnings are about the Node that runs npm, which is not the one we use.
  await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { env: npmEnvironment(), label: "npm ci" });
  fs.writeFileSync(stamp, wanted);
}
