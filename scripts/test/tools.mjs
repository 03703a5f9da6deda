// node --test over tests/load and tests/serve: what the benchmark counts with, and the parts of `serve`.
import { nodeTests } from "./node-tests.mjs";

export const tools = () => nodeTests("tests/load", "tests/serve");
