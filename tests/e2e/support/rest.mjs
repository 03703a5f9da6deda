// Requests to the REST API as fetch sends them, and names that nobody has.

export const PASSWORD = "correct horse";

let serial = 0;

/** A name that no other test has taken. */
export function freshName(prefix = "hero") {
  serial += 1;
  // In base 16: no o and l, which a server takes for the 0 and 1 they look like.
  return `${prefix}-${Date.now().toString(16)}${serial.toString(16)}`.slice(0, 24);
}

/** Calls a route: { status, headers, body }; the body is parsed where it is JSON. */
export async function rest(url, method, path, { body, token, headers = {} } = {}) {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const json = /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}
