// The routes as the OpenAPI document has them, so that a test over all of them
// meets a new one by itself.
import fs from "node:fs";
import { inRoot } from "../../../scripts/lib/paths.mjs";

const document = JSON.parse(fs.readFileSync(inRoot("docs/protocol/openapi.json"), "utf8"));
// A handshake_id is the server's own, sealed text.
const isGameId = (field) => field.endsWith("_id") && field !== "handshake_id";
const METHODS = ["get", "put", "post", "delete", "patch"];

/**
 * [{ name: "POST /api/…", method, path, needsSession, takesBody, ids }], where
 * `ids` are the ids that a client may make up: in the path, and in the body.
 */
export const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
  METHODS.filter((method) => operations[method]).map((method) => {
    const { security, requestBody } = operations[method];
    const fields = Object.keys(requestBody?.content["application/json"].schema.properties ?? {});
    return {
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      needsSession: (security ?? document.security ?? []).length > 0,
      takesBody: requestBody !== undefined,
      ids: [...path.matchAll(/\{(\w+)\}/g)].map(([, id]) => id).concat(fields.filter(isGameId)),
    };
  }),
);
