// workerd's configuration, in Cap'n Proto's text format.
import path from "node:path";
import { dist } from "../lib/paths.mjs";
import { wranglerToml } from "../lib/wrangler-toml.mjs";

/**
 * What runs: { name, modules: [{ name, file, type }], objects: [{ binding, className }],
 * site }. `site` is a folder of static files, if it has one.
 */
export function shardlink() {
  const { name, objects } = wranglerToml();
  const modules = [
    { name: "index.js", type: "esModule", file: path.join(dist.worker, "index.js") },
    { name: "index_bg.wasm", type: "wasm", file: path.join(dist.worker, "index_bg.wasm") },
  ];
  return { name, modules, objects, site: dist.site };
}

/**
 * The text of the configuration that will lie in `folder`. `bindings` are names
 * of environment variables: no value stands in it, so it holds no secret.
 */
export function workerdConfig({ folder, objects, address, bindings, program }) {
  // Of wrangler.toml also for what is compared with us: the same date means the same runtime.
  const { compatibilityDate, compatibilityFlags } = wranglerToml();
  const { name, modules, objects: classes, site } = program;
  // Cap'n Proto finds what it embeds relative to the file that says so.
  const embed = (file) => `embed ${quote(path.relative(folder, file))}`;
  return `# Written by scripts/serve at every start; changes are lost.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
${site ? `    (name = "site", disk = (path = ${quote(site)})),\n` : ""}\
    (name = "objects", disk = (path = ${quote(objects)}, writable = true)),
  ],
  sockets = [(name = "http", address = ${quote(address)}, http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
${modules.map(({ name, type, file }) => `    (name = ${quote(name)}, ${type} = ${embed(file)}),\n`).join("")}\
  ],
  compatibilityDate = ${quote(compatibilityDate)},
  compatibilityFlags = [${compatibilityFlags.map(quote).join(", ")}],
  bindings = [
${site ? `    (name = "ASSETS", service = "site"),\n` : ""}\
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
