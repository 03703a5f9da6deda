// node --test over tests/documents: what people read, and what is generated from the protocol's types,
// judged by the validators of its formats.
import { nodeTests } from "./node-tests.mjs";

export const documents = () => nodeTests("tests/documents");
