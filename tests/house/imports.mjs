// Which Rust file imports which, read from its `use` declarations: the arrows of the house.
import fs from "node:fs";
import path from "node:path";

/** All `.rs` files below a folder, sorted. */
export function rustFiles(folder) {
  const names = fs.readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".rs"));
  return names.map((name) => path.join(folder, name)).sort();
}

/** Whether a file holds tests alone. */
export const isTest = (file) => /(^|\/)(tests?|model|realm)(\.rs|\/)|_tests\.rs$/.test(file);

/**
 * The files that each file of a crate imports: a map from file to a set of files. `source` is
 * the crate's `src`. What stands behind `#[cfg(test)]` at a file's end is not looked at.
 */
export function imports(source) {
  const files = rustFiles(source).filter((file) => !isTest(path.relative(source, file)));
  const known = new Set(files);
  const arrows = new Map();
  for (const file of files) {
    const text = fs.readFileSync(file, "utf8").split(/^#\[cfg\(test\)\]\nmod tests \{/m)[0].replace(/\/\/.*$/gm, "");
    const targets = new Set();
    for (const [, tree] of text.matchAll(/^\s*(?:pub(?:\([^)]*\))? )?use ((?:crate|super|self)\b[^;]*);/gm)) {
      for (const names of leaves(tree.replace(/\s+/g, " "))) {
        const target = resolve(source, file, names, known);
        if (target !== undefined && target !== file) targets.add(target);
      }
    }
    arrows.set(file, targets);
  }
  return arrows;
}

/** The paths in a use tree, each a list of names. */
function leaves(tree) {
  const open = tree.indexOf("{");
  if (open < 0) return [tree.replace(/ as .*/, "").trim().split("::")];
  const front = tree.slice(0, open).split("::").filter(Boolean).map((name) => name.trim());
  const inner = tree.slice(open + 1, tree.lastIndexOf("}"));
  return split(inner).flatMap((part) => leaves(part).map((names) => [...front, ...names]));
}

function split(text) {
  const parts = [];
  let depth = 0;
  let part = "";
  for (const char of text) {
    if (char === "{") depth += 1;
    if (char === "}") depth -= 1;
    if (char === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += char;
  }
  parts.push(part);
  return parts.map((one) => one.trim()).filter(Boolean);
}

/** The folder whose modules a file declares. */
const folderOf = (file) => (path.basename(file) === "mod.rs" || path.basename(file) === "lib.rs" ? path.dirname(file) : file.slice(0, -3));

/** The file that declares what lies in a folder. */
const fileOf = (folder, known) => [path.join(folder, "mod.rs"), `${folder}.rs`, path.join(folder, "lib.rs")].find((file) => known.has(file));

function resolve(source, file, names, known) {
  let folder = names[0] === "crate" ? source : folderOf(file);
  let rest = names.slice(1);
  if (names[0] === "super") folder = path.dirname(folder);
  while (rest[0] === "super") {
    folder = path.dirname(folder);
    rest = rest.slice(1);
  }
  while (rest.length > 0 && fileOf(path.join(folder, rest[0]), known) !== undefined) {
    folder = path.join(folder, rest[0]);
    rest = rest.slice(1);
  }
  return fileOf(folder, known);
}

/** Files that import each other in a circle: each circle as a sorted list (Tarjan's strongly connected components). */
export function circles(arrows) {
  const state = new Map();
  const stack = [];
  const found = [];
  let index = 0;
  const visit = (file) => {
    const own = { index, low: index, onStack: true };
    index += 1;
    state.set(file, own);
    stack.push(file);
    for (const target of arrows.get(file) ?? []) {
      const other = state.get(target);
      if (other === undefined) own.low = Math.min(own.low, visit(target));
      else if (other.onStack) own.low = Math.min(own.low, other.index);
    }
    if (own.low === own.index) {
      const circle = stack.splice(stack.indexOf(file));
      for (const member of circle) state.get(member).onStack = false;
      if (circle.length > 1) found.push(circle.sort());
    }
    return own.low;
  };
  for (const file of arrows.keys()) if (!state.has(file)) visit(file);
  return found;
}
