// The panels beside the map: one's own state, who is near, the world, where one can go.

import { byId, el, setBar, setText, setTone } from "../ui/dom.js";
import { crest, factionColor, shardColor, shardIcon } from "../ui/palette.js";
import { dangerLabel, themeOf, zoneLabel } from "./themes.js";

const MOST_NEARBY = 60;

export function showSelf({ name, level, faction, race, class: className }) {
  setText(byId("self-name"), name ?? "");
  setText(byId("self-level"), level ?? 1);
  setText(byId("self-kind"), [race, className].filter(Boolean).join(" "));
  setText(byId("self-faction"), faction ?? "");
  const card = byId("self-faction").closest(".self");
  if (card.dataset.faction !== faction) {
    card.dataset.faction = faction;
    setTone(card, factionColor(faction));
    byId("self-crest").replaceChildren(crest(faction));
  }
}

export function showResources(resources) {
  for (const what of ["health", "stamina", "mana"]) {
    setBar(byId(`bar-${what}`), byId(`text-${what}`), resources[what] ?? 0, resources[`max_${what}`] ?? 0);
  }
}

export function showPosition(position) {
  const clean = (value) => (Math.round(value * 10) / 10 || 0).toFixed(1);
  setText(byId("self-position"), `${clean(position.x)}, ${clean(position.y)}`);
}

export function showLatency(milliseconds) {
  const known = Number.isFinite(milliseconds);
  setText(byId("latency-text"), known ? `${Math.round(milliseconds)} ms` : "– ms");
  byId("latency").dataset.quality = !known ? "unknown" : milliseconds < 120 ? "good" : milliseconds < 300 ? "fair" : "poor";
}

export function showLocation(location, canon, onTravel) {
  setText(byId("location-name"), location.name);
  byId("location-kind").replaceChildren(`${zoneLabel(location)} · `, el("span", { class: location.safe ? "safe" : "danger", text: dangerLabel(location) }));
  const targets = location.connections.map((id) => canon.locations.find((other) => other.id === id)).filter(Boolean);
  byId("travel-list").replaceChildren(...targets.map((target) => el("li", {}, travelButton(target, canon, onTravel))));
}

function travelButton(target, canon, onTravel) {
  const shards = canon.shards.filter((shard) => shard.location_id === target.id);
  const kind = `${zoneLabel(target)} · ${dangerLabel(target)}`;
  const count = shards.length ? ` · ${shards.length} ${shards.length === 1 ? "shard" : "shards"}` : "";
  return el(
    "button",
    { type: "button", class: "button travel-to", tone: themeOf(target).accent, data: { testid: "travel-to", location: target.id, name: target.name }, onclick: () => onTravel(target.id) },
    el("span", { class: "what" }, el("span", { text: target.name }), el("small", { text: kind + count })),
    el("span", { class: "shards" }, ...shards.map((shard) => shardIcon(shardColor(shard.number)))),
  );
}

/** The list of players in sight; rows are kept and reused, so that focus and scrolling stay. */
export class NearbyList {
  /** `onPlayer` is called when the actions for somebody are asked for. */
  constructor(onPlayer) {
    this.onPlayer = onPlayer;
    this.list = byId("nearby-list");
    this.rows = new Map();
  }

  clear() {
    this.rows.clear();
    this.list.replaceChildren();
  }

  update(players, own) {
    const sorted = players
      .map((player) => ({ player, distance: Math.hypot(player.position.x - own.x, player.position.y - own.y) }))
      .sort((a, b) => a.distance - b.distance || a.player.character_name.localeCompare(b.player.character_name));
    for (const id of ["nearby-count", "tab-nearby"]) setText(byId(id), sorted.length);
    byId("nearby-empty").hidden = sorted.length > 0;
    const shown = sorted.slice(0, MOST_NEARBY);
    const present = new Set(shown.map(({ player }) => player.character_id));
    for (const [id, row] of this.rows) {
      if (present.has(id)) continue;
      row.node.remove();
      this.rows.delete(id);
    }
    shown.forEach(({ player, distance }, index) => {
      const row = this.#row(player);
      row.node.dataset.x = player.position.x.toFixed(1);
      row.node.dataset.y = player.position.y.toFixed(1);
      setText(row.distance, distance < 10 ? `${distance.toFixed(1)} m` : `${Math.round(distance)} m`);
      if (this.list.children[index] !== row.node) this.list.insertBefore(row.node, this.list.children[index] ?? null);
    });
    this.#more(sorted.length - shown.length);
  }

  #row(player) {
    const known = `${player.character_name}|${player.faction}|${player.level}`;
    let row = this.rows.get(player.character_id);
    if (row?.known === known) return row;
    row?.node.remove();
    const distance = el("span", { class: "distance" });
    const node = el(
      "li",
      { class: "nearby-player", tone: factionColor(player.faction), data: { testid: "nearby-player", name: player.character_name, id: player.character_id } },
      crest(player.faction),
      el("span", { class: "who" }, el("span", { class: "name", text: player.character_name }), el("span", { class: "rank", text: player.faction ?? "" })),
      el("span", { class: "far" }, distance, el("span", { class: "rank", text: player.level ? `Lv ${player.level}` : "" })),
      el("button", {
        type: "button",
        class: "more",
        "aria-haspopup": "menu",
        "aria-label": `Actions for ${player.character_name}`,
        data: { testid: "nearby-actions" },
        text: "⋯",
        onclick: (event) => this.onPlayer(event.currentTarget, player),
      }),
    );
    row = { node, distance, known };
    this.rows.set(player.character_id, row);
    return row;
  }

  #more(count) {
    this.rest ??= el("li", { class: "nearby-more" });
    setText(this.rest, `and ${count} more`);
    if (count > 0) this.list.append(this.rest);
    else this.rest.remove();
  }
}

export function showRealm(state, canon) {
  setText(byId("realm-reality"), state.current_reality);
  setText(byId("realm-players"), state.active_players);
  setText(byId("realm-falls"), state.total_aetherfalls);
  setBar(byId("bar-stability"), byId("text-stability"), state.reality_stability, 100, " %");
  const counts = state.faction_shard_counts ?? {};
  const held = canon.factions.flatMap(({ name }) => Array(counts[name] ?? 0).fill(name));
  const row = byId("realm-shards");
  row.replaceChildren(...canon.shards.map((_, index) => (held[index] ? shardIcon(factionColor(held[index])) : shardIcon("#7c7fa6", "free"))));
  row.setAttribute("aria-label", `${held.length} of ${canon.shards.length} shards are held`);
  byId("realm-factions").replaceChildren(
    ...canon.factions.map(({ name }) => {
      const dominant = name === state.dominant_faction;
      return el("li", { class: dominant ? "dominant" : undefined }, crest(name), el("span", { class: "faction", text: dominant ? `${name} ♛` : name }), el("span", { class: "held", text: counts[name] ?? 0 }));
    }),
  );
}
