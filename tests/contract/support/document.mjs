// docs/protocol/openapi.json, as the tests of this folder hold the server against it.
import fs from "node:fs";
import { inRoot } from "../../../scripts/lib/paths.mjs";

export const documentFile = inRoot("docs/protocol/openapi.json");
export const openapi = JSON.parse(fs.readFileSync(documentFile, "utf8"));

const METHODS = ["get", "put", "post", "delete", "patch"];

/** Every operation: { id, method, path, operation }. */
export const operations = Object.entries(openapi.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => method in item).map((method) => ({
    id: item[method].operationId,
    method: method.toUpperCase(),
    path,
    operation: item[method],
  })),
);

/** What opens the routes of those who run the realm. */
export const ADMIN_TOKEN = "0123456789abcdef0123456789abcdef";

/** What the server allows in a minute, raised so far that no test meets it: e2e tests what it does then. */
export const UNLIMITED = {
  ADMIN_TOKEN,
  SIGN_IN_FAILURES_PER_NAME: "1000000",
  SIGN_IN_FAILURES_PER_ADDRESS: "1000000",
  REGISTRATIONS_PER_ADDRESS: "1000000",
  SIGN_INS_PER_ADDRESS: "1000000",
  REST_PER_SESSION: "1000000",
  REST_PER_ADDRESS: "1000000",
};
