// What every refusal of the REST API looks like, whatever was refused.
import assert from "node:assert/strict";

/** Checks a problem of RFC 9457 that the first generation's client can read too. */
export function assertProblem(answer, status, code, what = "") {
  const shown = `${what} ${JSON.stringify(answer.body)}`;
  assert.equal(answer.status, status, shown);
  assert.match(answer.headers.get("content-type"), /^application\/problem\+json/, shown);
  assert.equal(answer.body.code, code, shown);
  assert.equal(answer.body.status, status, shown);
  assert.equal(answer.body.success, false, shown);
  for (const member of ["type", "title", "detail", "instance", "request_id", "message", "error"]) {
    assert.equal(typeof answer.body[member], "string", `${member}: ${shown}`);
  }
  if (status === 401) assert.equal(answer.headers.get("www-authenticate"), "Bearer", shown);
  if (code === "RATE_LIMITED" || code === "OVERLOADED") {
    assert.ok(Number(answer.headers.get("retry-after")) >= 1, `Retry-After: ${shown}`);
  }
}
