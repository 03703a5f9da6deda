// What a stranger does to a server, one connection at a time, as raw bytes.
import { randomBytes } from "node:crypto";
import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** One connection that remembers what came: { socket, text(), closed (a promise of when), isClosed() }. */
export function connect(url) {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true });
  let text = "";
  let ended = false;
  socket.on("data", (bytes) => (text += bytes.toString("latin1")));
  socket.on("error", () => {});
  const closed = new Promise((resolve) => {
    const end = () => {
      ended = true;
      resolve(performance.now());
    };
    // An end from the other side is one: nobody answers here any more.
    socket.on("end", end);
    socket.on("close", end);
  });
  return { socket, text: () => text, closed, isClosed: () => ended };
}

/** Opens connections that say nothing, and waits until each is there or was refused. */
export async function silentConnections(url, count) {
  const all = Array.from({ length: count }, () => connect(url));
  await Promise.all(all.map((one) => Promise.race([new Promise((resolve) => one.socket.once("connect", resolve)), one.closed])));
  return all;
}

/** Writes a text a byte at a time until the other side has had enough: how long it took that, in milliseconds. */
export async function trickle(connection, text, everyMs = 200) {
  const began = performance.now();
  for (const byte of text) {
    if (connection.isClosed()) break;
    connection.socket.write(byte);
    await Promise.race([pause(everyMs), connection.closed]);
  }
  return (await connection.closed) - began;
}

/** The head of an upgrade to /ws; `headers` are further lines. */
export const upgradeHead = (url, headers = []) =>
  [`GET /ws HTTP/1.1`, `Host: ${new URL(url).host}`, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`, ...headers, "", ""].join("\r\n");

/** An upgraded connection; rejects with the answer's first line if there is none. */
export async function openSocket(url, headers) {
  const connection = connect(url);
  connection.socket.write(upgradeHead(url, headers));
  while (!connection.text().includes("\r\n\r\n") && !connection.isClosed()) await pause(5);
  const answer = connection.text().split("\r\n")[0];
  if (!answer.includes(" 101 ")) throw new Error(answer || "the connection was closed");
  return connection;
}

/** A masked frame's head: by default a final text. */
export function frameHead(length, { opcode = 1, final = true } = {}) {
  const first = (final ? 0x80 : 0) | opcode;
  const mask = Buffer.alloc(4);
  if (length < 126) return Buffer.concat([Buffer.from([first, 0x80 | length]), mask]);
  const long = Buffer.alloc(8);
  long.writeBigUInt64BE(BigInt(length));
  if (length < 65_536) return Buffer.concat([Buffer.from([first, 0x80 | 126]), long.subarray(6), mask]);
  return Buffer.concat([Buffer.from([first, 0x80 | 127]), long, mask]);
}

/** A whole frame; its mask is of zeros, which leave the bytes as they are. */
export const frame = (body, options) => Buffer.concat([frameHead(body.length, options), Buffer.from(body)]);

/**
 * Sends all but the last byte of a message of `size` bytes and then nothing more; ends
 * early when the other side does.
 */
export async function unfinishedMessage(connection, size) {
  const piece = Buffer.alloc(256 * 1024, 0x61);
  connection.socket.write(frameHead(size));
  for (let left = size - 1; left > 0 && !connection.isClosed(); left -= piece.length) {
    if (connection.socket.write(piece.subarray(0, Math.min(left, piece.length)))) continue;
    await Promise.race([new Promise((resolve) => connection.socket.once("drain", resolve)), connection.closed]);
  }
}
