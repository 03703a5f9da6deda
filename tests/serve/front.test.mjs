// What the front door lets through to a server, which here only writes down what comes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connect, frame, frameHead, openSocket, silentConnections, trickle, unfinishedMessage, upgradeHead } from "../e2e/support/attacks.mjs";
import { find } from "../../scripts/lib/environment.mjs";
import { inRoot } from "../../scripts/lib/paths.mjs";
import { frontSettings, haproxy, keepFront } from "../../scripts/serve/front.mjs";

const skip = !haproxy() && "HAProxy is not installed: apt-get install haproxy";
if (skip) console.error(`    The front door is NOT tested: ${skip}`);

/** A server that notes requests and what comes over upgraded connections: { address, requests, sockets, close() }. */
async function recorder() {
  const requests = [];
  const sockets = [];
  const server = http.createServer(async (request, response) => {
    let size = 0;
    for await (const chunk of request) size += chunk.length;
    requests.push({ url: request.url, headers: request.headers, size });
    response.end(`${size}`);
  });
  server.on("upgrade", (request, socket) => {
    socket.on("error", () => {});
    if (request.url !== "/ws") return socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    const seen = { headers: request.headers, bytes: 0, closed: false };
    sockets.push(seen);
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.on("data", (data) => (seen.bytes += data.length));
    socket.on("end", () => socket.end());
    socket.on("close", () => (seen.closed = true));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${server.address().port}`,
    requests,
    sockets,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function openFront(server, env = {}) {
  const front = keepFront({ port: 0, host: "127.0.0.1", shownHost: "127.0.0.1", server: server.address, settings: frontSettings({ FRONT: "haproxy", ...env }) });
  const url = await front.ready;
  assert.ok(url, "HAProxy did not start");
  return {
    url,
    async close() {
      front.stop();
      assert.equal(await front.end, 0);
    },
  };
}

const until = async (what, holds, timeoutMs = 5_000) => {
  for (const end = performance.now() + timeoutMs; performance.now() < end; await pause(10)) if (holds()) return;
  assert.fail(`${what} did not happen`);
};

const post = (length, headers = []) => ["POST /api/auth/login HTTP/1.1", "Host: front", "Content-Type: application/json", `Content-Length: ${length}`, ...headers, "", ""].join("\r\n");

test("what it refuses is told as the server tells its refusals", () => {
  const errors = fs.readFileSync(inRoot("shared/src/error.rs"), "utf8");
  for (const name of fs.readdirSync(inRoot("deploy/problems"))) {
    const problem = JSON.parse(fs.readFileSync(inRoot("deploy/problems", name), "utf8"));
    assert.equal(`${problem.status}.json`, name);
    assert.equal(problem.type, `urn:shardlink:error:${problem.code}`);
    assert.ok(errors.includes(`"${problem.code}"`) && errors.includes(`"${problem.title}"`), name);
    for (const member of ["detail", "instance", "request_id", "message", "error"]) assert.equal(typeof problem[member], "string", `${member} of ${name}`);
    assert.equal(problem.success, false);
  }
});

describe("the front door", { skip }, () => {
  let server;
  let front;
  before(async () => {
    server = await recorder();
    front = await openFront(server, { FRONT_CONNECTIONS_PER_ADDRESS: "20" });
  });
  after(async () => {
    await front.close();
    server.close();
  });

  test("says who the client is, whatever the client says of that, to requests and to sockets", async () => {
    const answer = await fetch(`${front.url}/api/status`, { headers: { "X-Client-Address": "6.6.6.6", "x-client-address": "7.7.7.7" } });
    await answer.text();
    assert.equal(server.requests.at(-1).headers["x-client-address"], "127.0.0.1");
    const socket = await openSocket(front.url, ["X-Client-Address: 6.6.6.6", "x-CLIENT-address: 7.7.7.7"]);
    assert.equal(server.sockets.at(-1).headers["x-client-address"], "127.0.0.1");
    socket.socket.destroy();
  });

  test("holds so many silent connections of an address and no more, and ends them after 5 s", async () => {
    const all = await silentConnections(front.url, 60);
    await pause(300);
    const open = all.filter((one) => !one.isClosed());
    assert.ok(open.length <= 20 && open.length > 10, `${open.length} are open`);
    const began = performance.now();
    await Promise.all(open.map((one) => one.closed));
    const took = performance.now() - began;
    assert.ok(took > 3_000 && took < 7_000, `${took} ms`);
    assert.equal((await fetch(`${front.url}/`)).status, 200);
  });

  test("gives up a head and a body that trickle, and the server never hears of them", async () => {
    const before = server.requests.length;
    const [head, body] = await Promise.all([
      trickle(connect(front.url), "GET / HTTP/1.1\r\nHost: a\r\nX-Long: ".padEnd(200, "x")),
      (async () => {
        const connection = connect(front.url);
        connection.socket.write(post(200));
        return trickle(connection, "x".repeat(200));
      })(),
    ]);
    for (const took of [head, body]) assert.ok(took > 4_000 && took < 7_000, `${took} ms`);
    assert.equal(server.requests.length, before);
  });

  test("answers 413 to a body that says it is too long and 411 to one that does not say, before any of it", async () => {
    const before = server.requests.length;
    for (const [head, status] of [
      [post(65_537), 413],
      [post(99_999_999_999), 413],
      [post(5).replace("Content-Length: 5", "Transfer-Encoding: chunked"), 411],
      [post(5, ["Transfer-Encoding: chunked"]), 411],
    ]) {
      const connection = connect(front.url);
      connection.socket.write(head);
      await connection.closed;
      assert.match(connection.text(), new RegExp(`^HTTP/1.1 ${status} .*"status": ${status},`, "s"));
    }
    // And HAProxy itself knows no other encoding.
    const encoded = connect(front.url);
    encoded.socket.write(post(5).replace("Content-Length: 5", "Transfer-Encoding: gzip, chunked"));
    await encoded.closed;
    assert.match(encoded.text(), /^HTTP\/1.1 4\d\d /);
    assert.equal(server.requests.length, before);
    const largest = await fetch(`${front.url}/api/x`, { method: "POST", body: "x".repeat(65_536) });
    assert.equal(await largest.text(), "65536");
  });

  test("hides what `serve` alone asks", async () => {
    for (const path of ["/internal/stop", "/internal/"]) assert.equal((await fetch(front.url + path, { method: "POST" })).status, 404);
  });

  test("speaks HTTP/1 alone: no preface of HTTP/2 opens a connection with many requests at a time", async () => {
    const connection = connect(front.url);
    connection.socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    await connection.closed;
    assert.match(connection.text(), /^HTTP\/1\.1 400 /);
  });

  test("passes messages on as they are, and in both encodings' sizes", async () => {
    const socket = await openSocket(front.url);
    const seen = server.sockets.at(-1);
    let sent = 0;
    for (const size of [0, 1, 125, 126, 4_000, 16_384, 65_535, 65_536]) {
      const bytes = frame(Buffer.alloc(size, 0x61), { opcode: 2 });
      sent += bytes.length;
      socket.socket.write(bytes);
    }
    // A byte at a time too, and in pieces of a message.
    for (const byte of Buffer.concat([frame("by bytes"), frame("one ", { final: false }), frame("", { opcode: 9 }), frame("message", { opcode: 0 })])) {
      sent += 1;
      socket.socket.write(Buffer.from([byte]));
      await pause(1);
    }
    await until("everything arriving", () => seen.bytes === sent);
    assert.equal(socket.isClosed(), false);
    socket.socket.destroy();
    await until("the end", () => seen.closed);
  });

  for (const [what, attack] of Object.entries({
    "a message of 30 MiB": (socket) => unfinishedMessage(socket, 30 * 1024 * 1024),
    "a message of 2^63 bytes": (socket) => socket.socket.write(Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
    "a message of many pieces": async (socket) => {
      for (let n = 0; n < 20 && !socket.isClosed(); n += 1) {
        socket.socket.write(frame(Buffer.alloc(5_000), { opcode: n === 0 ? 1 : 0, final: false }));
        await pause(5);
      }
    },
    "1,100 pings": (socket) => socket.socket.write(Buffer.concat(Array.from({ length: 1_100 }, () => frame("ping")))),
    "a megabyte and a half in ten seconds": async (socket) => {
      for (let n = 0; n < 30 && !socket.isClosed(); n += 1) {
        socket.socket.write(frame(Buffer.alloc(50_000)));
        await pause(5);
      }
    },
  })) {
    test(`cuts a socket that sends ${what}, and the server has little of it`, async () => {
      const socket = await openSocket(front.url);
      const seen = server.sockets.at(-1);
      await attack(socket);
      await Promise.race([socket.closed, pause(5_000)]);
      assert.ok(socket.isClosed(), "it is still open");
      await until("the server's end", () => seen.closed);
      assert.ok(seen.bytes <= 1024 * 1024 + 65_536, `the server had ${seen.bytes} bytes`);
      if (what.startsWith("a message of")) assert.ok(seen.bytes <= 65_536, `the server had ${seen.bytes} bytes`);
    });
  }

  test("has no frames without an upgrade: a refused one and a request behind it are read as requests", async () => {
    const connection = connect(front.url);
    connection.socket.write(upgradeHead(front.url).replace("GET /ws", "GET /wss"));
    await until("a refusal", () => connection.text().includes("401"));
    connection.socket.write("GET /after HTTP/1.1\r\nHost: a\r\n\r\n");
    await pause(300);
    connection.socket.destroy();
    // And what follows an upgrade's head is frames, not a second request.
    const before = server.requests.length;
    const smuggling = connect(front.url);
    smuggling.socket.write(`${upgradeHead(front.url)}POST /internal/stop HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
    await pause(300);
    assert.ok(server.requests.slice(before).every(({ url }) => !url.startsWith("/internal")));
    smuggling.socket.destroy();
  });
});

test("requests above the rate of an address are answered 429 with when to come back", { skip }, async () => {
  const server = await recorder();
  const front = await openFront(server, { FRONT_REQUESTS_PER_ADDRESS: "50" });
  const answers = [];
  for (let n = 0; n < 60; n += 1) answers.push(await fetch(`${front.url}/`));
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length >= 8 && refused.length <= 12, `${refused.length}`);
  assert.equal(refused[0].headers.get("retry-after"), "10");
  assert.equal((await refused[0].json()).code, "RATE_LIMITED");
  await front.close();
  server.close();
});

test("a flood over many sockets of one address is cut by what the address sends", { skip }, async () => {
  const server = await recorder();
  const front = await openFront(server, { FRONT_FRAMES_PER_ADDRESS: "500" });
  const sockets = await Promise.all(Array.from({ length: 10 }, () => openSocket(front.url)));
  for (const { socket } of sockets) socket.write(Buffer.concat(Array.from({ length: 90 }, () => frame("ping"))));
  await until("cuts", () => sockets.filter((one) => one.isClosed()).length >= 3);
  assert.ok(sockets.some((one) => !one.isClosed()), "those who were within the limit stay");
  for (const { socket } of sockets) socket.destroy();
  await front.close();
  server.close();
});

test("HAProxy that dies is started again at the same address", { skip }, async () => {
  const server = await recorder();
  const front = await openFront(server);
  const listener = spawn("sh", ["-c", `kill -9 $(cat /proc/[0-9]*/stat 2>/dev/null | awk '$2 == "(haproxy)" && $4 == ${process.pid} { print $1 }')`]);
  await new Promise((resolve) => listener.on("exit", resolve));
  let back;
  for (let n = 0; n < 100 && back !== 200; n += 1) {
    await pause(50);
    back = await fetch(`${front.url}/`).then(({ status }) => status, () => undefined);
  }
  assert.equal(back, 200);
  await front.close();
  server.close();
});

test("with a certificate it speaks TLS, and its URL says so", { skip: skip || (!find("openssl") && "openssl is not installed") }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shardlink-tls-"));
  const [key, certificate, pem] = ["key", "cert", "pem"].map((name) => path.join(folder, name));
  const made = spawn("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], { stdio: "ignore" });
  assert.equal(await new Promise((resolve) => made.on("exit", resolve)), 0);
  fs.writeFileSync(pem, fs.readFileSync(certificate, "utf8") + fs.readFileSync(key, "utf8"));
  const server = await recorder();
  const front = await openFront(server, { FRONT_CERT: pem });
  assert.match(front.url, /^https:/);
  const { default: https } = await import("node:https");
  const status = await new Promise((resolve, reject) => {
    https.get(`${front.url}/tls`, { rejectUnauthorized: false }, (response) => resolve(response.resume().statusCode)).on("error", reject);
  });
  assert.deepEqual([status, server.requests.at(-1).url], [200, "/tls"]);
  await front.close();
  server.close();
  fs.rmSync(folder, { recursive: true });
});

test("what an operator sets wrongly is said by its name", { skip }, () => {
  assert.equal(frontSettings({}), undefined);
  assert.throws(() => frontSettings({ FRONT: "nginx" }), /FRONT is nginx/);
  assert.throws(() => frontSettings({ FRONT: "haproxy", CLIENT_ADDRESS: "socket" }), /unset CLIENT_ADDRESS/);
  assert.throws(() => frontSettings({ FRONT: "haproxy", FRONT_FRAMES: "many" }), /FRONT_FRAMES is many/);
  assert.throws(() => frontSettings({ FRONT: "haproxy", FRONT_CERT: "/nowhere.pem" }), /FRONT_CERT is \/nowhere\.pem/);
});
