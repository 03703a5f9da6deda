// The surroundings at a glance: gates, shards, everyone in sight, and where the camera looks.

import { factionColor } from "../ui/palette.js";
import { fade } from "./crystal.js";
import { PLAZA_RADIUS } from "./landmarks.js";

/** Metres from edge to edge. */
const SPAN = 320;
const GRID = 50;

export class Minimap {
  constructor(canvas, onPick) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    canvas.addEventListener("click", (event) => {
      if (!this.middle) return;
      const box = canvas.getBoundingClientRect();
      onPick({
        x: this.middle.x + ((event.clientX - box.left) / box.width - 0.5) * SPAN,
        y: this.middle.y - ((event.clientY - box.top) / box.height - 0.5) * SPAN,
      });
    });
  }

  draw(scenery, view, self, players, target) {
    const { canvas, context } = this;
    this.middle = { x: self.x, y: self.y };
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const size = canvas.clientWidth;
    if (!size) return;
    if (canvas.width !== Math.round(size * ratio)) canvas.width = canvas.height = Math.round(size * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { theme, bounds } = scenery;
    const scale = size / SPAN;
    const at = (x, y) => [size / 2 + (x - self.x) * scale, size / 2 - (y - self.y) * scale];
    const [west, north] = at(bounds.min, bounds.max);
    const edge = (bounds.max - bounds.min) * scale;
    context.fillStyle = theme.dark;
    context.fillRect(0, 0, size, size);
    context.fillStyle = theme.ground;
    context.fillRect(west, north, edge, edge);
    context.fillStyle = fade(theme.line, 0.16);
    for (let step = bounds.min; step <= bounds.max; step += GRID) {
      const [x, y] = at(step, step);
      context.fillRect(x, north, 1, edge);
      context.fillRect(west, y, edge, 1);
    }
    context.strokeStyle = fade(theme.accent, 0.7);
    context.lineWidth = 1;
    context.beginPath();
    context.arc(...at(0, 0), PLAZA_RADIUS * scale, 0, Math.PI * 2);
    context.stroke();
    const area = view.area(0);
    const [left, top] = at(area.left, area.top);
    context.strokeStyle = "rgba(255,255,255,.55)";
    context.lineWidth = 1;
    context.strokeRect(left, top, (area.right - area.left) * scale, (area.top - area.bottom) * scale);
    for (const gate of scenery.gates) diamond(context, ...at(gate.x, gate.y), 3, gate.color);
    for (const place of scenery.shards) diamond(context, ...at(place.x, place.y), 5, place.color);
    for (const player of players) dot(context, ...at(player.position.x, player.position.y), 2.6, factionColor(player.faction));
    if (target) {
      context.strokeStyle = "#8ff0ff";
      context.beginPath();
      context.arc(...at(target.x, target.y), 3.5, 0, Math.PI * 2);
      context.stroke();
    }
    dot(context, ...at(self.x, self.y), 4.2, "#0a0b16");
    dot(context, ...at(self.x, self.y), 3, "#ffffff");
  }
}

function dot(context, x, y, radius, color) {
  context.fillStyle = color;
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
  context.fill();
}

function diamond(context, x, y, size, color) {
  context.fillStyle = color;
  context.beginPath();
  context.moveTo(x, y - size * 1.4);
  context.lineTo(x + size * 0.8, y);
  context.lineTo(x, y + size * 1.4);
  context.lineTo(x - size * 0.8, y);
  context.fill();
}
