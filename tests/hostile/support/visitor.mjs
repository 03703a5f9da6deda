// Somebody who calls from an address of its own: an attacker, or a player at home.
import http from "node:http";
import { createInterface } from "node:readline";
import net from "node:net";
import { PASSWORD, freshName } from "../../e2e/support/rest.mjs";
import { request } from "../../e2e/support/raw-http.mjs";
import { RawSocket } from "../../e2e/support/raw-socket.mjs";
import { prove, stretched } from "../../e2e/support/scram.mjs";

/** Linux answers on all of 127.0.0.0/8, so each of these is a stranger to the server; elsewhere all come from one address. */
const hasAddresses = process.platform === "linux";

/** The n-th address of an attacker, and of somebody honest. */
export const hostileAddress = (n = 0) => `127.66.${n >> 8}.${(n & 255) + 1}`;
export const honestAddress = (n = 0) => `127.1.${n >> 8}.${(n & 255) + 1}`;

export class Visitor {
  /** `headers` go with every request; `keepAlive` uses connections again, as a flood does. */
  constructor(url, { from, headers = {}, keepAlive = false } = {}) {
    this.url = url;
    this.headers = headers;
    this.tcp = hasAddresses && from !== undefined ? { localAddress: from } : {};
    this.agent = keepAlive ? new http.Agent({ keepAlive: true, maxSockets: 128, ...this.tcp }) : false;
  }

  /** Calls a route: { status, headers, body }. */
  rest(method, path, { token, body, headers = {} } = {}) {
    return request(this.url, method, path, {
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...this.headers,
        ...headers,
      },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
      agent: this.agent,
      ...this.tcp,
    });
  }

  /** Calls a route that has to do as it is told: the body. */
  async must(method, path, options) {
    const { status, body } = await this.rest(method, path, options);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** Makes an account and signs in, by SCRAM: { username, token, playerId }. */
  async signUp(username = freshName("user")) {
    await this.must("POST", "/api/auth/scram/register", { body: { username, ...(await stretched(PASSWORD)) } });
    return { username, ...(await this.signIn(username)) };
  }

  /** Proves by SCRAM that the password is known: the body that signs in. */
  async proof(username) {
    return (await prove(this.url, username, PASSWORD, (_, ...call) => this.rest(...call))).body;
  }

  /** Signs in by SCRAM: { token, playerId }. */
  async signIn(username) {
    const body = await this.proof(username);
    const { session_token: token, player_id: playerId } = await this.must("POST", "/api/auth/scram/finish", { body });
    return { token, playerId };
  }

  /** Makes a character: what the server says of it. */
  async createCharacter(token, name = freshName()) {
    const body = { name, race: "Elf", class: "Ranger", faction: "Moonlit Circle" };
    return (await this.must("POST", "/api/characters", { token, body })).character;
  }

  /** Opens /ws from this address. */
  socket(options = {}) {
    return RawSocket.open(this.url, { ...options, headers: { ...this.headers, ...options.headers }, tcp: { ...this.tcp, ...options.tcp } });
  }

  /**
   * A bare TCP connection, which stays open on this side when the server ends it:
   * { socket, ended, firstLine }. Neither promise ever rejects; `firstLine` is what an
   * answer begins with, or undefined.
   */
  connect() {
    const { hostname, port } = new URL(this.url);
    const socket = net.connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true, ...this.tcp });
    socket.on("error", () => {});
    const ended = new Promise((resolve) => {
      socket.once("end", resolve);
      socket.once("close", resolve);
    });
    const lines = createInterface({ input: socket });
    lines.on("error", () => {});
    const firstLine = new Promise((resolve) => {
      lines.once("line", resolve);
      ended.then(() => resolve(undefined));
    });
    return { socket, ended, firstLine };
  }
}
