// The Node that wrangler and the tests run on.
import { find } from "../lib/environment.mjs";
import { atLeast } from "../lib/semver.mjs";
import { ask } from "../lib/processes.mjs";
import { Stop } from "../lib/say.mjs";
import { wranglerNode } from "../versions.mjs";

/**
 * Its path. package.json brings Node 24 on Linux; there is no such package for
 * macOS, where the one on PATH has to be new enough.
 */
export function node() {
  const path = find("node");
  const version = path && ask(path, ["--version"]).output.trim().replace(/^v/, "");
  if (!version || !atLeast(version, wranglerNode)) {
    throw new Stop(`wrangler needs Node ${wranglerNode} or newer and found ${version ?? "none"}: install Node 24 from https://nodejs.org.`);
  }
  return path;
}
