// The messages of a client as the AsyncAPI document has them, so that a test
// over all of them meets a new one by itself.
import assert from "node:assert/strict";
import fs from "node:fs";
import { inRoot } from "../../../scripts/lib/paths.mjs";

const document = JSON.parse(fs.readFileSync(inRoot("docs/protocol/asyncapi.json"), "utf8"));

/** What names a thing that may not exist: ids, and names of characters. */
const NAMING = /(_id|^challenge|^recipient_name)$/;
const OF_THE_ENVELOPE = ["type", "version", "timestamp", "message_id", "priority", "reply_to", "seq"];

/** What else has to be there for a message to be understood. */
const ELSE = {
  content: "is anybody there?",
  accept: true,
  muted: true,
  action_type: "attack",
  loot_sharing: "equal",
  offer_version: 1,
  items: [{ item_id: 1, quantity: 1 }],
  souls: 1,
  kind: "offer",
  payload: "v=0",
  name: "Nobody",
  race: "Elf",
  class: "Rogue",
  faction: "Shadowborn",
  username: "nobody",
  client_seq: 1,
  position: { x: 0, y: 0, z: 0 },
  last_seq: 1,
  channel: "global",
};

/** Follows a reference into the document. */
function resolve(schema) {
  if (schema?.$ref === undefined) return schema;
  return resolve(schema.$ref.slice(2).split("/").reduce((at, key) => at[key], document));
}

/** [{ type, ids, make(id) }]: `ids` are the fields that name a thing, make() a message that names one by them. */
export const clientMessages = Object.entries(document.components.messages)
  .filter(([name]) => name.startsWith("client."))
  .map(([name, message]) => {
    const type = name.slice("client.".length);
    const schema = resolve(message.payload);
    const parts = [schema, ...(schema.allOf ?? []).map(resolve)];
    const properties = Object.assign({}, ...parts.map((part) => part.properties ?? {}));
    const required = parts.flatMap((part) => part.required ?? []).filter((field) => !OF_THE_ENVELOPE.includes(field));
    // Which of two ways to name somebody is meant is the test's to say: by turns.
    const ids = Object.keys(properties).filter((field) => NAMING.test(field) && !OF_THE_ENVELOPE.includes(field));
    return { type, ids, make: (id) => make(type, properties, required, ids, id) };
  });

function make(type, properties, required, ids, id) {
  const message = { type };
  for (const field of required.filter((one) => !ids.includes(one))) {
    assert.ok(field in ELSE, `${type} has a new field: say in ELSE what ${field} may hold`);
    message[field] = ELSE[field];
  }
  // All that must be named, and one of what may be.
  const optional = ids.filter((field) => !required.includes(field));
  const named = [...ids.filter((field) => required.includes(field)), ...optional.filter((_, index) => index === id % optional.length)];
  for (const field of named) message[field] = valueOf(resolve(properties[field]), id);
  return message;
}

function valueOf(schema, id) {
  const types = [schema, ...(schema.anyOf ?? []), ...(schema.allOf ?? [])].flatMap((part) => resolve(part)?.type ?? []);
  if (types.includes("string")) return `Nobody ${id.toString(36).slice(0, 12)}`;
  return id;
}
