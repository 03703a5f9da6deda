// How the canon looks: colours, crests and glyphs by the names the client's canon gives.
// A name this page has never heard of still gets a colour and a crest of its own.

import { svg } from "./dom.js";

const FACTIONS = {
  "Crimson Covenant": {
    color: "#f4586c",
    motto: "Blood remembers.",
    glyph: "M12 3c3.4 4.6 5.4 7.4 5.4 10.6a5.4 5.4 0 0 1-10.8 0C6.600 10.400 8.600 7.600 12 3z",
  },
  "Aether Seekers": {
    color: "#3fc6f2",
    motto: "All is current.",
    glyph: "M12 2.500l2.300 7.200 7.200 2.300-7.200 2.300L12 21.500l-2.300-7.200L2.500 12l7.200-2.300z",
  },
  "Iron Brotherhood": {
    color: "#b4bfcf",
    motto: "Forged, never born.",
    glyph: "M5 5h11l3 3.500-3 3.500h-2.600v8h-3.800v-8H5z",
  },
  "Moonlit Circle": {
    color: "#6fe3b4",
    motto: "Every tide returns.",
    glyph: "M15.500 3.200a9 9 0 1 0 5.300 12.200A8 8 0 0 1 15.500 3.200z",
  },
  Shadowborn: {
    color: "#a97bff",
    motto: "Unseen, unbroken.",
    glyph: "M2.500 12C5.500 7.600 8.600 5.600 12 5.600s6.500 2 9.500 6.400c-3 4.400-6.100 6.400-9.500 6.400S5.500 16.400 2.500 12zM12 7l-2 5 2 5 2-5z",
  },
  "Golden Order": {
    color: "#f6c84c",
    motto: "Let there be law.",
    glyph: "M12 1.800l1.700 4 3.900-2-1.100 4.200 4.300.6-3.300 2.900 3.300 3.400-4.400.3 1.200 4.200-3.900-1.800L12 22.200l-1.700-4.600-3.900 1.800 1.200-4.200-4.400-.3 3.300-3.400-3.300-2.900 4.300-.6L6.400 3.800l3.900 2zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  },
};

const UNKNOWN_GLYPH = "M12 3l7 9-7 9-7-9z";

const CLASS_GLYPHS = {
  Warrior: "M14 4l6-1-1 6-8 8-2 0-2 3-2-2 3-2 0-2z",
  Sorcerer: "M12 3l1.600 4.400L18 9l-4.400 1.600L12 15l-1.600-4.400L6 9l4.400-1.600zM12 15v6",
  Rogue: "M12 2l2.500 10h-5zM8 13h8M12 13v7",
  Paladin: "M12 3l7 2.500v5.500c0 5-3 8-7 10-4-2-7-5-7-10V5.500zM12 7v9M8.500 10.500h7",
  Necromancer: "M6 11a6 6 0 1 1 12 0c0 2.500-1 3.500-2 4.500V19H8v-3.500c-1-1-2-2-2-4.500zM9.500 11v1M14.500 11v1M12 16v3",
  Ranger: "M7 3c8 2 12 7 14 14M7 3L21 17M4 20L15 9M4 20v-4M4 20h4",
};

/** The twelve shards' colours, by shard number. */
const SHARDS = ["#ff7a3c", "#3aa9ff", "#c9a26b", "#9fe8ff", "#fff1a8", "#7a5cff", "#c7c9d6", "#e7b7ff", "#62f0d0", "#7ee36b", "#9fb38f", "#ff5fa8"];

export const shardColor = (number) => SHARDS[(number - 1) % SHARDS.length] ?? "#b9b2ff";

/** A hue from a text, the same for the same text everywhere. */
export function hueOf(text) {
  let hash = 2166136261;
  for (const unit of String(text)) hash = Math.imul(hash ^ unit.codePointAt(0), 16777619);
  return (hash >>> 0) % 360;
}

export const factionColor = (name) => (name ? FACTIONS[name]?.color ?? `hsl(${hueOf(name)} 70% 68%)` : "#9aa0b8");
export const factionGlyph = (name) => FACTIONS[name]?.glyph ?? UNKNOWN_GLYPH;
export const factionMotto = (name) => FACTIONS[name]?.motto ?? "";

/** A faction's crest: a cut gem with its glyph. Takes its colour from `--tone`. */
export function crest(faction, extraClass = "") {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", class: `crest ${extraClass}`, "aria-hidden": "true", focusable: "false", tone: factionColor(faction) },
    svg("path", { class: "crest-gem", d: "M12 .8l9.700 5.600v11.200L12 23.200 2.300 17.600V6.400z" }),
    svg("path", { class: "crest-facet", d: "M12 .8l9.700 5.600L12 12 2.300 6.400z" }),
    svg("path", { class: "crest-glyph", "fill-rule": "evenodd", transform: "translate(5.400 5.400) scale(.55)", d: factionGlyph(faction) }),
  );
}

export function classIcon(name) {
  return svg("svg", { viewBox: "0 0 24 24", class: "class-icon", "aria-hidden": "true", focusable: "false" }, svg("path", { d: CLASS_GLYPHS[name] ?? UNKNOWN_GLYPH }));
}

/** A shard as an upright crystal. */
export function shardIcon(color, extraClass = "") {
  return svg(
    "svg",
    { viewBox: "0 0 12 20", class: `shard ${extraClass}`, "aria-hidden": "true", focusable: "false", tone: color },
    svg("path", { class: "shard-body", d: "M6 0l5 6-5 14L1 6z" }),
    svg("path", { class: "shard-light", d: "M6 0L1 6l5 2z" }),
    svg("path", { class: "shard-dark", d: "M11 6L6 20V8z" }),
  );
}

/** A padlock, closed or open. */
export function lockIcon(closed) {
  return svg(
    "svg",
    { viewBox: "0 0 16 16", class: "lock", "aria-hidden": "true", focusable: "false" },
    svg("path", { class: "lock-bow", d: closed ? "M5 8V5.200a3 3 0 0 1 6 0V8" : "M5 8V4.200a3 3 0 0 1 5.800-1" }),
    svg("rect", { class: "lock-body", x: 3, y: 7.5, width: 10, height: 7, rx: 1.5 }),
  );
}
