// What a session does with itself and its account: refresh, a new password, a
// deletion that not even a crash leaves half done; and tickets, which serve once.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { JsonSocket, PASSWORD, createCharacter, enterWorld, freshName, rest, selectCharacter, signUp } from "./support/json-client.mjs";
import { assertProblem } from "./support/problems.mjs";
import { upgrade } from "./support/raw-http.mjs";
import { prove, registerByScram, signInByScram, stretched } from "./support/scram.mjs";
import { startServer } from "./support/server.mjs";

// Each test says where it comes from, or nowhere: one that counts wrong passwords
// is not counted against the others.
const ENV = { CLIENT_ADDRESS: "header:X-Client", SIGN_IN_FAILURES_PER_NAME: "4" };
const from = (address) => ({ "X-Client": address });

let server;
before(async () => (server = await startServer({ env: ENV })));
after(() => server.stop());

const login = (url, username, password, headers) => rest(url, "POST", "/api/auth/login", { body: { username, password }, headers });
const list = (url, token) => rest(url, "GET", "/api/characters", { token });
const changePassword = (url, token, body, headers) => rest(url, "POST", "/api/auth/password", { token, body, headers });
const deleteAccount = (url, token, body, headers) => rest(url, "DELETE", "/api/auth/account", { token, body, headers });

async function assertAlive(hero, content = "still here") {
  assert.equal((await hero.socket.ask({ type: "chat", content })).content, content);
}

// Most of the time is spent waiting for what expires, so it is spent together.
describe("sessions", { concurrency: true }, () => {
  test("a refreshed token dies at once; the socket stays, works, and closes by a logout with the new one", async () => {
    const { url } = server;
    const hero = await enterWorld(url);
    const renewed = await rest(url, "POST", "/api/auth/refresh", { token: hero.token });
    assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
    const { session_token: token, player_id, username, success, expires_at } = renewed.body;
    assert.deepEqual([success, player_id, username], [true, hero.playerId, hero.username]);
    assert.ok(Date.parse(expires_at) > Date.now());
    assert.notEqual(token, hero.token);
    assertProblem(await list(url, hero.token), 401, "SESSION_EXPIRED");
    assertProblem(await rest(url, "POST", "/api/auth/refresh", { token: hero.token }), 401, "SESSION_EXPIRED");
    assert.equal((await list(url, token)).status, 200);
    await assertAlive(hero);
    // The old token logs nobody out.
    await rest(url, "POST", "/api/auth/logout", { token: hero.token });
    await assertAlive(hero, "and still");
    // It opens no socket either.
    const stranger = await JsonSocket.open(url);
    stranger.send({ type: "auth_request", username: hero.username, password: "", session_token: hero.token });
    assert.equal((await stranger.next("auth_response")).success, false);
    await stranger.close();
    // Again, so that the hub follows more than one change.
    const again = await rest(url, "POST", "/api/auth/refresh", { token });
    await rest(url, "POST", "/api/auth/logout", { token: again.body.session_token });
    assert.equal((await hero.socket.closed).code, 4004);
    assertProblem(await list(url, again.body.session_token), 401, "SESSION_EXPIRED");
  });

  test("of refreshes at once one gets the new token", async () => {
    const { url } = server;
    const { token } = await signUp(url);
    const answers = await Promise.all([1, 2, 3, 4].map(() => rest(url, "POST", "/api/auth/refresh", { token })));
    const renewed = answers.filter((answer) => answer.status === 200);
    assert.equal(renewed.length, 1);
    for (const answer of answers.filter((one) => one.status !== 200)) assertProblem(answer, 401, "SESSION_EXPIRED");
    assert.equal((await list(url, renewed[0].body.session_token)).status, 200);
  });

  test("a password that is changed plainly is the only one that signs in; session and socket go on", async () => {
    const { url } = server;
    const hero = await enterWorld(url);
    const changed = await changePassword(url, hero.token, { old_password: PASSWORD, new_password: "new and plain" });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal(changed.body.success, true);
    assert.equal((await list(url, hero.token)).status, 200);
    await assertAlive(hero);
    assertProblem(await login(url, hero.username, PASSWORD), 401, "BAD_CREDENTIALS");
    const { finish } = await signInByScram(url, hero.username, "new and plain");
    assert.equal(finish.status, 200, JSON.stringify(finish.body));
    // That was a sign-in elsewhere.
    assert.equal((await hero.socket.closed).code, 4002);
    assertProblem(await list(url, hero.token), 401, "SESSION_EXPIRED");
  });

  test("a password that is changed by SCRAM never comes to the server, which proves itself", async () => {
    const { url } = server;
    const hero = await enterWorld(url);
    const { body, serverProof } = await prove(url, hero.username, PASSWORD);
    const next = await stretched("new and by SCRAM");
    const changed = await changePassword(url, hero.token, { ...body, ...next });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal(changed.body.server_final, serverProof);
    await assertAlive(hero);
    // The proof has served, also for something else.
    assertProblem(await changePassword(url, hero.token, { ...body, ...(await stretched("another")) }), 401, "BAD_CREDENTIALS");
    assertProblem(await deleteAccount(url, hero.token, body), 401, "BAD_CREDENTIALS");
    assertProblem(await login(url, hero.username, PASSWORD), 401, "BAD_CREDENTIALS");
    assert.equal((await login(url, hero.username, "new and by SCRAM")).status, 200);
  });

  test("half of a change names the field that is missing, and changes nothing", async () => {
    const { url } = server;
    const { token, username } = await signUp(url);
    const { body } = await prove(url, username, PASSWORD);
    const next = await stretched("never");
    const { salt, ...unsalted } = next;
    const wrong = {
      new_password: [{ old_password: PASSWORD }],
      old_password: [{ new_password: "never mind" }, next],
      client_final: [{ handshake_id: body.handshake_id, ...next }],
      salt: [{ ...body, ...unsalted }, { ...body, ...next, salt: "AAAA" }],
      iterations: [{ ...body, ...next, iterations: 1 }],
    };
    for (const [field, bodies] of Object.entries(wrong)) {
      for (const one of bodies) {
        const refused = await changePassword(url, token, one);
        assertProblem(refused, 422, "INVALID_FIELD", field);
        assert.equal(refused.body.errors[0].field, field);
      }
    }
    assertProblem(await deleteAccount(url, token, {}), 422, "INVALID_FIELD");
    assertProblem(await deleteAccount(url, token, { handshake_id: body.handshake_id }), 422, "INVALID_FIELD");
    assert.equal((await login(url, username, PASSWORD)).status, 200);
  });

  test("wrong old passwords are 401 and counted as wrong sign-ins are, from where they come", async () => {
    const { url } = server;
    const { token, username } = await signUp(url);
    const headers = from("203.0.113.7");
    const wrong = await stretched("does not matter");
    const { body: proof } = await prove(url, username, "not the password");
    assertProblem(await changePassword(url, token, { old_password: "not the password", new_password: "long enough" }, headers), 401, "BAD_CREDENTIALS");
    assertProblem(await changePassword(url, token, { ...proof, ...wrong }, headers), 401, "BAD_CREDENTIALS");
    assertProblem(await deleteAccount(url, token, { password: "not the password" }, headers), 401, "BAD_CREDENTIALS");
    assertProblem(await login(url, username, "not the password", headers), 401, "BAD_CREDENTIALS");
    // Four for this account, from an address that its owner never signed in from.
    const right = { old_password: PASSWORD, new_password: "long enough" };
    assertProblem(await changePassword(url, token, right, headers), 429, "RATE_LIMITED");
    assertProblem(await deleteAccount(url, token, { password: PASSWORD }, headers), 429, "RATE_LIMITED");
    assertProblem(await login(url, username, PASSWORD, headers), 429, "RATE_LIMITED");
    // Nothing was changed or deleted.
    assert.equal((await list(url, token)).status, 200);
  });

  test("guesses that come all at once are counted as those that come one by one", async () => {
    const { url } = server;
    const { username } = await signUp(url);
    // By SCRAM a guess costs the server nothing, so that only counting stands in the way.
    const guesses = [];
    for (let n = 0; n < 60; n += 1) guesses.push((await prove(url, username, "a guess")).body);
    const finish = (body) => rest(url, "POST", "/api/auth/scram/finish", { body, headers: from("203.0.113.8") });
    const answers = await Promise.all(guesses.map(finish));
    const judged = answers.filter((answer) => answer.status === 401).length;
    assert.ok(judged <= 4, `${judged} of ${answers.length} guesses were judged; four are allowed`);
  });

  for (const [way, proof] of [
    ["plainly", async () => ({ password: PASSWORD })],
    ["by SCRAM", async (url, username) => (await prove(url, username, PASSWORD)).body],
  ]) {
    test(`an account that is deleted ${way} is gone with its session, socket, characters and names`, async () => {
      const { url } = server;
      const hero = await enterWorld(url);
      const names = [hero.character.name];
      for (let n = 0; n < 2; n += 1) names.push((await createCharacter(url, hero.token)).name);
      assertProblem(await deleteAccount(url, hero.token, { password: "not the password" }), 401, "BAD_CREDENTIALS");
      await assertAlive(hero);
      const deleted = await deleteAccount(url, hero.token, await proof(url, hero.username));
      assert.equal(deleted.status, 200, JSON.stringify(deleted.body));
      assert.equal(deleted.body.success, true);
      assert.equal((await hero.socket.closed).code, 4004);
      assertProblem(await list(url, hero.token), 401, "SESSION_EXPIRED");
      assertProblem(await login(url, hero.username, PASSWORD), 401, "BAD_CREDENTIALS");
      assertProblem(await rest(url, "POST", "/api/auth/refresh", { token: hero.token }), 401, "SESSION_EXPIRED");
      // Everything may be had by others, who inherit nothing.
      const heir = await signUp(url, hero.username.toUpperCase());
      assert.notEqual(heir.playerId, hero.playerId);
      assert.deepEqual((await list(url, heir.token)).body.characters, []);
      assertProblem(await list(url, hero.token), 401, "SESSION_EXPIRED");
      for (const name of names) assert.notEqual((await createCharacter(url, heir.token, { name })).id, hero.character.id);
    });
  }

  // The alarm that finishes what a crash interrupts comes 30 s after it began.
  const moments = {
    "at any moment": () => pause(20 + Math.random() * 120),
    "when the first is acknowledged": (deleting) => Promise.any(deleting),
  };
  for (const [when, moment] of Object.entries(moments)) {
    test(`accounts whose deletion a kill -9 interrupts are whole, or gone with all their names: ${when}`, async (t) => {
      await interruptDeletions(t, moment);
    });
  }

  test("a ticket serves once, and not after 30 s", async () => {
    const { url } = server;
    const { token } = await signUp(url);
    const ticket = async () => (await rest(url, "POST", "/api/ws/ticket", { token })).body.ticket;
    const [once, late] = [await ticket(), await ticket()];
    assert.equal((await show(url, once)).status, 101);
    assertProblem(await show(url, once), 401, "INVALID_TICKET");
    // Many at once: one gets in.
    const raced = await ticket();
    const statuses = (await Promise.all(Array.from({ length: 8 }, () => show(url, raced)))).map((answer) => answer.status);
    assert.deepEqual(statuses.sort(), [101, 401, 401, 401, 401, 401, 401, 401]);
    await pause(31_000);
    assertProblem(await show(url, late), 401, "INVALID_TICKET");
  });

  test("a ticket that was used is refused after a kill -9 too, and one that was not still serves", async () => {
    const dataDir = temporary();
    const first = await startServer({ dataDir });
    const { token } = await signUp(first.url);
    const ticket = async () => (await rest(first.url, "POST", "/api/ws/ticket", { token })).body.ticket;
    const [used, unused] = [await ticket(), await ticket()];
    const began = Date.now();
    await assertAdmitted(first.url, used, true);
    await first.kill9();
    const second = await startServer({ dataDir });
    assertProblem(await show(second.url, used), 401, "INVALID_TICKET");
    assert.equal((await show(second.url, unused)).status, 101);
    assertProblem(await show(second.url, unused), 401, "INVALID_TICKET");
    // Otherwise their age refused them, and this has shown nothing.
    assert.ok(Date.now() - began < 28_000);
    await second.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  });

  test("a ticket vouches for its session no longer than that lasts: not after a logout, nor after a kill -9 besides", async () => {
    const dataDir = temporary();
    let running = await startServer({ dataDir });
    const players = [];
    for (let n = 0; n < 3; n += 1) {
      const { token } = await signUp(running.url);
      await selectCharacter(running.url, token, (await createCharacter(running.url, token)).id);
      players.push({ token, ticket: (await rest(running.url, "POST", "/api/ws/ticket", { token })).body.ticket });
    }
    const began = Date.now();
    const [first, second, stays] = players;
    for (const { token } of [first, second]) await rest(running.url, "POST", "/api/auth/logout", { token });
    await assertAdmitted(running.url, first.ticket, false);
    await running.kill9();
    running = await startServer({ dataDir });
    await assertAdmitted(running.url, second.ticket, false);
    await assertAdmitted(running.url, stays.ticket, true);
    assert.ok(Date.now() - began < 28_000, "otherwise their age refused them");
    await running.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  });
});

/** Joins by a ticket: whether that lets in. */
async function assertAdmitted(url, ticket, expected) {
  const socket = await JsonSocket.open(url, ["shardlink.v1.json", ticket]);
  const auth = await socket.next("auth_response");
  assert.equal(auth.success, expected, JSON.stringify(auth));
  socket.raw.close();
}

const temporary = () => fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-sessions-"));
const show = (url, ticket) => upgrade(url, { "Sec-WebSocket-Protocol": `shardlink.v1.bin, ${ticket}` });

/** Kills the server while eight accounts are being deleted, and looks at what became of each. */
async function interruptDeletions(t, moment) {
  const dataDir = temporary();
  let running = await startServer({ dataDir, env: ENV });
  const { url } = running;
  // By SCRAM with one salt, so that eight accounts cost one stretching.
  const secret = await stretched(PASSWORD, randomBytes(16));
  const accounts = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const username = freshName("doomed");
      const registered = await registerByScram(url, username, PASSWORD, secret);
      assert.equal(registered.status, 201, JSON.stringify(registered.body));
      const { finish } = await signInByScram(url, username, PASSWORD);
      const token = finish.body.session_token;
      const names = [];
      for (let n = 0; n < 3; n += 1) names.push((await createCharacter(url, token)).name);
      return { username, token, names, proof: (await prove(url, username, PASSWORD)).body };
    }),
  );
  const deleting = accounts.map(async (account, index) => {
    // One after the other, so that the kill finds them at different steps.
    await pause(index * 4);
    const answer = await deleteAccount(url, account.token, account.proof).catch(() => undefined);
    account.acknowledged = answer?.status === 200;
  });
  await moment(deleting);
  await running.kill9();
  await Promise.all(deleting);

  running = await startServer({ dataDir, env: ENV });
  const went = [];
  for (const account of accounts) {
    const found = await list(running.url, account.token);
    account.whole = found.status === 200;
    if (account.whole) {
      // Its deletion never began: nothing of it may be missing.
      assert.equal(account.acknowledged, false, "it was acknowledged");
      assert.deepEqual(found.body.characters.map((character) => character.name), account.names);
      // Not even its password is lost: this exchange is a new one.
      assert.equal((await signInByScram(running.url, account.username, PASSWORD)).finish.status, 200);
      went.push("whole");
    } else {
      assertProblem(found, 401, "SESSION_EXPIRED");
      assertProblem((await signInByScram(running.url, account.username, PASSWORD)).finish, 401, "BAD_CREDENTIALS");
      went.push(account.acknowledged ? "acknowledged" : "begun");
    }
  }
  t.diagnostic(`${went.join(", ")}`);
  await Promise.all(accounts.filter((account) => !account.whole).map((account) => assertFree(running.url, account)));
  await running.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
}

/** All names of an account that is gone can be had: at once, or after its alarm. */
async function assertFree(url, { username, names }) {
  // A deletion that was acknowledged may have left its last steps to the alarm too.
  const until = Date.now() + 65_000;
  for (;;) {
    const registered = await registerByScram(url, username, PASSWORD, await stretched(PASSWORD, SALT));
    if (registered.status === 201) break;
    assertProblem(registered, 409, "NAME_TAKEN");
    assert.ok(Date.now() < until, `${username} is still taken`);
    await pause(1_000);
  }
  // The account's own name is freed last, so that its characters' are free by now.
  const { finish } = await signInByScram(url, username, PASSWORD);
  for (const name of names) await createCharacter(url, finish.body.session_token, { name });
}

const SALT = randomBytes(16);
