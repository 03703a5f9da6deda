// A server that is played by the tests: it stands in for the page's fetch and
// WebSocket while a test runs.
const real = { fetch: globalThis.fetch, WebSocket: globalThis.WebSocket };
let answers = new Map();
let requests = [];
let sockets = [];
let errors = [];

class FakeSocket {
  constructor(url, protocols) {
    Object.assign(this, { url, protocols: [...protocols], sent: [], closedWith: null });
    sockets.push(this);
  }
  send(data) {
    // A view of the module's memory would change under our hands.
    this.sent.push(typeof data === "string" ? data : new Uint8Array(data));
  }
  close(code) {
    this.closedWith ??= code ?? 1005;
  }
}

async function fakeFetch(request) {
  const path = new URL(request.url).pathname;
  const key = `${request.method} ${path}`;
  const body = await request.text();
  requests.push(`${key} ${request.headers.get("Authorization") ?? "-"} ${body}`);
  const answer = answers.get(key)?.(body);
  if (!answer) throw new TypeError("Failed to fetch");
  return new Response(answer.body, { status: answer.status, headers: answer.retryAfter ? { "Retry-After": answer.retryAfter } : {} });
}

const noteError = (event) => {
  errors.push(event.error?.message);
  event.preventDefault();
};

export function install() {
  answers = new Map();
  [requests, sockets, errors] = [[], [], []];
  globalThis.fetch = fakeFetch;
  globalThis.WebSocket = FakeSocket;
  addEventListener("error", noteError);
}

export function uninstall() {
  globalThis.fetch = real.fetch;
  globalThis.WebSocket = real.WebSocket;
  removeEventListener("error", noteError);
  delete crypto.subtle;
}

/** As on a page that came over plain HTTP: the prototype's getter is hidden. */
export const hideWebCrypto = () => void Object.defineProperty(crypto, "subtle", { value: undefined, configurable: true });

export const answer = (key, status, body, retryAfter) => void answers.set(key, () => ({ status, body, retryAfter }));
export const answerBy = (key, judge) =>
  void answers.set(key, (request) => {
    const [status, body] = judge(request);
    return { status, body };
  });
export const asked = () => requests;
export const reported = () => errors;
export const opened = () => sockets.length;
export const protocols = (index) => sockets[index].protocols;
export const sent = (index) => sockets[index].sent;
export const closedWith = (index) => sockets[index].closedWith;
export const open = (index) => sockets[index].onopen?.({});
export const deliver = (index, data) => sockets[index].onmessage?.({ data: typeof data === "string" ? data : data.slice().buffer });
export const end = (index, code, reason) => sockets[index].onclose?.({ code, reason });
export const heard = (index) => Boolean(sockets[index].onmessage);
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
