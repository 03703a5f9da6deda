// docs/protocol/schema.json by ajv, and every golden message by schema.json.
import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";
import Ajv2020 from "ajv/dist/2020.js";

const ROOT = new URL("../../", import.meta.url);
const GOLDEN_FILES = 70;

const read = (path) => JSON.parse(fs.readFileSync(new URL(path, ROOT), "utf8"));
const schema = read("docs/protocol/schema.json");

// Strict: an unknown keyword, a missing type or a bound of another type's is an error. Two
// types in one place are how JSON says "or null".
const ajv = new Ajv2020({ strict: true, strictTypes: true, allowUnionTypes: true, allErrors: true });
ajv.addSchema(schema);

/** Validates by one of the definitions. */
function validatorOf(name) {
  const validate = ajv.getSchema(`${schema.$id}#/$defs/${name}`);
  assert.ok(validate, `schema.json has no ${name}`);
  return validate;
}

const golden = (direction) => {
  const folder = new URL(`shared/golden/${direction}/`, ROOT);
  return fs.readdirSync(folder).filter((name) => name.endsWith(".json")).map((name) => ({
    type: name.replace(/\.json$/, ""),
    message: JSON.parse(fs.readFileSync(new URL(name, folder), "utf8")),
  }));
};

const errors = (validate) => ajv.errorsText(validate.errors, { separator: "\n" });

test("every definition compiles strictly", () => {
  for (const name of Object.keys(schema.$defs)) validatorOf(name);
});

for (const direction of ["client", "server"]) {
  const set = direction === "client" ? "ClientMessage" : "ServerMessage";

  test(`every golden message of the ${direction} fits its definition, and no other of its direction`, () => {
    const oneOf = validatorOf(set);
    for (const { type, message } of golden(direction)) {
      const validate = validatorOf(`${direction}.${type}`);
      assert.ok(validate(message), `${direction}.${type}: ${errors(validate)}`);
      assert.ok(oneOf(message), `${set}, ${type}: ${errors(oneOf)}`);
    }
  });

  test(`every field of the ${direction}'s golden messages is described`, () => {
    for (const { type, message } of golden(direction)) {
      const described = Object.keys(schema.$defs[`${direction}.${type}`].properties);
      const unknown = Object.keys(message).filter((field) => !described.includes(field));
      assert.deepEqual(unknown, [], `${direction}.${type}`);
    }
  });

  test(`without one of its required fields a message of the ${direction} fits no more`, () => {
    for (const { type, message } of golden(direction)) {
      const validate = validatorOf(`${direction}.${type}`);
      for (const field of schema.$defs[`${direction}.${type}`].required) {
        const { [field]: _, ...rest } = message;
        assert.ok(!validate(rest), `${direction}.${type} without ${field}`);
      }
    }
  });
}

test("a server's message has every field that is described, absent ones as null", () => {
  // These stand around some messages only.
  const around = ["message_id", "reply_to", "seq"];
  for (const { type, message } of golden("server")) {
    const described = Object.keys(schema.$defs[`server.${type}`].properties).filter((field) => !around.includes(field));
    assert.deepEqual(described.filter((field) => !(field in message)), [], type);
  }
});

test("every type has a golden file, and there are enough of them", () => {
  const types = ["client", "server"].flatMap((direction) => golden(direction).map(({ type }) => `${direction}.${type}`));
  assert.ok(types.length >= GOLDEN_FILES, `${types.length} golden files`);
  const described = Object.keys(schema.$defs).filter((name) => /^(client|server)\./.test(name));
  assert.deepEqual(types.sort(), described.sort());
});

test("what the codec refuses, the schema refuses", () => {
  const chat = { type: "chat", version: "1.0.0", content: "Hello!" };
  const bad = {
    "another major": { ...chat, version: "2.0.0" },
    "no content": { ...chat, content: "" },
    "too long": { ...chat, content: "x".repeat(501) },
    "an id of 0": { ...chat, recipient_id: 0 },
    "an id above 2^53−1": { ...chat, recipient_id: 2 ** 53 },
    "a channel of its own": { ...chat, channel: "shout" },
    "a long message_id": { ...chat, message_id: "x".repeat(65) },
  };
  const validate = validatorOf("client.chat");
  assert.ok(validate(chat), errors(validate));
  for (const [what, message] of Object.entries(bad)) assert.ok(!validate(message), what);
});
