// workerd's configuration, in Cap'n Proto's text format.
import path from "node:path";
import { dist } from "../lib/paths.mjs";
import { wranglerToml } from "../lib/wrangler-toml.mjs";

/**
 * The text of the configuration that will lie in `folder`. `bindings` are names
 * of environment variables: no value stands in it, so it holds no secret.
 */
export function workerdConfig({ folder, objects, address, bindings }) {
  const { name, compatibilityDate, compatibilityFlags, objects: classes } = wranglerToml();
  // Cap'n Proto finds what it embeds relative to the file that says so.
  const embed = (file) => `embed ${quote(path.relative(folder, file))}`;
  return `# Written by scripts/serve at every start; changes are lost.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "site", disk = (path = ${quote(dist.site)})),
    (name = "objects", disk = (path = ${quote(objects)}, writable = true)),
  ],
  sockets = [(name = "http", address = ${quote(address)}, http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = ${embed(path.join(dist.worker, "index.js"))}),
    (name = "index_bg.wasm", wasm = ${embed(path.join(dist.worker, "index_bg.wasm"))}),
  ],
  compatibilityDate = ${quote(compatibilityDate)},
  compatibilityFlags = [${compatibilityFlags.map(quote).join(", ")}],
  bindings = [
    (name = "ASSETS", service = "site"),
${bindings.map((binding) => `    (name = ${quote(binding)}, fromEnvironment = ${quote(binding)}),\n`).join("")}\
${classes.map(({ binding, className }) => `    (name = ${quote(binding)}, durableObjectNamespace = ${quote(className)}),\n`).join("")}\
  ],
  durableObjectNamespaces = [
${classes.map(({ className }) => `    (className = ${quote(className)}, uniqueKey = ${quote(`${name}-${className}`)}, enableSql = true),\n`).join("")}\
  ],
  durableObjectStorage = (localDisk = "objects"),
);
`;
}

/** Cap'n Proto's strings escape as JSON's do, as far as paths and names need it. */
const quote = (text) => JSON.stringify(text);
