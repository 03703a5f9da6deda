// What `serve` needs to know of wrangler.toml, so that it is said in one place:
// the compatibility date and the objects.
import fs from "node:fs";
import { inRoot } from "./paths.mjs";
import { Stop } from "./say.mjs";

/** { name, compatibilityDate, compatibilityFlags, objects: [{ binding, className }] } */
export function wranglerToml(text = fs.readFileSync(inRoot("wrangler.toml"), "utf8")) {
  const sections = read(text);
  const [top] = sections;
  const objects = sections.filter((section) => section.heading === "durable_objects.bindings");
  const result = {
    name: top.values.name,
    compatibilityDate: top.values.compatibility_date,
    compatibilityFlags: top.values.compatibility_flags ?? [],
    objects: objects.map(({ values }) => ({ binding: values.name, className: values.class_name })),
  };
  if (!result.name || !result.compatibilityDate || result.objects.some(({ binding, className }) => !binding || !className)) {
    throw new Stop("wrangler.toml lacks a name, a compatibility_date, or the name or class_name of an object.");
  }
  return result;
}

/** The strings and lists of strings on one line each, by [section] or [[section]]: all the TOML that is needed. */
function read(text) {
  const sections = [{ heading: "", values: {} }];
  for (const line of text.split("\n")) {
    const heading = line.match(/^\s*\[+([\w.]+)\]+\s*(#.*)?$/);
    if (heading) sections.push({ heading: heading[1], values: {} });
    const setting = line.match(/^\s*(\w+)\s*=\s*("[^"]*"|\[(?:\s*"[^"]*"\s*,?)*\s*\])\s*(#.*)?$/);
    if (setting) sections.at(-1).values[setting[1]] = JSON.parse(setting[2].replace(/,\s*\]$/, "]"));
  }
  return sections;
}
