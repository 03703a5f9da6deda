// node --test over tests/e2e: each file starts servers of its own.
import { nodeTests } from "./node-tests.mjs";

export const endToEnd = () => nodeTests("tests/e2e");
