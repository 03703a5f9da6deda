// Frames of the server, made of the golden files' bytes, and the little that is read of a client's.
import fs from "node:fs";
import { inRoot } from "../../../scripts/lib/paths.mjs";

/** What a golden message has of the envelope: what it answers, its number, its time. */
const GOLDEN_FLAGS = 0x0e;
const REPLY_TO = 0x02;
const MESSAGE_ID = 0x01;

function varint(bytes, at) {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++];
    value += (byte & 127) * scale;
    if (byte < 128) return { value, at };
  }
}

function asVarint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** A message of the server with the fields that its golden file has, and an envelope of our own. */
export function frame(name, { replyTo, change = (body) => body } = {}) {
  const golden = Buffer.from(fs.readFileSync(inRoot("shared/golden/server", `${name}.hex`), "utf8").trim(), "hex");
  let { at } = varint(golden, 0);
  const [tag, flags] = [golden[at], golden[at + 1]];
  if (flags !== GOLDEN_FLAGS) throw new Error(`${name}.hex has another envelope than the others`);
  at += 2;
  for (const _ of ["reply_to", "seq", "timestamp"]) at = varint(golden, at).at;
  const envelope = replyTo === undefined ? [0] : [REPLY_TO, ...asVarint(replyTo)];
  const message = [tag, ...envelope, ...change(golden.subarray(at))];
  return Buffer.from([...asVarint(message.length), ...message]);
}

/** The fields of a golden file, as JSON has them. */
export const golden = (name) => JSON.parse(fs.readFileSync(inRoot("shared/golden/server", `${name}.json`), "utf8"));

/** The tag of a type of a client's message. */
export function tagOf(name) {
  const bytes = Buffer.from(fs.readFileSync(inRoot("shared/golden/client", `${name}.hex`), "utf8").trim(), "hex");
  return bytes[varint(bytes, 0).at];
}

/** What a client sent in a binary frame of one message: its tag, and the number it wants to be answered by. */
export function read(bytes) {
  const { at } = varint(bytes, 0);
  const id = bytes[at + 1] & MESSAGE_ID ? varint(bytes, at + 2).value : undefined;
  return { tag: bytes[at], id };
}
