// `node scripts/main.mjs COMMAND`: what the npm scripts call. Only Node's own
// modules are imported here and in everything a command loads, so that it
// works in a fresh clone, before there is a node_modules.

const COMMANDS = ["setup", "build", "start", "serve", "check", "docs", "test", "fuzz", "bench", "chaos", "hostile"];
const [command, ...options] = process.argv.slice(2);

const { bootstrapNode } = await import("./versions.mjs");
if (Number(process.versions.node.split(".")[0]) < bootstrapNode) {
  console.error(`Node ${process.versions.node} is too old: install Node ${bootstrapNode} or newer from https://nodejs.org.`);
  process.exit(1);
}
if (!COMMANDS.includes(command)) {
  console.error(`usage: node scripts/main.mjs ${COMMANDS.join("|")}`);
  process.exit(2);
}

const { Stop } = await import("./lib/say.mjs");
const { endWithChildren } = await import("./lib/processes.mjs");
endWithChildren();
try {
  const module = await import(`./${command}.mjs`);
  process.exitCode = (await module.default(options)) ?? 0;
} catch (error) {
  // A Stop is a sentence for the person who typed the command; anything else
  // is a mistake in these scripts and needs its stack.
  console.error(error instanceof Stop ? `\n${error.message}` : error);
  process.exitCode = 1;
}
