// Requests that fetch and WebSocket would not send as they are: any Origin, any
// method, and an upgrade whose refusal can be read.
import http from "node:http";
import { randomBytes } from "node:crypto";

/**
 * { status, headers, body } with headers as fetch has them; the body is parsed where it
 * is JSON. `more` are options of http.request(): the address to come from, say.
 */
export function request(url, method, path, { headers = {}, body, ...more } = {}) {
  return new Promise((resolve, reject) => {
    const sent = http.request(url + path, { method, headers, agent: false, ...more });
    sent.on("error", reject);
    sent.on("response", (response) => read(response).then(resolve, reject));
    sent.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode, headers: new Headers(pairs(response)), body: "" });
    });
    sent.end(body);
  });
}

/** Asks for a WebSocket: 101 where it is opened (and closed at once), else the refusal. */
export function upgrade(url, headers = {}) {
  return request(url, "GET", "/ws", {
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
      ...headers,
    },
  });
}

async function read(response) {
  response.setEncoding("utf8");
  let text = "";
  for await (const piece of response) text += piece;
  const headers = new Headers(pairs(response));
  const json = /json/.test(headers.get("content-type") ?? "") && text !== "";
  return { status: response.statusCode, headers, body: json ? JSON.parse(text) : text };
}

function pairs({ rawHeaders }) {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1]]] : []));
}
