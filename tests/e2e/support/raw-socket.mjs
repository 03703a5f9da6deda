// A WebSocket over a bare TCP socket, so that a test can cut it, or leave what comes unread.
import { randomBytes } from "node:crypto";
import net from "node:net";

const OPENED = "\r\n\r\n";

/**
 * Sends and reads JSON text frames; `heard` is called with each message, `heardBinary`
 * with the bytes of each binary frame, `closing` when a close frame came, `ended` once.
 */
export class RawSocket {
  #rest = Buffer.alloc(0);
  /** The code of the close frame that came, if one did. */
  closeCode;

  /** Texts "pong" that came: they are no messages. */
  pongs = 0;

  /**
   * Opens /ws; rejects with the answer's first line if it is refused. `headers` go with
   * the request, and `tcp` are options of net.connect(): the address to come from, say.
   */
  static open(url, { protocols = [], headers = {}, tcp = {}, heard = () => {}, heardBinary = () => {}, closing = () => {}, ended = () => {} } = {}) {
    const { hostname, port } = new URL(url);
    const socket = net.connect({ host: hostname, port: Number(port), noDelay: true, ...tcp });
    const raw = new RawSocket(socket, { heard, heardBinary, closing, ended });
    const all = protocols.length > 0 ? { "Sec-WebSocket-Protocol": protocols.join(", "), ...headers } : headers;
    const offer = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n${offer}\r\n`,
    );
    return new Promise((resolve, reject) => {
      let head = Buffer.alloc(0);
      const failed = () => reject(new Error("the connection was lost before the upgrade"));
      socket.on("error", () => {});
      socket.once("close", failed);
      socket.on("data", function upgrade(data) {
        head = Buffer.concat([head, data]);
        const end = head.indexOf(OPENED);
        if (end < 0) return;
        socket.off("data", upgrade);
        socket.off("close", failed);
        const answer = head.toString("latin1", 0, head.indexOf("\r\n"));
        if (!answer.includes(" 101 ")) {
          socket.destroy();
          return reject(new Error(answer));
        }
        raw.#begin(head.subarray(end + OPENED.length));
        resolve(raw);
      });
    });
  }

  constructor(socket, listeners) {
    Object.assign(this, { socket, ...listeners });
  }

  #begin(rest) {
    this.socket.on("close", () => this.ended());
    this.socket.on("data", (data) => this.#read(data));
    if (rest.length > 0) this.#read(rest);
  }

  #read(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const rest = this.#rest;
      if (rest.length < 2) return;
      const short = rest[1] & 0x7f;
      const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
      if (rest.length < 2 + extra) return;
      const length = extra === 0 ? short : extra === 2 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
      const start = 2 + extra;
      if (rest.length < start + length) return;
      const body = rest.subarray(start, start + length);
      this.#rest = rest.subarray(start + length);
      const kind = rest[0] & 0x0f;
      if (kind === 1) this.#hear(body.toString("utf8"));
      if (kind === 2) this.heardBinary(body);
      if (kind === 8) {
        this.closeCode = body.length >= 2 ? body.readUInt16BE(0) : 1005;
        this.closing();
      }
    }
  }

  #hear(text) {
    if (text === "pong") this.pongs += 1;
    else this.heard(JSON.parse(text));
  }

  /** Sends a message with its envelope; `fields` has its type. */
  send(fields) {
    const body = Buffer.from(JSON.stringify({ version: "1.0.0", ...fields }));
    const length = body.length < 126 ? Buffer.from([0x80 | body.length]) : Buffer.from([0x80 | 126, body.length >> 8, body.length & 0xff]);
    // A mask of zeros leaves the bytes as they are.
    this.socket.write(Buffer.concat([Buffer.from([0x81]), length, Buffer.alloc(4), body]));
  }

  /** Reads nothing more: what comes fills the buffers between here and the server. */
  stopReading() {
    this.socket.pause();
  }

  readOn() {
    this.socket.resume();
  }

  /** Says goodbye, as somebody who leaves does. */
  close(code = 1000) {
    this.socket.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, code >> 8, code & 0xff]));
  }

  /** Cuts the connection, without a word. */
  cut() {
    this.socket.destroy();
  }
}
