// What is played by the tests: the server, which stands in for the page's WebSocket while a
// test runs, and the facade.
const real = globalThis.WebSocket;
let sockets = [];

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

/** In the facade's place: hears events, and is asked for tickets. */
export class FakeHost {
  handlers = new Map();
  asked = [];
  ended = 0;

  hear(event, handler) {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler]);
  }
  hears(event) {
    return this.handlers.has(event);
  }
  emit(event, value) {
    for (const handler of this.handlers.get(event)) handler(value);
  }
  askTicket(attempt) {
    this.asked.push(attempt);
  }
  sessionEnded() {
    this.ended += 1;
  }
}

export function install() {
  sockets = [];
  globalThis.WebSocket = FakeSocket;
}

export function uninstall() {
  globalThis.WebSocket = real;
}

export const opened = () => sockets.length;
export const protocols = (index) => sockets[index].protocols;
export const sent = (index) => sockets[index].sent;
export const closedWith = (index) => sockets[index].closedWith;
export const open = (index) => sockets[index].onopen?.({});
export const deliver = (index, data) => sockets[index].onmessage?.({ data: typeof data === "string" ? data : data.slice().buffer });
export const end = (index, code, reason) => sockets[index].onclose?.({ code, reason });
export const heard = (index) => Boolean(sockets[index].onmessage);
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
