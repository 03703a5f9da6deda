// node --test over tests/contract: whether the server does what docs/protocol/openapi.json and
// docs/PROTOCOL.md say.
import { nodeTests } from "./node-tests.mjs";

export const contract = () => nodeTests("tests/contract");
