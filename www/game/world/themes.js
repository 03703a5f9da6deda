// The mood of each place: ground, light, scenery and what hangs in the air.
// A place this page does not know gets the mood of its zone, in a colour of its own.

import { hueOf } from "../ui/palette.js";

/** `props` rows: [kind, weight, colour?, colour?]. `air`: what drifts, how much of it, in which colour. */
const THEMES = {
  "The Nexus": {
    ground: "#1b1c3d", patches: ["#2c2a68", "#1d3468", "#402b72"], floor: "slabs", line: "#8d96ff", accent: "#9fb0ff", dark: "#05061a",
    props: [["crystal", 5, "#7d8cff"], ["crystal", 3, "#6fe4ff"], ["pillar", 3, "#565a94"], ["lamp", 2, "#a9c4ff"], ["pebble", 5, "#4a4d86"]],
    density: 20, air: { kind: "rise", count: 46, color: "#a9b8ff" },
  },
  "Ember Volcano": {
    ground: "#2b1b19", patches: ["#56201a", "#3b2a27", "#6e2a16"], floor: "cracks", line: "#ff7a2c", accent: "#ff8a3c", dark: "#120303",
    props: [["boulder", 6, "#54403c"], ["spire", 5, "#5c433d", "#ff6a2a"], ["vent", 3, "#ff7a2c"], ["crystal", 1, "#ff7a3c"], ["pebble", 6, "#4b3631"], ["bones", 1, "#a08a78"]],
    density: 27, air: { kind: "rise", count: 70, color: "#ff8a3c" },
  },
  "Abyssal Trench": {
    ground: "#06202c", patches: ["#0a3a46", "#07304f", "#0d4a4a"], floor: "ripples", line: "#3fd6d0", accent: "#46e0d8", dark: "#010a12",
    props: [["kelp", 8, "#1f8a6a"], ["coral", 6, "#ff7aa8"], ["coral", 4, "#ffb86a"], ["boulder", 4, "#1b4a58"], ["mushroom", 3, "#46e0d8"], ["pebble", 5, "#1d5260"]],
    density: 31, air: { kind: "rise", count: 60, color: "#8ff5ff" },
  },
  "Titan's Spine Mountains": {
    ground: "#3a4458", patches: ["#56637c", "#2f394d", "#6d7b94"], floor: "drifts", line: "#cfe0ff", accent: "#bcd8ff", dark: "#0a0f1c",
    props: [["peak", 5, "#525f78", "#eaf3ff"], ["boulder", 6, "#5c687f"], ["pine", 5, "#29464a", "#dfeaf5"], ["crystal", 1, "#9fe8ff"], ["pebble", 5, "#74819a"]],
    density: 27, air: { kind: "fall", count: 90, color: "#eaf4ff" },
  },
  "Crimson Cathedral": {
    ground: "#2e141f", patches: ["#561a2c", "#3a1a3e", "#6a1c2e"], floor: "slabs", line: "#f4586c", accent: "#ff6a7c", dark: "#0e0206",
    props: [["pillar", 5, "#8a5560"], ["banner", 4, "#c02a42"], ["lamp", 5, "#ffb47a"], ["crystal", 2, "#f4586c"], ["tomb", 2, "#77606a"], ["pebble", 4, "#553240"]],
    density: 22, air: { kind: "rise", count: 34, color: "#ff8a8a" },
  },
  "Aether Academy": {
    ground: "#10243a", patches: ["#143a5c", "#1c2f66", "#17506a"], floor: "slabs", line: "#55d2ff", accent: "#63d8ff", dark: "#030b18",
    props: [["tome", 5, "#3f6f9c", "#9fe8ff"], ["orb", 4, "#63d8ff"], ["pillar", 3, "#4a6c8c"], ["crystal", 4, "#3fc6f2"], ["lamp", 2, "#bff0ff"], ["pebble", 3, "#325674"]],
    density: 22, air: { kind: "float", count: 50, color: "#8fe8ff" },
  },
  "Iron Foundry": {
    ground: "#22252b", patches: ["#2f333b", "#1b1e24", "#3b332d"], floor: "plates", line: "#ff9a4a", accent: "#ffb066", dark: "#090a0d",
    props: [["gear", 5, "#6c7480"], ["forge", 4, "#454b55", "#ff8a3a"], ["ore", 5, "#5c5349", "#d3a06a"], ["lamp", 3, "#ffc07a"], ["pillar", 2, "#565d68"], ["pebble", 4, "#4a4f58"]],
    density: 23, air: { kind: "rise", count: 50, color: "#ffb066" },
  },
  "Twilight Grove": {
    ground: "#122420", patches: ["#1b3d30", "#1f2a4a", "#2b2350"], floor: "grass", line: "#6fe3b4", accent: "#8ff0c4", dark: "#030c0c",
    props: [["tree", 8, "#2a6a5a", "#3f2c3c"], ["tree", 5, "#5a4a9c", "#3a2a44"], ["mushroom", 4, "#b89cff"], ["fern", 7, "#2f7a58"], ["boulder", 2, "#3a5552"], ["lamp", 1, "#b8ffe0"]],
    density: 32, air: { kind: "float", count: 60, color: "#c8ff9a" },
  },
  "Shadow Sanctum": {
    ground: "#1a142e", patches: ["#2c1a52", "#161a3c", "#3c1e62"], floor: "cracks", line: "#8a4dff", accent: "#a97bff", dark: "#04020a",
    props: [["obelisk", 6, "#3d3160", "#b07bff"], ["spire", 4, "#3c325c", "#a36bff"], ["lamp", 3, "#b48aff"], ["deadtree", 3, "#4a4260"], ["crystal", 2, "#7a4dff"], ["pebble", 5, "#2e2746"]],
    density: 25, air: { kind: "float", count: 44, color: "#9a6bff" },
  },
  "Golden Citadel": {
    ground: "#3a2c16", patches: ["#5a431c", "#47331e", "#6b4f1f"], floor: "slabs", line: "#ffdf8a", accent: "#ffd766", dark: "#140c02",
    props: [["pillar", 6, "#c7ab6c"], ["banner", 4, "#e0a72c"], ["orb", 2, "#ffe08a"], ["fern", 4, "#6a8a3a"], ["lamp", 3, "#ffe9a8"], ["pebble", 3, "#8a7040"]],
    density: 22, air: { kind: "float", count: 46, color: "#ffe9a8" },
  },
  "Wilderness Outpost": {
    ground: "#26301a", patches: ["#37461f", "#2c3320", "#47421f"], floor: "grass", line: "#d6c68a", accent: "#ffcf7a", dark: "#0a0d05",
    props: [["pine", 8, "#2f5a34", "#4c7a44"], ["tree", 5, "#4f7a34", "#4a3624"], ["fern", 7, "#557a34"], ["boulder", 3, "#5d6052"], ["tent", 2, "#a5804c"], ["campfire", 1, "#ffae4a"], ["pebble", 4, "#6a684f"]],
    density: 32, air: { kind: "float", count: 26, color: "#ffeab0" },
  },
  "Necropolis of Lost Souls": {
    ground: "#222b26", patches: ["#34423a", "#26323a", "#424a34"], floor: "grass", line: "#9fd8a8", accent: "#a4ffc8", dark: "#060a08",
    props: [["tomb", 8, "#6a726c"], ["deadtree", 6, "#5a564c"], ["bones", 4, "#c9c6b0"], ["lamp", 3, "#9affc4"], ["obelisk", 2, "#5a6660", "#8affb8"], ["pebble", 5, "#525a54"]],
    density: 29, air: { kind: "float", count: 40, color: "#9affc8" },
  },
};

const BY_ZONE = { town: "The Nexus", dungeon: "Shadow Sanctum", faction_hq: "Golden Citadel", wilderness: "Wilderness Outpost" };

export function themeOf(location) {
  const known = THEMES[location?.name];
  if (known) return known;
  const base = THEMES[BY_ZONE[location?.zone]] ?? THEMES["Wilderness Outpost"];
  const accent = `hsl(${hueOf(location?.name ?? "?")} 85% 72%)`;
  return { ...base, accent, line: accent };
}

const ZONES = { town: "Town", dungeon: "Dungeon", faction_hq: "Faction seat", wilderness: "Wilderness" };

export const zoneLabel = (location) => ZONES[location.zone] ?? String(location.zone ?? "").replaceAll("_", " ");
export const dangerLabel = (location) => (location.safe ? "Safe" : `Danger ${location.danger}`);
