// node --test over tests/load: what the benchmark counts with.
import { nodeTests } from "./node-tests.mjs";

export const tools = () => nodeTests("tests/load");
