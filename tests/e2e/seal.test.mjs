// End-to-end encryption below what a game uses: seal.js of the built package;
// and a second client, written here from docs/encryption.md alone.
import assert from "node:assert/strict";
import nodeCrypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { dist } from "../../scripts/lib/paths.mjs";

const [ALICE, BOB, PARTY] = [5_000_000_001, 5_000_000_002, 7_000_000_001];
const PHRASE = "correct horse battery";
/** Where it does not matter that a key is stretched, which takes a second on a slow core. */
const BYTES = new Uint8Array(32).fill(7);
const said = { channel: "party", senderId: ALICE, partyId: PARTY };
const answered = { channel: "party", senderId: BOB, partyId: PARTY };

let Seals;
before(async () => {
  // An entry of the package knows where its modules are.
  await import(pathToFileURL(path.join(dist.npm, "node.js")).href);
  ({ Seals } = await import(pathToFileURL(path.join(dist.npm, "seal.js")).href));
});

/** Somebody in the party with this key. */
async function member(key) {
  const seals = new Seals();
  if (key !== undefined) await seals.setPartyKey(key);
  return seals;
}

const codeOf = (promise) => promise.then(() => undefined, (error) => error.code);
const codesOf = async (opening) => (await opening).code;

test("who has the passphrase reads it, and nobody else does", async () => {
  const [alice, bob, wrong, none, random] = await Promise.all([member(PHRASE), member(PHRASE), member("wrong horse battery"), member(), member({ random: true })]);
  const sealed = await alice.seal(said, "The gate falls at nine.");
  assert.ok(!JSON.stringify(sealed).includes("gate"));
  assert.deepEqual(await bob.open(said, sealed), { content: "The gate falls at nine." });
  assert.equal(await codesOf(wrong.open(said, sealed)), "WRONG_KEY");
  assert.equal(await codesOf(none.open(said, sealed)), "NO_KEY");
  assert.equal(await codesOf(random.open(said, sealed)), "NO_KEY");
  assert.equal(await codesOf(bob.open(said, await random.seal(said, "hello"))), "NO_KEY");
});

test("what is changed, or told in another place, is told apart", async () => {
  const [alice, bob] = await Promise.all([member(BYTES), member(BYTES)]);
  const sealed = await alice.seal(said, "hello");
  const other = (text) => (text[0] === "A" ? "B" : "A") + text.slice(1);
  for (const [context, changed] of [
    [said, { ...sealed, ciphertext: other(sealed.ciphertext) }],
    [said, { ...sealed, ciphertext: sealed.ciphertext.slice(4) }],
    [said, { ...sealed, ciphertext: "" }],
    [said, { ...sealed, ciphertext: "not base64" }],
    [said, { ...sealed, nonce: other(sealed.nonce) }],
    [said, { ...sealed, nonce: "" }],
    [said, { ...sealed, v: 2 }],
    [said, { ...sealed, v: 257 }],
    [said, { ...sealed, key_id: "" }],
    [{ ...said, senderId: BOB }, sealed],
    [{ ...said, partyId: PARTY + 1 }, sealed],
    [{ ...said, senderId: 0.5 }, sealed],
  ]) {
    assert.equal(await codesOf(bob.open(context, changed)), "TAMPERED", JSON.stringify([context, changed]));
  }
  assert.deepEqual(await bob.open(said, sealed), { content: "hello" });
});

test("what was opened does not open again, but in history", async () => {
  const [alice, bob] = await Promise.all([member(BYTES), member(BYTES)]);
  const sealed = [];
  for (let n = 0; n < 66; n += 1) sealed.push(await alice.seal(said, `line ${n}`));
  for (const past of [0, 0, 65]) assert.deepEqual(await bob.open(said, sealed[past], { history: true }), { content: `line ${past}` });
  assert.deepEqual(await bob.open(said, sealed[65]), { content: "line 65" });
  assert.deepEqual(await bob.open(said, sealed[2]), { content: "line 2" }, "a late one is in the window");
  for (const late of [65, 2, 0, 1]) assert.equal(await codesOf(bob.open(said, sealed[late])), "REPLAYED", `${late}`);
  assert.deepEqual(await bob.open(said, sealed[0], { history: true }), { content: "line 0" });
});

test("a new key seals, those before it open, and null forgets them all", async () => {
  const [alice, bob] = await Promise.all([member(PHRASE), member(PHRASE)]);
  const first = await alice.seal(said, "first");
  const late = await (await member(PHRASE)).seal(said, "sealed by a salt that nobody knows yet");
  await alice.setPartyKey({ random: true });
  const second = await alice.seal(said, "second");
  assert.notEqual(second.key_id, first.key_id);
  assert.equal(await codesOf(bob.open(said, second)), "NO_KEY");
  await bob.setPartyKey({ key: await alice.exportKey("party") });
  assert.deepEqual(await bob.open(said, second), { content: "second" });
  assert.deepEqual(await bob.open(said, first), { content: "first" });
  assert.deepEqual(await bob.open(said, late), { content: "sealed by a salt that nobody knows yet" });
  assert.equal(await bob.fingerprint("party"), await alice.fingerprint("party"), "what opens by an older passphrase seals nothing");

  const waiting = bob.seal(answered, "on its way");
  await bob.setPartyKey(null);
  assert.deepEqual(await alice.open(answered, await waiting), { content: "on its way" });
  assert.equal(bob.canSeal(answered), false);
  assert.equal(await codeOf(bob.seal(answered, "hello")), "NO_KEY");
  assert.equal(await codesOf(bob.open(said, second, { history: true })), "NO_KEY");
  await bob.setPartyKey(PHRASE);
  assert.equal(await codesOf(bob.open(said, second, { history: true })), "NO_KEY");
  assert.deepEqual(await bob.open(said, first, { history: true }), { content: "first" });
});

test("a random key is handed on as text or bytes, and two people compare its digits", async () => {
  const alice = await member({ random: true });
  const text = await alice.exportKey("party");
  assert.match(text, /^slk1_[\w-]{48}$/);
  const digits = await alice.fingerprint("party");
  assert.match(digits, /^\d{5} \d{5} \d{5} \d{5}$/);
  assert.equal(await (await member({ key: text })).fingerprint("party"), digits);
  assert.equal(await (await member(new Uint8Array(Buffer.from(text.slice(5), "base64url").subarray(0, 32)))).fingerprint("party"), digits);
  assert.notEqual(await (await member({ random: true })).fingerprint("party"), digits);
  const none = new Seals();
  assert.deepEqual([await none.fingerprint("party"), await none.exportKey("party"), await alice.fingerprint("party", "AAAA")], [null, null, null]);
});

test("members of one passphrase come to use one key, whose digits they compare", async () => {
  const [alice, bob] = await Promise.all([member(PHRASE), member(PHRASE)]);
  assert.notEqual(await alice.fingerprint("party"), await bob.fingerprint("party"));
  const fromAlice = await alice.seal(said, "hello");
  const fromBob = await bob.seal(answered, "hello");
  await Promise.all([bob.open(said, fromAlice), alice.open(answered, fromBob)]);
  assert.equal(await alice.fingerprint("party"), await bob.fingerprint("party"));
  assert.equal(await alice.fingerprint("party", fromBob.key_id), await bob.fingerprint("party", fromBob.key_id));
  assert.equal(await alice.exportKey("party"), null, "a passphrase is handed on by itself");
  const before = await alice.fingerprint("party");
  await alice.setPartyKey(PHRASE);
  assert.equal(await alice.fingerprint("party"), before, "the same passphrase again changes nothing");
});

test("whispers have a key for each character, and both sides read what was whispered", async () => {
  const [alice, bob] = [new Seals(), new Seals()];
  await alice.setWhisperKey(BOB, BYTES);
  await bob.setWhisperKey(ALICE, BYTES);
  const whispered = { channel: "whisper", senderId: ALICE, recipientId: BOB };
  const back = { channel: "whisper", senderId: BOB, recipientId: ALICE };
  const sealed = await alice.seal(whispered, "to you");
  assert.deepEqual(await bob.open(whispered, sealed), { content: "to you" });
  assert.deepEqual(await alice.open(whispered, sealed), { content: "to you" }, "one's own copy");
  assert.equal(await codesOf(alice.open(back, sealed)), "TAMPERED");
  assert.deepEqual(await alice.open(back, await bob.seal(back, "and back")), { content: "and back" });
  assert.equal(await codeOf(alice.seal(said, "hello")), "NO_KEY", "the party has another key");
  alice.clear();
  assert.equal(alice.canSeal(whispered), false);
});

test("what is no key and what is no chat is refused", async () => {
  const seals = new Seals();
  for (const key of ["short", "x".repeat(257), new Uint8Array(31), { key: "slk1_AAAA" }]) {
    assert.equal(await codeOf(seals.setPartyKey(key)), "INVALID_FIELD");
    assert.equal(seals.canSeal(said), false);
  }
  await seals.setPartyKey({ random: true });
  assert.equal(await codeOf(seals.seal(said, " \n")), "EMPTY");
  assert.equal(await codeOf(seals.seal(said, "é".repeat(501))), "TOO_LONG");
  assert.equal(await codeOf(seals.seal({ ...said, partyId: 0 }, "hello")), "INVALID_FIELD");
  const longest = "👍".repeat(500);
  const sealed = await seals.seal(said, longest);
  assert.ok(sealed.ciphertext.length <= 2_700);
  assert.deepEqual(await seals.open(said, sealed), { content: longest });
  assert.deepEqual(await seals.open(said, await seals.seal(said, `a\u{202E}b\nc${"\u{316}".repeat(9)}`)), { content: `ab c${"\u{316}".repeat(4)}` });
  await codeOf(seals.setPartyKey({ key: "slk1_AAAA" }));
  assert.equal(seals.canSeal(said), true, "the key before it stays");
});

test("what is sealed while a key is stretched waits for it, and keeps its order", async () => {
  const alice = new Seals();
  const setting = alice.setPartyKey(PHRASE);
  const sealed = await Promise.all([1, 2, 3].map((n) => alice.seal(said, `line ${n}`)));
  await setting;
  const counters = sealed.map(({ nonce }) => Buffer.from(nonce, "base64").readUInt32BE(8));
  assert.deepEqual(counters, [0, 1, 2]);
});

test("nobody makes others stretch for ever", async () => {
  const bob = await member(PHRASE);
  const subtle = globalThis.crypto.subtle;
  let stretched = 0;
  subtle.deriveBits = function (...all) {
    stretched += 1;
    return Object.getPrototypeOf(subtle).deriveBits.apply(this, all);
  };
  try {
    const keyId = () => Buffer.concat([Buffer.from([1]), nodeCrypto.randomBytes(32)]).toString("base64");
    const sealed = { v: 1, key_id: keyId(), nonce: "A".repeat(16), ciphertext: "A".repeat(40) };
    for (let n = 0; n < 3; n += 1) assert.equal(await codesOf(bob.open(said, sealed)), "WRONG_KEY");
    assert.equal(stretched, 1, "a key that was wrong is wrong");
    for (let n = 0; n < 20; n += 1) assert.equal(await codesOf(bob.open(said, { ...sealed, key_id: keyId() })), "WRONG_KEY");
    assert.equal(stretched, 3, "a sender is given three attempts a minute");
    assert.equal(await codesOf(bob.open(answered, { ...sealed, key_id: keyId() })), "WRONG_KEY");
    assert.equal(stretched, 4, "and another sender its own");
  } finally {
    delete subtle.deriveBits;
  }
});

test("without WebCrypto the page keeps its frames, and the key is the same", async () => {
  const bob = await member(PHRASE);
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  const without = { getRandomValues: (bytes) => nodeCrypto.getRandomValues(bytes) };
  Object.defineProperty(globalThis, "crypto", { value: without, configurable: true });
  try {
    let frames = 0;
    const timer = setInterval(() => (frames += 1), 1);
    const alice = await member(PHRASE);
    clearInterval(timer);
    assert.ok(frames > 10, `${frames} frames`);
    assert.deepEqual(await bob.open(said, await alice.seal(said, "hello")), { content: "hello" });
  } finally {
    Object.defineProperty(globalThis, "crypto", descriptor);
  }
});

/** What docs/encryption.md says, by Node's own cryptography. */
const byHand = {
  derive: (root, name, context = Buffer.alloc(0)) =>
    nodeCrypto.createHmac("sha256", root).update(Buffer.concat([Buffer.from(`shardlink sealed 1 ${name}`), context, Buffer.from([1])])).digest(),
  bound(channel, sender, to, keyId, nonce) {
    const ids = Buffer.alloc(16);
    ids.writeBigUInt64BE(BigInt(sender), 0);
    ids.writeBigUInt64BE(BigInt(to), 8);
    return Buffer.concat([Buffer.from([1, channel]), ids, keyId, nonce]);
  },
  keyId(root, kind, name) {
    const named = Buffer.concat([Buffer.from([kind]), name]);
    return Buffer.concat([named, byHand.derive(root, "check", named).subarray(0, 16)]);
  },
};

test("another client can be written from the document", async () => {
  const alice = await member(PHRASE);
  const sealed = await alice.seal(said, "hello");
  const [keyId, nonce, ciphertext] = [sealed.key_id, sealed.nonce, sealed.ciphertext].map((text) => Buffer.from(text, "base64"));
  const root = nodeCrypto.pbkdf2Sync(PHRASE, keyId.subarray(1, 17), 600_000, 32, "sha256");
  assert.deepEqual(keyId, byHand.keyId(root, 1, keyId.subarray(1, 17)));
  const opener = nodeCrypto.createDecipheriv("aes-256-gcm", byHand.derive(root, "key"), nonce);
  opener.setAAD(byHand.bound(1, ALICE, PARTY, keyId, nonce)).setAuthTag(ciphertext.subarray(-16));
  assert.equal(opener.update(ciphertext.subarray(0, -16), undefined, "utf8") + opener.final("utf8"), "hello");

  const random = nodeCrypto.randomBytes(32);
  const own = byHand.keyId(random, 2, byHand.derive(random, "id").subarray(0, 16));
  const [begin, whispered] = [nodeCrypto.randomBytes(12), { channel: "whisper", senderId: BOB, recipientId: ALICE }];
  const sealer = nodeCrypto.createCipheriv("aes-256-gcm", byHand.derive(random, "key"), begin);
  sealer.setAAD(byHand.bound(3, BOB, ALICE, own, begin));
  const bytes = Buffer.concat([sealer.update("and back"), sealer.final(), sealer.getAuthTag()]);
  const text = `slk1_${Buffer.concat([random, byHand.derive(random, "text").subarray(0, 4)]).toString("base64url")}`;
  await alice.setWhisperKey(BOB, { key: text });
  const back = { v: 1, key_id: own.toString("base64"), nonce: begin.toString("base64"), ciphertext: bytes.toString("base64") };
  assert.deepEqual(await alice.open(whispered, back), { content: "and back" });
  const print = byHand.derive(random, "fingerprint", own);
  const digits = [0, 4, 8, 12].map((at) => String(print.readUInt32BE(at) % 100_000).padStart(5, "0")).join(" ");
  assert.equal(await alice.fingerprint(BOB), digits);
});

test("the module is under 40 KiB on the wire", () => {
  const bytes = gzipSync(fs.readFileSync(path.join(dist.npmWasm, "shardlink_seal_bg.wasm"))).length;
  assert.ok(bytes < 40 * 1024, `${bytes} bytes`);
});
