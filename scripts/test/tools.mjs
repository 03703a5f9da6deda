// node --test over tests/house, tests/load and tests/serve: whether the house is tidy, what the
// benchmark counts with, and the parts of `serve`.
import { nodeTests } from "./node-tests.mjs";

export const tools = () => nodeTests("tests/house", "tests/load", "tests/serve");
