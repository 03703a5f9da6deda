// `npm run docs`: writes what is generated from the protocol's types (schema.json,
// asyncapi.json, messages.ts, the tables of docs/PROTOCOL.md), all of it checked in.
import { run } from "./lib/processes.mjs";
import { setUp } from "./setup.mjs";

export default async function docs() {
  await setUp();
  await run("cargo", ["run", "--quiet", "--locked", "--package", "shardlink-protocol-docs"]);
}
