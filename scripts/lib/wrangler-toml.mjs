// What `serve` needs to know of wrangler.toml, so that it is said in one place:
// the compatibility date and the objects.
import fs from "node:fs";
import { createRequire } from "node:module";
import { inRoot } from "./paths.mjs";
import { Stop } from "./say.mjs";

/** { name, compatibilityDate, compatibilityFlags, objects: [{ binding, className }] } */
export function wranglerToml(text = fs.readFileSync(inRoot("wrangler.toml"), "utf8")) {
  const { name, compatibility_date, compatibility_flags = [], durable_objects } = read(text);
  const bindings = durable_objects?.bindings ?? [];
  const objects = bindings.map((binding) => ({ binding: binding.name, className: binding.class_name }));
  if (!name || !compatibility_date || objects.some(({ binding, className }) => !binding || !className)) {
    throw new Stop("wrangler.toml lacks a name, a compatibility_date, or the name or class_name of an object.");
  }
  return { name, compatibilityDate: compatibility_date, compatibilityFlags: compatibility_flags, objects };
}

function read(text) {
  // Loaded here, because commands load this file before there is a node_modules.
  const { parse } = createRequire(import.meta.url)("smol-toml");
  try {
    return parse(text);
  } catch (error) {
    throw new Stop(`wrangler.toml is no TOML: ${error.message}`);
  }
}
