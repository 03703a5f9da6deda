// The server that the tests play: it stands in for the page's fetch and WebSocket.
import { until } from "../../e2e/support/until.mjs";
import { frame, read, tagOf } from "./frames.mjs";

/** A refusal, as the server words it. */
export const problem = (status, code, more = {}) => ({ status, body: { type: "about:blank", status, success: false, code, ...more } });

/** What a route gives that never answers. */
export const never = () => new Promise(() => {});

class PlayedSocket {
  sent = [];
  closedWith = undefined;

  constructor(url, protocols) {
    Object.assign(this, { url, offered: [...protocols] });
    PlayedSocket.opened.push(this);
  }

  send(data) {
    // A view of the module's memory would change under our hands.
    this.sent.push(typeof data === "string" ? data : new Uint8Array(data));
  }

  close(code) {
    this.closedWith ??= code ?? 1005;
  }

  /** Opens, and puts the character of the golden files into the world. */
  letsIn(options) {
    this.onopen?.({});
    this.sends("auth_response", options);
    this.sends("location_update");
  }

  sends(name, options) {
    const bytes = frame(name, options);
    this.onmessage?.({ data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) });
  }

  ends(code, reason = "") {
    this.onclose?.({ code, reason });
  }

  /** The messages of this type that the client has sent. */
  received(name) {
    const messages = this.sent.filter((data) => typeof data !== "string").map(read);
    return messages.filter(({ tag }) => tag === tagOf(name));
  }
}

export class PlayedServer {
  #routes = new Map();
  #real = {};
  /** Every request, in order: { method, path, url, headers, token, text, body, cache, credentials }. */
  asked = [];
  sockets = [];

  start() {
    this.#real = { fetch: globalThis.fetch, WebSocket: globalThis.WebSocket };
    PlayedSocket.opened = this.sockets;
    globalThis.fetch = (url, options) => this.#fetch(url, options);
    globalThis.WebSocket = PlayedSocket;
    return this;
  }

  stop() {
    Object.assign(globalThis, this.#real);
  }

  /** `answer` is { status, body, headers }, or makes one of a request. What no route answers is not reached. */
  on(route, answer) {
    this.#routes.set(route, typeof answer === "function" ? answer : () => answer);
  }

  /** "METHOD /path" of every request. */
  get paths() {
    return this.asked.map(({ method, path }) => `${method} ${path}`);
  }

  /** The socket with this number, once it is opened. */
  async socket(index) {
    await until(() => this.sockets.length > index, `socket ${index} is opened`);
    return this.sockets[index];
  }

  /** Waits until this many requests have come. */
  untilAsked(count) {
    return until(() => this.asked.length >= count, `${count} requests have come`);
  }

  async #fetch(url, { method, headers, body: text, signal, ...rest }) {
    signal?.throwIfAborted();
    const path = url.replace(/^\w+:\/\/[^/]+/, "");
    const token = headers.Authorization?.replace(/^Bearer /, "");
    const body = text ? JSON.parse(text) : undefined;
    const request = { method, path, url, headers: new Headers(headers), token, text: text ?? "", body, signal, ...rest };
    this.asked.push(request);
    const gone = new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
    const answer = await Promise.race([gone, this.#answer(request)]);
    const status = answer.status ?? 200;
    return new Response(typeof answer.body === "object" ? JSON.stringify(answer.body) : (answer.body ?? ""), { status, headers: answer.headers });
  }

  async #answer(request) {
    const route = this.#routes.get(`${request.method} ${request.path.split("?")[0]}`);
    if (!route) throw new TypeError("fetch failed");
    return route(request);
  }
}
