// The accounts of the server that is played: the other side of SCRAM-SHA-256, from RFC 5802.
import { createHash, createHmac, randomBytes } from "node:crypto";
import { ITERATIONS, stretched } from "../../e2e/support/scram.mjs";
import { problem } from "./server.mjs";

export const PASSWORD = "correct horse";

const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const hash = (bytes) => createHash("sha256").update(bytes).digest();
const bytes = (base64) => Buffer.from(base64, "base64");

/** Serves the routes of the account on a played server. */
export class Accounts {
  #known = new Map();
  #begun = new Map();
  /** Who holds which token. */
  sessions = new Map();
  /** What it asks for instead of what an account was made with. */
  iterations = ITERATIONS;
  /** It does not know the server keys. */
  lies = false;

  /** Knows aria, whose password is PASSWORD. */
  static async on(server) {
    const accounts = new Accounts();
    accounts.#known.set("aria", { username: "Aria", player_id: 7, ...(await stretched(PASSWORD)) });
    server.on("POST /api/auth/scram/register", ({ body }) => accounts.#register(body));
    server.on("POST /api/auth/scram/start", ({ body }) => accounts.#start(body));
    server.on("POST /api/auth/scram/finish", ({ body }) => accounts.#finish(body));
    server.on("GET /api/auth/session", ({ token }) => {
      const known = accounts.sessions.get(token);
      return known ? { body: { success: true, username: known.username, player_id: known.player_id } } : problem(401, "SESSION_EXPIRED");
    });
    server.on("POST /api/auth/logout", ({ token }) => (accounts.sessions.delete(token) ? { body: { success: true } } : problem(401, "SESSION_EXPIRED")));
    return accounts;
  }

  #register({ username, ...checks }) {
    const key = username.toLowerCase();
    if (this.#known.has(key)) return problem(409, "NAME_TAKEN", { detail: "This name is taken.", errors: [{ field: "username", message: "is taken" }] });
    const player_id = this.#known.size + 7;
    this.#known.set(key, { username, player_id, ...checks });
    return { status: 201, body: { success: true, player_id } };
  }

  #start({ client_first }) {
    const [, bare, username, nonce] = client_first.match(/^n,,(n=([^,]+),r=([^,]+))$/);
    const account = this.#known.get(username.toLowerCase());
    const salt = account?.salt ?? randomBytes(16).toString("base64");
    const server_first = `r=${nonce}${randomBytes(18).toString("base64")},s=${salt},i=${this.iterations}`;
    const handshake_id = `h1_${this.#begun.size}`;
    this.#begun.set(handshake_id, { account, bare, server_first });
    return { body: { handshake_id, server_first } };
  }

  #finish({ handshake_id, client_final }) {
    const { account, bare, server_first } = this.#begun.get(handshake_id);
    const [, withoutProof, proof] = client_final.match(/^(c=biws,r=[^,]+),p=(.+)$/);
    const signed = `${bare},${server_first},${withoutProof}`;
    if (!account || !this.#isProved(account, signed, bytes(proof))) return problem(401, "BAD_CREDENTIALS", { detail: "The user name or the password is wrong." });
    const token = `s1_${this.sessions.size + 1}`;
    this.sessions.set(token, account);
    const serverKey = this.lies ? Buffer.alloc(32) : bytes(account.server_key);
    const server_final = `v=${hmac(serverKey, signed).toString("base64")}`;
    const { username, player_id } = account;
    return { body: { success: true, server_final, session_token: token, username, player_id } };
  }

  #isProved({ stored_key }, signed, proof) {
    const signature = hmac(bytes(stored_key), signed);
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ signature[index]));
    return hash(clientKey).equals(bytes(stored_key));
  }
}
