// The picture behind the gates: the twelve shards circling what they hold together.

import { prefersCalm } from "./dom.js";
import { shardColor } from "./palette.js";
import { crystal, glowSprite } from "../world/crystal.js";
import { randomFrom } from "../world/random.js";

const COUNT = 12;
const FRAME_MS = 1000 / 40;

export class Backdrop {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.running = false;
    this.last = 0;
    const random = randomFrom("backdrop");
    this.dust = Array.from({ length: 90 }, () => ({ x: random(), y: random(), depth: 0.2 + random() * 0.8, phase: random() * 6.28 }));
    this.slivers = Array.from({ length: 16 }, () => ({ x: random(), y: random(), size: 10 + random() * 34, spin: random() * 6.28, speed: (random() - 0.5) * 0.2, hue: Math.floor(random() * 12) + 1 }));
    addEventListener("resize", () => this.running && this.#draw(performance.now()));
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.canvas.hidden = false;
    const tick = (now) => {
      if (!this.running) return;
      if (now - this.last >= FRAME_MS) {
        this.last = now;
        this.#draw(now);
      }
      if (!prefersCalm()) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  stop() {
    this.running = false;
    this.canvas.hidden = true;
  }

  #draw(now) {
    const { canvas, context } = this;
    const ratio = Math.min(devicePixelRatio || 1, 1.5);
    const width = innerWidth;
    const height = innerHeight;
    const wide = Math.round(width * ratio);
    const high = Math.round(height * ratio);
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
    }
    const time = prefersCalm() ? 4 : now / 1000;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#sky(width, height);
    this.#drift(width, height, time);
    this.#ring(width, height, time);
  }

  #sky(width, height) {
    const { context } = this;
    const sky = context.createRadialGradient(width / 2, height * 0.42, 0, width / 2, height * 0.42, Math.max(width, height) * 0.75);
    sky.addColorStop(0, "#232052");
    sky.addColorStop(0.35, "#12132f");
    sky.addColorStop(1, "#06070f");
    context.fillStyle = sky;
    context.fillRect(0, 0, width, height);
  }

  #drift(width, height, time) {
    const { context } = this;
    context.globalCompositeOperation = "lighter";
    for (const mote of this.dust) {
      const y = (((mote.y - time * 0.008 * mote.depth) % 1) + 1) % 1;
      context.globalAlpha = (0.25 + 0.25 * Math.sin(time + mote.phase)) * mote.depth;
      const size = 2 + mote.depth * 5;
      context.drawImage(glowSprite("#9aa8ff"), mote.x * width, y * height, size, size);
    }
    context.globalCompositeOperation = "source-over";
    for (const sliver of this.slivers) {
      context.globalAlpha = 0.16;
      const y = (((sliver.y - time * 0.006) % 1.2) + 1.2) % 1.2 - 0.1;
      crystal(context, sliver.x * width, y * height, sliver.size * 0.42, sliver.size, shardColor(sliver.hue), sliver.spin + time * sliver.speed);
    }
    context.globalAlpha = 1;
  }

  #ring(width, height, time) {
    const { context } = this;
    const centerX = width / 2;
    const centerY = height * 0.47;
    const radiusX = Math.min(width * 0.46, 560);
    const radiusY = Math.min(height * 0.42, 380);
    const shards = Array.from({ length: COUNT }, (_, index) => {
      const angle = (index / COUNT) * Math.PI * 2 + time * 0.05;
      return { number: index + 1, x: centerX + Math.cos(angle) * radiusX, y: centerY + Math.sin(angle) * radiusY, near: 0.72 + 0.28 * Math.sin(angle), angle };
    });
    context.lineWidth = 1;
    context.strokeStyle = "rgba(150, 160, 255, 0.13)";
    context.beginPath();
    context.ellipse(centerX, centerY, radiusX, radiusY, 0, 0, Math.PI * 2);
    context.stroke();
    for (const shard of shards.sort((a, b) => a.near - b.near)) {
      const size = (width < 600 ? 34 : 58) * shard.near;
      const bob = Math.sin(time * 0.9 + shard.number) * 5;
      context.globalCompositeOperation = "lighter";
      context.globalAlpha = 0.4 * shard.near;
      context.drawImage(glowSprite(shardColor(shard.number)), shard.x - size * 1.3, shard.y + bob - size * 1.3, size * 2.6, size * 2.6);
      context.globalCompositeOperation = "source-over";
      context.globalAlpha = 0.35 + 0.6 * shard.near;
      crystal(context, shard.x, shard.y + bob, size * 0.42, size, shardColor(shard.number), Math.sin(time * 0.4 + shard.number) * 0.12);
    }
    context.globalAlpha = 1;
  }
}
