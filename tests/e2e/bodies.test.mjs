// Bodies that do not end: read to the cap, or given up, and never kept.
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import { after, before, test } from "node:test";
import { rest } from "./support/json-client.mjs";
import { startServer } from "./support/server.mjs";

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

/** Sends a chunked POST, more of it whenever `more` says so: the answer's first line, and what was sent. */
function stream(path, more) {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve) => {
    const began = performance.now();
    const socket = net.connect(Number(port), hostname);
    let [answer, sent] = ["", 0];
    const done = () => resolve({ status: Number(answer.split(" ")[1]), sent, ms: performance.now() - began });
    // A client that goes on sending may be cut off before it has read its answer: status NaN.
    socket.on("error", done);
    socket.on("close", done);
    socket.on("data", (bytes) => {
      answer ||= bytes.toString();
      socket.destroy();
      done();
    });
    socket.write(`POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`);
    more(socket, (body) => {
      sent += body.length;
      return socket.write(`${body.length.toString(16)}\r\n${body}\r\n`);
    });
  });
}

/** What workerd holds in memory, in MiB; nothing where there is no /proc. */
function memory() {
  const status = `/proc/${server.workerdPid}/status`;
  if (!fs.existsSync(status)) return undefined;
  return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(status, "utf8"))[1]) / 1024;
}

test("a body without a length is answered 413 at the cap", async () => {
  const { status } = await stream("/api/auth/login", (_, send) => send("x".repeat(64 * 1024 + 1)));
  assert.equal(status, 413);
});

test("of a body that never ends no more than the cap is kept", async (t) => {
  const before = memory();
  const most = 256 * 1024 * 1024;
  const piece = "x".repeat(64 * 1024);
  const answer = await stream("/api/auth/login", (socket, send) => {
    let sent = 0;
    const fill = () => {
      while (!socket.destroyed && sent < most) {
        sent += piece.length;
        if (!send(piece)) return void socket.once("drain", fill);
      }
    };
    fill();
  });
  assert.ok([413, NaN].includes(answer.status), `${answer.status}`);
  assert.ok(answer.sent < most / 4, `${answer.sent} bytes were taken`);
  if (before !== undefined) {
    const more = memory() - before;
    t.diagnostic(`${answer.sent} bytes were taken, ${more.toFixed(1)} MiB more are held`);
    assert.ok(more < 48, `${more.toFixed(1)} MiB more`);
  }
});

test("a body that trickles is given up after ten seconds with 408, and the server answers others meanwhile", async () => {
  let timer;
  const trickling = stream("/api/auth/login", (_, send) => {
    timer = setInterval(() => send(" "), 250);
  });
  assert.equal((await rest(server.url, "GET", "/api/status")).status, 200);
  const answer = await trickling.finally(() => clearInterval(timer));
  assert.equal(answer.status, 408);
  assert.ok(answer.ms > 9_000 && answer.ms < 14_000, `${answer.ms} ms`);
});
