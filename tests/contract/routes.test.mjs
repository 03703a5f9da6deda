// Every route's success, once, by what docs/protocol/openapi.json has for it:
// Schemathesis guesses no password and no proof.
import assert from "node:assert/strict";
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import { PASSWORD, enterWorld, freshName, rest } from "../e2e/support/json-client.mjs";
import { startServer } from "../e2e/support/server.mjs";
import { ADMIN_TOKEN, UNLIMITED, openapi, operations } from "./support/document.mjs";

let server;
before(async () => (server = await startServer({ env: UNLIMITED })));
after(() => server.stop());

// What is not described is refused too: an answer's fields are the document's, no more and no less.
const ajv = new Ajv2020({ allErrors: true, strict: false });
ajv.addFormat("double", { type: "number", validate: Number.isFinite });
ajv.addSchema(closed(openapi), "openapi");

const driven = new Set();

/** Asks an operation, and gives the body once it fits the schema of the status that a success has. */
async function succeed(id, { params = {}, body, token, query = "" } = {}) {
  const { method, path, operation } = operations.find((known) => known.id === id);
  const { status, headers, body: answer } = await rest(server.url, method, fill(path, params) + query, { body, token });
  const expected = Object.keys(operation.responses).find((known) => Number(known) < 400);
  assert.equal(String(status), expected, `${id}: ${JSON.stringify(answer)}`);
  assert.equal(headers.get("content-type"), "application/json", id);
  fits(["paths", path, method.toLowerCase(), "responses", expected, "content", "application/json", "schema"], answer, id);
  // What we send should be what the document asks for, or this test proves less than it says.
  if (body) fits(["paths", path, method.toLowerCase(), "requestBody", "content", "application/json", "schema"], body, `${id}, its request`);
  driven.add(id);
  return answer;
}

const fill = (path, params) => path.replace(/\{(\w+)\}/g, (_, name) => params[name]);

function fits(place, value, what) {
  const pointer = place.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
  const validate = ajv.getSchema(`openapi#/${pointer}`);
  assert.ok(validate, `the document has no ${place.join(" ")}`);
  assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
}

/** A copy whose objects have the fields that are listed and no others. */
function closed(value) {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== "object") return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]));
  const open = copy.type === "object" && copy.properties && !("additionalProperties" in copy);
  return open ? { ...copy, additionalProperties: false } : copy;
}

const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const hash = (bytes) => createHash("sha256").update(bytes).digest();
const base64 = (bytes) => bytes.toString("base64");

test("every answer to a success is as its schema says", async () => {
  const credentials = { username: freshName("user"), password: PASSWORD };
  await succeed("register", { body: credentials });
  const { session_token: first } = await succeed("login", { body: credentials });
  await succeed("session", { token: first });
  const { session_token: token } = await succeed("refresh", { token: first });

  const choices = { name: freshName(), race: "Elf", class: "Ranger", faction: "Moonlit Circle" };
  const { character } = await succeed("createCharacter", { token, body: choices });
  const { characters } = await succeed("listCharacters", { token });
  assert.deepEqual(characters.map(({ id }) => id), [character.id]);
  await succeed("selectCharacter", { token, body: { character_id: character.id } });
  await succeed("inventory", { token, params: { id: character.id } });
  await succeed("ticket", { token });
  const { party_id } = await succeed("partyCreate", { token, body: { party_name: "The Four" } });
  const guest = await enterWorld(server.url);
  await succeed("partyInvite", { token, body: { party_id, invitee_id: guest.character.id } });
  const party = await succeed("party", { token, params: { id: party_id } });
  assert.deepEqual(party.members, [{ character_id: character.id, name: character.name, online: false }]);
  await succeed("partyLeave", { token, body: { party_id } });
  const admin = { token: ADMIN_TOKEN };
  await succeed("adminMute", { ...admin, body: { character_id: guest.character.id, muted: true, seconds: 60 } });
  await succeed("adminAnnounce", { ...admin, body: { content: "The shards stir", title: "News" } });
  await guest.socket.close();
  await succeed("deleteCharacter", { token, params: { id: character.id } });

  const changed = { old_password: PASSWORD, new_password: `${PASSWORD} two` };
  const { session_token: second = token } = await succeed("changePassword", { token, body: changed });
  await succeed("logout", { token: second });
  const { session_token: third } = await succeed("login", { body: { ...credentials, password: changed.new_password } });
  await succeed("deleteAccount", { token: third, body: { password: changed.new_password } });
});

test("an exchange of SCRAM is, and the password never leaves the client", async () => {
  const username = freshName("scram");
  const iterations = 600_000;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(PASSWORD, salt, iterations, 32, "sha256");
  const clientKey = hmac(salted, "Client Key");
  const serverKey = hmac(salted, "Server Key");
  const keys = { stored_key: base64(hash(clientKey)), server_key: base64(serverKey) };
  await succeed("scramRegister", { body: { username, salt: base64(salt), iterations, ...keys } });

  const bare = `n=${username},r=${base64(randomBytes(18))}`;
  const { server_first, handshake_id } = await succeed("scramStart", { body: { client_first: `n,,${bare}` } });
  const withoutProof = `c=biws,r=${server_first.match(/^r=([^,]+)/)[1]}`;
  const signed = `${bare},${server_first},${withoutProof}`;
  const signature = hmac(hash(clientKey), signed);
  const proof = base64(Buffer.from(clientKey.map((byte, index) => byte ^ signature[index])));
  const { server_final } = await succeed("scramFinish", { body: { handshake_id, client_final: `${withoutProof},p=${proof}` } });
  assert.equal(server_final, `v=${base64(hmac(serverKey, signed))}`);
});

test("what anybody may read is", async () => {
  for (const id of ["realm", "worldState", "worldShards", "status", "ready"]) await succeed(id);
  await succeed("realm", { query: "?hash=of-another-world" });
  await succeed("worldEvents");
  const { events } = await succeed("worldEvents", { query: "?limit=1" });
  assert.ok(events.length <= 1);
});

test("a failure is a problem as its schema says", async () => {
  const refused = await rest(server.url, "GET", "/api/auth/session");
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get("content-type"), "application/problem+json");
  fits(["components", "schemas", "Problem"], refused.body, "401");
  const invalid = await rest(server.url, "POST", "/api/auth/register", { body: { username: "x", password: PASSWORD } });
  assert.equal(invalid.status, 422);
  fits(["components", "schemas", "Problem"], invalid.body, "422");
});

test("no operation of the document has been left out", () => {
  assert.deepEqual([...driven].sort(), operations.map(({ id }) => id).sort());
});
