// Everything of a place that does not walk: ground, scenery, gates, shards. Same seed, same place.

import { glowSprite } from "./crystal.js";
import { GATE_REACH, PLAZA_RADIUS, drawGate, drawPlaza, drawShard, gatesOf, shardsOf } from "./landmarks.js";
import { Ground, TILE } from "./ground.js";
import { propSprite } from "./props.js";
import { between, pick, randomFrom } from "./random.js";
import { themeOf } from "./themes.js";

const CLEARING = 6;
const TALLEST = 12;
const GROUPS = 3;
const GROUPED = 0.6;
const GROUP_REACH = 9;
const KEPT_CELLS = 400;

export class Scenery {
  constructor(location, canon) {
    this.location = location;
    this.theme = themeOf(location);
    this.bounds = canon.bounds;
    this.gates = gatesOf(location, canon);
    this.shards = shardsOf(location, canon);
    this.ground = new Ground(location.id, this.theme);
    this.cells = new Map();
  }

  /** The gate within reach of a position, if any. */
  gateAt(position) {
    return this.gates.find((gate) => Math.hypot(gate.x - position.x, gate.y - position.y) <= GATE_REACH) ?? null;
  }

  drawGround(context, view, time) {
    const { theme } = this;
    context.fillStyle = theme.ground;
    context.fillRect(0, 0, view.width, view.height);
    const area = view.area(0);
    let budget = this.warm ? 1 : Infinity;
    for (let column = Math.floor(area.left / TILE); column * TILE < area.right; column += 1) {
      for (let row = Math.floor(area.bottom / TILE); row * TILE < area.top; row += 1) {
        const known = this.ground.tile(column, row, false);
        const tile = known ?? (budget-- > 0 ? this.ground.tile(column, row, true) : null);
        if (!tile) continue;
        const [x, y] = view.toScreen(column * TILE, (row + 1) * TILE);
        const size = TILE * view.scale;
        const left = Math.floor(x);
        const top = Math.floor(y);
        context.drawImage(tile, left, top, Math.ceil(x + size) - left, Math.ceil(y + size) - top);
      }
    }
    this.warm = true;
    this.#drawEdge(context, view);
    drawPlaza(context, view, theme, this.gates, time);
  }

  /** Calls `add(y, draw)` for all that stands, so that it can be sorted among the walkers. */
  eachStanding(view, time, self, add) {
    const area = view.area(TALLEST);
    for (let column = Math.floor(area.left / TILE); column * TILE < area.right; column += 1) {
      for (let row = Math.floor(area.bottom / TILE); row * TILE < area.top; row += 1) {
        for (const prop of this.#cell(column, row)) {
          if (prop.x < area.left || prop.x > area.right || prop.y < area.bottom || prop.y > area.top) continue;
          add(prop.sprite.flat ? Infinity : prop.y, (context) => drawProp(context, view, prop, time, self));
        }
      }
    }
    const near = this.gateAt(self);
    for (const gate of this.gates) add(gate.y, (context) => drawGate(context, view, gate, time, gate === near));
    for (const place of this.shards) add(place.y, (context) => drawShard(context, view, place, time));
  }

  #cell(column, row) {
    const key = `${column},${row}`;
    let props = this.cells.get(key);
    if (!props) {
      if (this.cells.size > KEPT_CELLS) this.cells.clear();
      props = this.#plant(column, row);
      this.cells.set(key, props);
    }
    return props;
  }

  #plant(column, row) {
    const random = randomFrom(this.location.id, "props", column, row);
    const props = [];
    const groups = Array.from({ length: GROUPS }, () => [(column + random()) * TILE, (row + random()) * TILE]);
    for (let i = 0; i < this.theme.density; i += 1) {
      let x = (column + random()) * TILE;
      let y = (row + random()) * TILE;
      if (random() < GROUPED) {
        const [middleX, middleY] = groups[i % GROUPS];
        x = middleX + between(random, -1, 1) * between(random, 1, GROUP_REACH);
        y = middleY + between(random, -1, 1) * between(random, 1, GROUP_REACH);
      }
      const kind = pick(random, this.theme.props);
      const prop = { x, y, sprite: propSprite(kind, Math.floor(random() * 4)), size: between(random, 0.8, 1.25), mirrored: random() < 0.5, phase: random() * 6.28 };
      if (this.#isFree(x, y)) props.push(prop);
    }
    return props;
  }

  #isFree(x, y) {
    const { min, max } = this.bounds;
    if (x < min + 2 || x > max - 2 || y < min + 2 || y > max - 2) return false;
    if (Math.hypot(x, y) < PLAZA_RADIUS + CLEARING) return false;
    return [...this.gates, ...this.shards].every((spot) => Math.hypot(spot.x - x, spot.y - y) > CLEARING + 1);
  }

  /** Beyond the bounds there is nothing: darkness behind a line of light. */
  #drawEdge(context, view) {
    const [left, bottom] = view.toScreen(this.bounds.min, this.bounds.min);
    const [right, top] = view.toScreen(this.bounds.max, this.bounds.max);
    if (left <= 0 && top <= 0 && right >= view.width && bottom >= view.height) return;
    context.fillStyle = this.theme.dark;
    context.fillRect(0, 0, view.width, Math.max(0, top));
    context.fillRect(0, bottom, view.width, Math.max(0, view.height - bottom));
    context.fillRect(0, 0, Math.max(0, left), view.height);
    context.fillRect(right, 0, Math.max(0, view.width - right), view.height);
    context.strokeStyle = this.theme.accent;
    context.lineWidth = 3;
    context.shadowColor = this.theme.accent;
    context.shadowBlur = 24;
    context.strokeRect(left, top, right - left, bottom - top);
    context.shadowBlur = 0;
  }
}

function drawProp(context, view, prop, time, self) {
  const { sprite, size } = prop;
  const [x, y] = view.toScreen(prop.x, prop.y);
  const scale = view.scale * size;
  const hidesSelf = !sprite.flat && prop.y < self.y && self.y - prop.y < sprite.foot * size && Math.abs(prop.x - self.x) < sprite.width * size * 0.5;
  if (sprite.glow) {
    const radius = sprite.glow.radius * scale;
    context.globalCompositeOperation = "lighter";
    context.globalAlpha = 0.3 + 0.08 * Math.sin(time * 1.7 + prop.phase);
    context.drawImage(glowSprite(sprite.glow.color), x - radius, y + sprite.glow.at * scale - radius, radius * 2, radius * 2);
    context.globalCompositeOperation = "source-over";
  }
  context.globalAlpha = hidesSelf ? 0.38 : 1;
  const width = sprite.width * scale;
  if (prop.mirrored) {
    context.save();
    context.translate(x, y);
    context.scale(-1, 1);
    context.drawImage(sprite.image, -width / 2, -sprite.foot * scale, width, sprite.height * scale);
    context.restore();
  } else {
    context.drawImage(sprite.image, x - width / 2, y - sprite.foot * scale, width, sprite.height * scale);
  }
  context.globalAlpha = 1;
}
