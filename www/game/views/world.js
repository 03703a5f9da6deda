// The world: joins the map, the walking, the panels and the chat to the client.

import { busy, byId, prefersCalm, setText, setTone } from "../ui/dom.js";
import { describe } from "../ui/errors.js";
import { factionColor } from "../ui/palette.js";
import { markHandled, toast, toastUnlessHandled } from "../ui/toasts.js";
import { Controls } from "../world/controls.js";
import { Help } from "../world/help.js";
import { Minimap } from "../world/minimap.js";
import { NearbyList, showLatency, showLocation, showPosition, showRealm, showResources, showSelf } from "../world/panels.js";
import { Renderer } from "../world/renderer.js";
import { Social } from "../world/social.js";
import { Walker } from "../world/walker.js";

const PANELS_MS = 120;
const PING_MS = 5000;
const BANNERS = { reconnecting: "Connection lost — reconnecting…", connecting: "Connecting…" };

export class WorldView {
  constructor(client, canon, go) {
    Object.assign(this, { client, canon, go });
    this.root = byId("view-world");
    this.canvas = byId("world-canvas");
    this.renderer = new Renderer(this.canvas, canon);
    this.walker = new Walker(client, canon.bounds);
    this.social = new Social(client, { onUnread: () => this.#markUnread(), openChat: () => this.#openPanel("chat") });
    this.nearby = new NearbyList((button, player) => this.social.menu(button, player));
    this.minimap = new Minimap(byId("minimap"), (spot) => this.canWalk() && this.walker.walkTo(spot));
    this.controls = new Controls(this.canvas, this.walker, this.renderer, {
      jumpToChat: () => this.#jumpToChat(),
      backToMap: () => this.#backToMap(),
      useGate: () => this.#useGate(),
      zoomBy: (steps) => this.renderer.zoomBy(steps),
      canWalk: () => this.canWalk(),
    });
    this.help = new Help(this.canvas);
    byId("leave-world").addEventListener("click", (event) => this.#leave(event.currentTarget));
    byId("world-logout").addEventListener("click", () => {
      this.leaving = true;
      this.go.logOut();
    });
    byId("gate-hint").addEventListener("click", () => this.#useGate());
    this.#setUpTravel();
    this.#setUpDock();
    new ResizeObserver(() => this.#measure()).observe(byId("dock"));
    addEventListener("resize", () => this.#measure());
  }

  enter({ character }) {
    this.character = character;
    this.resources = { ...character.resources };
    this.leaving = false;
    this.online = true;
    this.locationId = null;
    this.nearby.clear();
    this.social.enter();
    showLatency(NaN);
    this.#showStatus({ state: "connected" });
    showResources(this.resources);
    this.#syncLocation();
    this.subscriptions = this.#subscribe();
    this.controls.attach();
    this.help.enter();
    this.#measure();
    this.canvas.focus({ preventScroll: true });
    this.timers = [setInterval(() => this.#ping(), PING_MS)];
    this.#ping();
    // The server tells of the realm as one enters, and whenever it changes.
    this.#showRealm();
    this.#run();
  }

  leave() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.timers?.forEach(clearInterval);
    this.subscriptions?.forEach((unsubscribe) => unsubscribe());
    this.subscriptions = this.timers = null;
    this.controls.detach();
    this.social.leave();
    byId("travel").open = false;
    byId("connection-banner").hidden = true;
  }

  canWalk() {
    return this.online && !this.travelling && Boolean(this.client.self);
  }

  #subscribe() {
    const { client } = this;
    const own = (message) => message.character_id === client.self?.character_id;
    return [
      client.on("status", (status) => this.#showStatus(status)),
      ...this.social.subscribe(),
      client.on("location_update", () => this.#syncLocation()),
      client.on("player_left_area", (message) => this.renderer.forget(message.character_id)),
      client.on("position_correction", (message) => message.position && this.walker.correct(message.position)),
      client.on("character_update", (message) => own(message) && this.#ownUpdate(message)),
      client.on("error", (message) => toastUnlessHandled(message.error_code, message.error_message)),
      client.on("invalid_message", (message) => toastUnlessHandled(message.error_code, message.error_message)),
      client.on("world_state", () => this.#showRealm()),
    ];
  }

  #run() {
    let before = performance.now();
    let panelsAt = -Infinity;
    const tick = (now) => {
      if (!this.subscriptions) return;
      this.frame = requestAnimationFrame(tick);
      const seconds = Math.max(0, (now - before) / 1000);
      before = now;
      const { self } = this.client;
      if (!self) return;
      this.controls.update();
      if (this.canWalk() && seconds > 0) this.walker.step(seconds);
      const players = this.client.getNearbyPlayers().filter((player) => player.location_id === self.location_id && player.character_id !== self.character_id);
      const shown = { ...this.walker.shown, name: self.character_name, level: self.level, faction: self.faction, velocity: this.walker.velocity };
      this.renderer.draw(now, shown, players, this.walker.target);
      if (now - panelsAt < PANELS_MS) return;
      panelsAt = now;
      showPosition(this.walker.position);
      const { race, class: className } = this.character;
      showSelf({ name: self.character_name, level: self.level, faction: self.faction, race, class: className });
      this.nearby.update(players, this.walker.position);
      this.minimap.draw(this.renderer.scenery, this.renderer.view, shown, players, this.walker.target);
      this.#showGate();
      this.renderer.setCovers(this.#covers());
    };
    this.frame = requestAnimationFrame(tick);
  }

  /** Takes over where the client says one is; a new place gets its scenery and its title. */
  #syncLocation() {
    const id = this.client.self?.location_id ?? this.character.location_id;
    if (id === this.locationId) return this.walker.agree();
    this.walker.reset();
    this.locationId = id;
    this.location = this.canon.locations.find((location) => location.id === id) ?? { id, name: `Place ${id}`, zone: "", safe: true, danger: 0, connections: [] };
    this.renderer.setLocation(this.location);
    this.nearby.clear();
    showLocation(this.location, this.canon, (target) => this.#travel(target));
    const title = byId("place-title");
    setTone(title, this.renderer.scenery.theme.accent);
    setText(title, this.location.name);
    title.classList.remove("shown");
    if (!prefersCalm()) requestAnimationFrame(() => title.classList.add("shown"));
  }

  #ownUpdate(message) {
    for (const key of Object.keys(this.resources)) if (Number.isFinite(message[key])) this.resources[key] = message[key];
    showResources(this.resources);
  }

  #showStatus({ state, reason }) {
    const back = state === "connected" && this.online === false && !this.leaving;
    this.online = state === "connected";
    const banner = byId("connection-banner");
    banner.hidden = this.online;
    banner.dataset.state = state;
    setText(banner, this.online ? "" : BANNERS[state] ?? "Connection closed");
    this.root.classList.toggle("away", !this.online);
    if (!this.online) {
      this.walker.velocity = { x: 0, y: 0, z: 0 };
      this.walker.target = null;
      showLatency(NaN);
    }
    if (back) {
      this.#syncLocation();
      this.#ping();
      toast("Connected again.", "info");
    }
    if (state === "closed" && !this.leaving && this.subscriptions) {
      this.leaving = true;
      this.go.connectionEnded(reason);
    }
  }

  async #travel(target) {
    if (this.travelling || !this.online) return;
    this.travelling = true;
    byId("travel").open = false;
    this.walker.stop();
    this.canvas.focus({ preventScroll: true });
    try {
      await this.client.sendMove(target);
      this.#syncLocation();
    } catch (error) {
      markHandled(error?.code);
      toast(describe(error));
    } finally {
      this.travelling = false;
    }
  }

  #useGate() {
    const gate = this.renderer.scenery.gateAt(this.walker.position);
    if (gate) this.#travel(gate.target.id);
  }

  #showGate() {
    const hint = byId("gate-hint");
    const gate = this.canWalk() ? this.renderer.scenery.gateAt(this.walker.position) : null;
    if (!gate && document.activeElement === hint) this.canvas.focus({ preventScroll: true });
    hint.hidden = !gate;
    if (!gate) return;
    setText(hint, `Step through to ${gate.target.name} (E)`);
  }

  async #leave(button) {
    this.leaving = true;
    try {
      await busy(button, "Leaving…", () => this.client.leaveWorld());
    } catch (error) {
      toast(describe(error));
    }
    this.go.characters();
  }

  async #ping() {
    if (!this.online) return;
    try {
      const milliseconds = await this.client.ping();
      if (this.online) showLatency(milliseconds);
    } catch {
      showLatency(NaN);
    }
  }

  #showRealm() {
    const state = this.client.worldState;
    if (state) showRealm(state, this.canon);
  }

  #setUpTravel() {
    const travel = byId("travel");
    document.addEventListener("pointerdown", (event) => {
      if (travel.open && !travel.contains(event.target)) travel.open = false;
    });
    travel.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !travel.contains(event.relatedTarget)) travel.open = false;
    });
  }

  /** On a phone one panel is open at a time; pressing its tab again closes it. */
  #setUpDock() {
    for (const tab of document.querySelectorAll(".tabs button")) {
      tab.addEventListener("click", () => this.#openPanel(byId("dock").dataset.open === tab.dataset.panel ? "" : tab.dataset.panel));
    }
  }

  #openPanel(name) {
    byId("dock").dataset.open = name;
    for (const tab of document.querySelectorAll(".tabs button")) tab.setAttribute("aria-expanded", String(tab.dataset.panel === name));
    if (name === "chat") {
      byId("chat-unread").hidden = true;
      this.social.chat.seen();
    }
  }

  #markUnread() {
    const unread = byId("chat-unread");
    if (byId("dock").dataset.open === "chat") return;
    unread.hidden = false;
    setText(unread, "new");
  }

  #jumpToChat() {
    this.#openPanel("chat");
    byId("chat-input").focus();
  }

  #backToMap() {
    byId("travel").open = false;
    this.help.close();
    this.canvas.focus({ preventScroll: true });
  }

  /** What the panels cover of the map, in its pixels. */
  #covers() {
    const map = this.canvas.getBoundingClientRect();
    const panels = [...this.root.querySelectorAll(".hud .panel, .menu .button, .tabs")].filter((node) => node.checkVisibility());
    return panels.map((node) => node.getBoundingClientRect()).map(({ left, right, top, bottom }) => ({ left: left - map.left, right: right - map.left, top: top - map.top, bottom: bottom - map.top }));
  }

  /** Keeps the camera's middle in the part of the map that the dock leaves free. */
  #measure() {
    const dock = byId("dock");
    const docked = getComputedStyle(dock).display !== "contents";
    const wide = dock.offsetWidth < innerWidth * 0.7;
    const top = docked ? byId("location-name").closest(".place").getBoundingClientRect().bottom : 0;
    this.renderer.setInsets({ top: docked && !wide ? top : 0, bottom: docked && !wide ? dock.offsetHeight : 0 });
  }
}
