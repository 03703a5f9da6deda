// The built server behind HAProxy: players see no difference, and what a stranger can hold
// of the front door is bounded. tests/serve/front.test.mjs has each of its rules.
import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { haproxy } from "../../scripts/serve/front.mjs";
import { memoryOf } from "../../scripts/serve/memory.mjs";
import { connect, openSocket, silentConnections, trickle, unfinishedMessage } from "./support/attacks.mjs";
import { enterWorld, freshName, rest } from "./support/json-client.mjs";
import { startServer } from "./support/server.mjs";

const MIB = 1024 * 1024;
const skip = !haproxy() && "HAProxy is not installed: apt-get install haproxy";
if (skip) console.error(`    The front door is NOT tested: ${skip}`);

describe("behind the front door", { skip }, () => {
  let server;
  before(async () => {
    server = await startServer({ env: { FRONT: "haproxy", FRONT_CONNECTIONS_PER_ADDRESS: "60", SIGN_IN_FAILURES_PER_ADDRESS: "5" } });
  });
  after(async () => {
    const { code } = await server.stop();
    assert.equal(code, 0);
  });

  test("two players sign up, enter, and hear each other", async () => {
    const [aria, bran] = [await enterWorld(server.url), await enterWorld(server.url)];
    await aria.socket.ask({ type: "chat", content: "through the door" });
    assert.equal((await bran.socket.next("chat")).content, "through the door");
    for (const { socket } of [aria, bran]) await socket.close();
  });

  test("silent connections of an address are let in up to its limit, reach no runtime, and a player is there the whole time", async () => {
    const hero = await enterWorld(server.url);
    // Where there is no /proc, what a player notices is all that is looked at.
    const descriptors = () => (process.platform === "linux" ? fs.readdirSync(`/proc/${server.workerdPid}/fd`).length : 0);
    const before = descriptors();
    const silent = await silentConnections(server.url, 300);
    await pause(300);
    const open = silent.filter((one) => !one.isClosed()).length;
    assert.ok(open <= 60, `${open} are open`);
    assert.ok(descriptors() - before < 20, `${descriptors() - before} more descriptors`);
    const began = performance.now();
    assert.equal((await hero.socket.ask({ type: "chat", content: "still here" })).type, "chat");
    assert.ok(performance.now() - began < 3_000);
    for (const { socket } of silent) socket.destroy();
    await hero.socket.close();
  });

  test("a head and a body that trickle are given up", async () => {
    const body = connect(server.url);
    body.socket.write("POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n");
    const took = await Promise.all([trickle(connect(server.url), "GET / HTTP/1.1\r\nX-Long: ".padEnd(500, "x")), trickle(body, "{".repeat(500))]);
    for (const one of took) assert.ok(one < 8_000, `${one} ms`);
  });

  test("unfinished messages do not grow the runtime", async () => {
    const before = await memoryOf(server.workerdPid);
    await Promise.all(
      Array.from({ length: 15 }, async () => {
        const socket = await openSocket(server.url);
        await unfinishedMessage(socket, 30 * MIB);
        await Promise.race([socket.closed, pause(2_000)]);
        assert.ok(socket.isClosed());
      }),
    );
    const more = ((await memoryOf(server.workerdPid)) - before) / MIB;
    assert.ok(more < 30, `${more} MiB more`);
  });

  test("a runtime that crashes behind it costs a request some time and no error", async () => {
    const before = server.workerdPid;
    server.crash();
    const { status } = await rest(server.url, "GET", "/api/status");
    assert.equal(status, 200);
    assert.notEqual(server.workerdPid, before);
  });

  test("whatever address a client says it has, it is the one that is throttled", async () => {
    // Five wrong sign-ins of an address are let through in a minute; each says it is another.
    // The last test of this server: nobody signs in here any more.
    const statuses = [];
    for (let n = 0; n < 8; n += 1) {
      const { status } = await rest(server.url, "POST", "/api/auth/login", { body: { username: freshName("nobody"), password: "not this one" }, headers: { "X-Client-Address": `9.9.9.${n}`, "X-Forwarded-For": `9.9.9.${n}` } });
      statuses.push(status);
    }
    assert.ok(statuses.includes(429), statuses.join());
  });
});

test("FRONT with an address header of one's own ends the start with a sentence", { skip }, async () => {
  await assert.rejects(startServer({ env: { FRONT: "haproxy", CLIENT_ADDRESS: "socket" } }), /unset CLIENT_ADDRESS/);
});
