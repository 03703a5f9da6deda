// What hangs in the air: embers, snow, bubbles, fireflies. Drifts with the ground as the camera moves.

import { glowSprite } from "./crystal.js";
import { randomFrom } from "./random.js";

const DRIFT = { rise: [6, -26], fall: [-12, 34], float: [5, -3] };

export class Air {
  constructor({ kind, count, color }) {
    const random = randomFrom("air", kind, color);
    this.kind = kind;
    this.color = color;
    this.specks = Array.from({ length: count }, () => ({ x: random(), y: random(), depth: 0.5 + random() * 0.8, phase: random() * 6.28, size: 3 + random() * 7 }));
  }

  draw(context, view, time) {
    const [driftX, driftY] = DRIFT[this.kind];
    const width = view.width + 60;
    const height = view.height + 60;
    const sprite = glowSprite(this.color);
    context.globalCompositeOperation = this.kind === "fall" ? "source-over" : "lighter";
    for (const speck of this.specks) {
      const sway = Math.sin(time * 0.8 + speck.phase) * 14;
      const x = wrap(speck.x * width + (driftX * time - view.x * view.scale) * speck.depth + sway, width) - 30;
      const y = wrap(speck.y * height + (driftY * time + view.y * view.scale) * speck.depth, height) - 30;
      context.globalAlpha = 0.35 + 0.3 * Math.sin(time * 1.6 + speck.phase * 3);
      const size = speck.size * speck.depth * 1.3;
      context.drawImage(sprite, x - size / 2, y - size / 2, size, size);
    }
    context.globalAlpha = 1;
    context.globalCompositeOperation = "source-over";
  }
}

const wrap = (value, length) => ((value % length) + length) % length;
