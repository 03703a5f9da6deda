// node --test over tests/client: the built npm package under Node, against a server that is played.
import { nodeTests } from "./node-tests.mjs";

export const client = () => nodeTests("tests/client");
