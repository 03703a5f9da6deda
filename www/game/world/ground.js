// The ground, painted in square tiles from the place's own seed and kept while they are near.

import { fade, glowSprite, shade } from "./crystal.js";
import { between, randomFrom } from "./random.js";

/** Metres along a tile's edge. */
export const TILE = 50;
const PIXELS_PER_METRE = 8;
const SIZE = TILE * PIXELS_PER_METRE;
const KEPT = 48;

export class Ground {
  constructor(seed, theme) {
    this.seed = seed;
    this.theme = theme;
    this.tiles = new Map();
    this.cracks = new Map();
  }

  /** The tile (column, row), or null when it is not painted yet and `mayPaint` is false. */
  tile(column, row, mayPaint) {
    const key = `${column},${row}`;
    let tile = this.tiles.get(key);
    if (tile) {
      this.tiles.delete(key);
    } else if (mayPaint) {
      tile = this.#paint(column, row);
      if (this.tiles.size >= KEPT) this.tiles.delete(this.tiles.keys().next().value);
    } else {
      return null;
    }
    this.tiles.set(key, tile);
    return tile;
  }

  // Rows grow northwards, pixels southwards: a tile's top left corner is its north-west.
  #paint(column, row) {
    const image = document.createElement("canvas");
    image.width = image.height = SIZE;
    const context = image.getContext("2d", { alpha: false });
    context.fillStyle = this.theme.ground;
    context.fillRect(0, 0, SIZE, SIZE);
    context.setTransform(PIXELS_PER_METRE, 0, 0, PIXELS_PER_METRE, -column * SIZE, (row + 1) * SIZE);
    this.#around(column, row, (c, r) => this.#patches(context, c, r));
    FLOORS[this.theme.floor]?.(this, context, column, row);
    this.#grid(context, column, row);
    return image;
  }

  #around(column, row, visit) {
    for (let c = column - 1; c <= column + 1; c += 1) for (let r = row - 1; r <= row + 1; r += 1) visit(c, r);
  }

  #patches(context, column, row) {
    const random = randomFrom(this.seed, "patch", column, row);
    const { patches } = this.theme;
    for (let i = 0; i < 9; i += 1) {
      const radius = between(random, 9, 24);
      const x = (column + random()) * TILE;
      const y = -(row + random()) * TILE;
      context.globalAlpha = between(random, 0.35, 0.95);
      context.drawImage(glowSprite(patches[i % patches.length]), x - radius, y - radius, radius * 2, radius * 2);
    }
    context.globalAlpha = 1;
  }

  #grid(context, column, row) {
    const left = column * TILE;
    const top = -(row + 1) * TILE;
    for (let step = 0; step < TILE; step += 10) {
      context.fillStyle = fade(this.theme.line, step === 0 ? 0.16 : 0.055);
      const width = step === 0 ? 0.25 : 0.15;
      context.fillRect(left + step, top, width, TILE);
      context.fillRect(left, top + step, TILE, width);
    }
  }

  /** Cracks that begin in a tile and may run into the next ones. */
  crackLines(column, row) {
    const key = `${column},${row}`;
    let lines = this.cracks.get(key);
    if (!lines) {
      const random = randomFrom(this.seed, "crack", column, row);
      lines = Array.from({ length: 4 }, () => {
        let x = (column + random()) * TILE;
        let y = -(row + random()) * TILE;
        let heading = random() * Math.PI * 2;
        const line = [[x, y]];
        for (let i = 0; i < 12; i += 1) {
          heading += between(random, -0.9, 0.9);
          const length = between(random, 1, 3.4);
          x += Math.cos(heading) * length;
          y += Math.sin(heading) * length;
          line.push([x, y]);
        }
        return line;
      });
      this.cracks.set(key, lines);
    }
    return lines;
  }

  eachCrack(column, row, visit) {
    this.#around(column, row, (c, r) => this.crackLines(c, r).forEach(visit));
  }
}

function line(context, color, width, points) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}

/** What lies on the ground, by the theme's floor. Coordinates are metres, y southwards. */
const FLOORS = {
  slabs(ground, context, column, row) {
    const size = 2.5;
    const random = randomFrom(ground.seed, "slab", column, row);
    for (let x = column * TILE; x < (column + 1) * TILE; x += size) {
      for (let y = -(row + 1) * TILE; y < -row * TILE; y += size) {
        const light = random();
        context.fillStyle = light < 0.5 ? `rgba(0,0,0,${0.02 + light * 0.22})` : `rgba(255,255,255,${(light - 0.5) * 0.07})`;
        context.fillRect(x + 0.06, y + 0.06, size - 0.12, size - 0.12);
        if (light > 0.965) {
          context.fillStyle = fade(ground.theme.line, 0.16);
          context.fillRect(x + 0.9, y + 0.9, 0.7, 0.7);
        }
      }
    }
    context.fillStyle = "rgba(0,0,0,.28)";
    for (let step = 0; step < TILE; step += size) {
      context.fillRect(column * TILE + step - 0.05, -(row + 1) * TILE, 0.1, TILE);
      context.fillRect(column * TILE, -(row + 1) * TILE + step - 0.05, TILE, 0.1);
    }
  },

  cracks(ground, context, column, row) {
    context.lineJoin = "round";
    const { line: color } = ground.theme;
    ground.eachCrack(column, row, (points) => line(context, "rgba(0,0,0,.5)", 1.1, points));
    ground.eachCrack(column, row, (points) => line(context, fade(color, 0.22), 0.9, points));
    ground.eachCrack(column, row, (points) => line(context, fade(color, 0.75), 0.26, points));
    ground.eachCrack(column, row, (points) => line(context, fade(shade(color, 0.5), 0.8), 0.1, points));
  },

  ripples(ground, context, column, row) {
    const random = randomFrom(ground.seed, "ripple", column, row);
    for (let i = 0; i < 60; i += 1) {
      const x = (column + random()) * TILE;
      const y = -(row + random()) * TILE;
      const width = between(random, 1.5, 4.5);
      context.strokeStyle = fade(ground.theme.line, between(random, 0.04, 0.15));
      context.lineWidth = 0.18;
      context.beginPath();
      context.ellipse(x, y, width, width * 0.28, 0, Math.PI * 1.1, Math.PI * 1.9);
      context.stroke();
    }
  },

  drifts(ground, context, column, row) {
    const random = randomFrom(ground.seed, "drift", column, row);
    for (let i = 0; i < 26; i += 1) {
      const x = (column + between(random, 0.2, 0.8)) * TILE;
      const y = -(row + between(random, 0.1, 0.9)) * TILE;
      const width = between(random, 4, 10);
      const height = width * between(random, 0.25, 0.45);
      context.globalAlpha = between(random, 0.12, 0.4);
      context.drawImage(glowSprite("#e4eeff"), x - width, y - height, width * 2, height * 2);
    }
    context.globalAlpha = 1;
  },

  plates(ground, context, column, row) {
    const size = 5;
    const random = randomFrom(ground.seed, "plate", column, row);
    for (let x = column * TILE; x < (column + 1) * TILE; x += size) {
      for (let y = -(row + 1) * TILE; y < -row * TILE; y += size) {
        const light = random();
        context.fillStyle = light < 0.5 ? `rgba(0,0,0,${light * 0.36})` : `rgba(255,235,210,${(light - 0.5) * 0.09})`;
        context.fillRect(x, y, size, size);
        context.strokeStyle = "rgba(0,0,0,.5)";
        context.lineWidth = 0.14;
        context.strokeRect(x, y, size, size);
        context.fillStyle = "rgba(255,255,255,.13)";
        for (const [dx, dy] of [[0.4, 0.4], [4.4, 0.4], [0.4, 4.4], [4.4, 4.4]]) context.fillRect(x + dx, y + dy, 0.2, 0.2);
        if (light > 0.93) {
          context.fillStyle = fade(ground.theme.line, 0.28);
          for (let slot = 0; slot < 4; slot += 1) context.fillRect(x + 1, y + 1 + slot * 0.85, 3, 0.34);
        }
      }
    }
  },

  grass(ground, context, column, row) {
    const random = randomFrom(ground.seed, "grass", column, row);
    context.lineWidth = 0.12;
    for (let i = 0; i < 420; i += 1) {
      const x = (column + random()) * TILE;
      const y = -(row + random()) * TILE;
      context.strokeStyle = fade(shade(ground.theme.patches[i % 3], random() < 0.5 ? 0.18 : -0.3), 0.75);
      context.beginPath();
      context.moveTo(x - 0.2, y - between(random, 0.3, 0.6));
      context.lineTo(x, y);
      context.lineTo(x + 0.22, y - between(random, 0.3, 0.7));
      context.stroke();
    }
  },
};
