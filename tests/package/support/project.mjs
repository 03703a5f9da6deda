// The project of a game: an empty folder into which the package is installed as npm would
// publish it.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { dist } from "../../../scripts/lib/paths.mjs";

const MEETING = fileURLToPath(new URL("./meeting.js", import.meta.url));

/**
 * Packs dist/npm and installs the tarball, without a network: { folder, write(), remove() }.
 * write({ name: text }) writes files. `meeting.js` is there already.
 */
export function makeProject() {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-package-")));
  const npm = (...args) => execFileSync("npm", args, { cwd: folder, encoding: "utf8" }).trim();
  const write = (files) => {
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    }
  };
  write({ "package.json": `{ "private": true, "type": "module" }`, "meeting.js": fs.readFileSync(MEETING, "utf8") });
  const tarball = npm("pack", dist.npm, "--silent", "--ignore-scripts").split("\n").at(-1);
  npm("install", `./${tarball}`, "--offline", "--silent", "--no-audit", "--no-fund");
  return {
    folder,
    write,
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}
