// node --test over tests/package and tests/examples: the package as npm would publish it, and
// the examples, on servers of their own.
import { nodeTestsBesides } from "./node-tests.mjs";

export const packed = () => nodeTestsBesides("tests/package", ["browser", "node", "examples"]);
