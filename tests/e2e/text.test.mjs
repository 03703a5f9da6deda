// Text that others see: what deceives its readers is mended or refused, over REST and over
// the socket alike. Which texts these are is a table in server-worker/src/text/.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { enterWorld, freshName, rest, signUp } from "./support/json-client.mjs";
import { assertProblem } from "./support/problems.mjs";
import { startServer } from "./support/server.mjs";

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const CYRILLIC_A = "\u0430";

test("a user name that imitates the realm's voices or holds no letters is refused", async () => {
  const register = (username) => rest(server.url, "POST", "/api/auth/register", { body: { username, password: "long enough" } });
  for (const [username, status, code] of [
    ["Admin1", 409, "NAME_RESERVED"],
    ["G0lden.Order", 409, "NAME_RESERVED"],
    [`${CYRILLIC_A}dmin`, 422, "INVALID_FIELD"],
    ["---", 422, "INVALID_FIELD"],
  ]) {
    const refused = await register(username);
    assertProblem(refused, status, code, username);
    assert.equal(refused.body.errors[0].field, "username");
  }
});

test("a character's name is judged alike over REST and over the socket, and drawn like nobody else's", async () => {
  const { socket } = await enterWorld(server.url);
  const account = await signUp(server.url);
  const choices = { race: "Elf", class: "Rogue", faction: "Shadowborn" };
  const byRest = (name) => rest(server.url, "POST", "/api/characters", { token: account.token, body: { ...choices, name } });
  const bySocket = (name) => socket.ask({ type: "character_create", ...choices, name });
  for (const [name, status, code] of [
    ["GoldenOrder", 409, "NAME_RESERVED"],
    ["Admin1", 409, "NAME_RESERVED"],
    ["'''", 422, "INVALID_FIELD"],
  ]) {
    const refused = await byRest(name);
    assertProblem(refused, status, code, name);
    assert.equal(refused.body.errors[0].field, "name");
    const answer = await bySocket(name);
    assert.deepEqual([answer.type, answer.error_code, answer.details.field], ["error", code, "name"], name);
    assert.equal(answer.error_message, refused.body.detail, "both say it in the same words");
  }
  const name = freshName("Illya");
  assert.equal((await byRest(name)).status, 201);
  const double = await bySocket(name.replace("Illya", "lllya"));
  assert.deepEqual([double.error_code, double.details.field], ["NAME_TAKEN", "name"]);
  await socket.close();
});

test("a party's name that cannot be read as it is written is refused with words that say why", async () => {
  const { socket, token, character } = await enterWorld(server.url);
  for (const [name, why] of [
    ["One\nTwo", /line breaks/],
    ["   ", /spaces/],
    ["\u202eevil", /direction/],
    ["Fo\u200bur", /invisible/],
    ["\u3164", /invisible/],
    ["'''", /letter or a digit/],
  ]) {
    const refused = await rest(server.url, "POST", "/api/party/create", { token, body: { party_name: name } });
    assertProblem(refused, 422, "INVALID_FIELD", JSON.stringify(name));
    assert.equal(refused.body.errors[0].field, "party_name");
    assert.match(refused.body.detail, why);
    const answer = await socket.ask({ type: "party_create", party_name: name });
    assert.deepEqual([answer.error_code, answer.details.field], ["INVALID_FIELD", "party_name"]);
    assert.match(answer.error_message, why);
  }
  const party = await socket.ask({ type: "party_create", party_name: "E\u0301lan 🔥" });
  assert.deepEqual([party.party_name, party.leader_id], ["Élan 🔥", character.id]);
  await socket.close();
});

test("chat is one line of what can be seen, or EMPTY", async () => {
  const { socket } = await enterWorld(server.url);
  for (const content of ["\u200b", "\u3164", "\u2800"]) {
    const answer = await socket.ask({ type: "chat", content });
    assert.deepEqual([answer.error_code, answer.details.field], ["EMPTY", "content"], JSON.stringify(content));
  }
  const said = await socket.ask({ type: "chat", content: `one\r\ntwo\u200b z${"\u0489".repeat(90)} 👩\u200d🚀` });
  assert.equal(said.content, `one two z${"\u0489".repeat(4)} 👩\u200d🚀`);
  await socket.close();
});

test("an array is no object, and a version is three numbers", async () => {
  const { socket } = await enterWorld(server.url);
  const answerTo = async (message) => {
    socket.sendRaw(JSON.stringify({ version: "1.0.0", ...message }));
    return socket.next("invalid_message");
  };
  const moved = await answerTo({ type: "move", to_location_id: 0, position: [1, 0, 0] });
  assert.deepEqual([moved.error_code, moved.details.field], ["INVALID_FIELD", "position"]);
  assert.match(moved.error_message, /an object with x, y and z/);
  for (const [version, code] of [["01.0.0", "INVALID_FIELD"], ["1.0.0.0", "INVALID_FIELD"], ["2.0.0", "UNSUPPORTED_VERSION"]]) {
    const refused = await answerTo({ type: "ping", version });
    assert.deepEqual([refused.error_code, refused.details.field], [code, "version"], version);
  }
  const login = await rest(server.url, "POST", "/api/auth/login", { body: ["aria", "long enough"] });
  assertProblem(login, 400, "MALFORMED");
  await socket.close();
});
