// The bots: a program of its own (tests/load), told by JSON what to do.
import { inRoot } from "../lib/paths.mjs";
import { capture, run } from "../lib/processes.mjs";
import { Stop } from "../lib/say.mjs";
import { BOTS_CORE, pinned } from "./surroundings.mjs";

export function buildBots() {
  return run("cargo", ["build", "--release", "--locked", "-p", "shardlink-load"]);
}

/** Makes accounts. */
export const prepare = (task) => bots({ do: "prepare", ...task });

/** Plays, and gives the report. */
export const play = (plan) => bots({ do: "play", ...plan });

async function bots(task) {
  const program = inRoot("target/release/bots");
  const { code, output } = await capture(...pinned(BOTS_CORE, [program, JSON.stringify(task)]));
  if (code !== 0) throw new Stop(`The bots failed (${code}); why stands above.`);
  return JSON.parse(output);
}
