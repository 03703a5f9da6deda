// Draws the place around one's own character, one frame at a time.

import { prefersCalm } from "../ui/dom.js";
import { factionColor, hueOf } from "../ui/palette.js";
import { Air } from "./air.js";
import { fade } from "./crystal.js";
import { Labels } from "./labels.js";
import { Scenery } from "./scenery.js";
import { drawToken } from "./tokens.js";

const ZOOM = { min: 5, max: 28, step: 1.2 };
const APPEAR_SECONDS = 0.5;

/** From metres (y northwards) to pixels (y southwards). */
class View {
  constructor() {
    Object.assign(this, { x: 0, y: 0, scale: 12, width: 1, height: 1, middleX: 0, middleY: 0, covers: [] });
  }

  toScreen(x, y) {
    return [this.middleX + (x - this.x) * this.scale, this.middleY - (y - this.y) * this.scale];
  }

  toWorld(screenX, screenY) {
    return { x: this.x + (screenX - this.middleX) / this.scale, y: this.y - (screenY - this.middleY) / this.scale };
  }

  /** What is on the screen, in metres, with a margin. */
  area(margin) {
    const topLeft = this.toWorld(0, 0);
    const bottomRight = this.toWorld(this.width, this.height);
    return { left: topLeft.x - margin, right: bottomRight.x + margin, top: topLeft.y + margin, bottom: bottomRight.y - margin };
  }
}

export class Renderer {
  constructor(canvas, canon) {
    this.canvas = canvas;
    this.canon = canon;
    this.context = canvas.getContext("2d", { alpha: false });
    this.view = new View();
    this.zoom = innerWidth < 700 ? 11 : 14;
    this.ripples = [];
    this.labels = new Labels();
    this.firstSeen = new Map();
    this.insets = { top: 0, bottom: 0 };
  }

  setLocation(location) {
    this.scenery = new Scenery(location, this.canon);
    this.air = new Air(this.scenery.theme.air);
    this.ripples = [];
    this.firstSeen.clear();
    this.labels.clear();
    this.shroud = null;
  }

  /** What of the canvas the HUD covers at the top and bottom, in pixels: the camera looks between. */
  setInsets(insets) {
    this.insets = insets;
  }

  /** Rectangles of the canvas that the HUD covers, in pixels: captions of the map keep out of them. */
  setCovers(covers) {
    this.view.covers = covers;
  }

  zoomBy(steps) {
    this.zoom = Math.max(ZOOM.min, Math.min(ZOOM.max, this.zoom * ZOOM.step ** steps));
  }

  /** A ring on the ground: where someone appeared, or left. */
  ripple(x, y, color) {
    this.ripples.push({ x, y, color, since: performance.now() / 1000 });
  }

  /** The place on the ground under a point of the page. */
  pointAt(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    return this.view.toWorld(clientX - box.left, clientY - box.top);
  }

  draw(now, self, players, target) {
    const { context, view, scenery } = this;
    const calm = prefersCalm();
    const seconds = now / 1000;
    const time = calm ? 1 : seconds;
    this.#fit();
    const gap = this.zoom - view.scale;
    view.scale = calm || Math.abs(gap) < 0.02 ? this.zoom : view.scale + gap * 0.2;
    view.x = self.x;
    view.y = self.y;
    scenery.drawGround(context, view, time);
    this.#drawRipples(seconds);
    if (target) this.#drawTarget(target, time, calm);

    const standing = [];
    scenery.eachStanding(view, time, self, (y, draw) => standing.push({ y, draw }));
    const heads = [];
    for (const player of this.#visible(players)) {
      const { x, y } = player.position;
      standing.push({
        y,
        draw: () => {
          context.globalAlpha = 1;
          const head = drawToken(context, view, { faction: player.faction, x, y, velocity: player.velocity, seed: hueOf(player.character_name) }, time, calm);
          heads.push({ ...head, id: player.character_id, name: player.character_name, level: player.level, color: factionColor(player.faction), own: false, gap: Math.hypot(x - self.x, y - self.y) });
          this.#appear(player, seconds);
        },
      });
    }
    standing.push({
      y: self.y - 0.001,
      draw: () => {
        const head = drawToken(context, view, { ...self, own: true, seed: 0 }, time, calm);
        heads.push({ ...head, id: "own", name: self.name, level: self.level, color: factionColor(self.faction), own: true, gap: -1 });
      },
    });
    standing.sort((a, b) => b.y - a.y);
    for (const one of standing) one.draw(context);
    this.air.draw(context, view, time);
    this.#drawShroud();
    this.labels.draw(context, heads, seconds, calm);
  }

  #visible(players) {
    const area = this.view.area(4);
    return players.filter(({ position: { x, y } }) => x > area.left && x < area.right && y > area.bottom && y < area.top);
  }

  #appear(player, seconds) {
    if (this.firstSeen.has(player.character_id)) return;
    if (this.firstSeen.size > 2000) this.firstSeen.clear();
    this.firstSeen.set(player.character_id, seconds);
    this.ripple(player.position.x, player.position.y, factionColor(player.faction));
  }

  forget(characterId) {
    this.firstSeen.delete(characterId);
  }

  #drawRipples(seconds) {
    const { context, view } = this;
    this.ripples = this.ripples.filter((ripple) => seconds - ripple.since < APPEAR_SECONDS * 2);
    for (const ripple of this.ripples) {
      const share = Math.max(0, seconds - ripple.since) / (APPEAR_SECONDS * 2);
      const [x, y] = view.toScreen(ripple.x, ripple.y);
      context.strokeStyle = fade(ripple.color, 1 - share);
      context.lineWidth = 3;
      context.beginPath();
      context.ellipse(x, y, share * 4 * view.scale, share * 2 * view.scale, 0, 0, Math.PI * 2);
      context.stroke();
    }
  }

  #drawTarget(target, time, calm) {
    const { context, view } = this;
    const [x, y] = view.toScreen(target.x, target.y);
    const pulse = calm ? 1 : 1 + 0.15 * Math.sin(time * 6);
    context.strokeStyle = "#8ff0ff";
    context.lineWidth = 2;
    for (const size of [14, 7]) {
      context.beginPath();
      context.ellipse(x, y, size * pulse, size * 0.55 * pulse, 0, 0, Math.PI * 2);
      context.stroke();
    }
  }

  /** Darkness gathering at the edges of the sight, in the colour of the place. */
  #drawShroud() {
    const { context, view, scenery } = this;
    if (!this.shroud) {
      const { width, height, middleX, middleY } = view;
      const reach = Math.hypot(width, height) / 2;
      this.shroud = context.createRadialGradient(middleX, middleY, reach * 0.35, middleX, middleY, reach * 1.05);
      this.shroud.addColorStop(0, fade(scenery.theme.dark, 0));
      this.shroud.addColorStop(0.6, fade(scenery.theme.dark, 0.26));
      this.shroud.addColorStop(1, fade(scenery.theme.dark, 0.78));
    }
    context.fillStyle = this.shroud;
    context.fillRect(0, 0, view.width, view.height);
  }

  #fit() {
    const { canvas, context, view } = this;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    const middleY = (height + this.insets.top - this.insets.bottom) / 2;
    if (view.width !== width || view.height !== height || view.middleY !== middleY || this.ratio !== ratio) {
      Object.assign(view, { width, height, middleX: width / 2, middleY });
      this.ratio = ratio;
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      this.shroud = null;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }
}
