// Scenery that stands: each kind is painted once per variant into a small sprite, anchored at its foot.
// Painters draw in metres, feet at (0, 0), up is negative.

import { crystal, fade, shade } from "./crystal.js";
import { between, randomFrom } from "./random.js";

const PIXELS_PER_METRE = 20;
const VARIANTS = 4;

const sprites = new Map();

/** The sprite of a kind: {image, width, height, foot} in metres, and its glow, if it shines. */
export function propSprite([kind, , ...colors], variant) {
  const index = variant % VARIANTS;
  const key = `${kind}|${colors}|${index}`;
  let sprite = sprites.get(key);
  if (!sprite) sprites.set(key, (sprite = paint(kind, colors, randomFrom(key))));
  return sprite;
}

function paint(kind, colors, random) {
  const { size: [width, height], draw, glow, flat = false } = KINDS[kind];
  const image = document.createElement("canvas");
  const foot = flat ? height / 2 : height - 0.6;
  image.width = Math.ceil(width * PIXELS_PER_METRE);
  image.height = Math.ceil(height * PIXELS_PER_METRE);
  const context = image.getContext("2d");
  context.scale(PIXELS_PER_METRE, PIXELS_PER_METRE);
  context.translate(width / 2, foot);
  context.lineJoin = context.lineCap = "round";
  if (!flat) blot(context, 0, 0, width * 0.36, 0.5, "rgba(0,0,0,.42)");
  draw(context, random, ...colors);
  return { image, width, height, foot, flat, glow: glow ? { color: colors[glow.from ?? 0], at: glow.at, radius: glow.radius } : null };
}

const KINDS = {
  crystal: { size: [4, 5], glow: { at: -1.6, radius: 4.5 }, draw: paintCrystals },
  pillar: { size: [3, 6], draw: paintPillar },
  lamp: { size: [2, 3.4], glow: { at: -2.1, radius: 5.5 }, draw: paintLamp },
  pebble: { size: [2.4, 1.6], draw: (c, r, color) => stones(c, r, color, 3, 0.9, 0.42) },
  boulder: { size: [5, 4], draw: (c, r, color) => stones(c, r, color, 2, 1.1, 1.6) },
  ore: { size: [4, 3], draw: paintOre },
  spire: { size: [4, 6.4], glow: { from: 1, at: -0.4, radius: 3.6 }, draw: paintSpire },
  obelisk: { size: [3, 6], glow: { from: 1, at: -2.6, radius: 4 }, draw: paintObelisk },
  peak: { size: [10, 9], draw: paintPeak },
  vent: { size: [6, 4], flat: true, glow: { at: 0, radius: 6 }, draw: paintVent },
  kelp: { size: [3, 6], draw: paintKelp },
  coral: { size: [3.4, 3], glow: { at: -1, radius: 2.4 }, draw: paintCoral },
  mushroom: { size: [2.6, 2.6], glow: { at: -1, radius: 3 }, draw: paintMushrooms },
  fern: { size: [2.6, 1.9], draw: paintFern },
  tree: { size: [6.4, 8], draw: paintTree },
  pine: { size: [5, 8], draw: paintPine },
  deadtree: { size: [5, 6.4], draw: paintDeadTree },
  banner: { size: [2.6, 6], draw: paintBanner },
  tome: { size: [3, 3.8], glow: { from: 1, at: -1.6, radius: 3 }, draw: paintRuneStone },
  orb: { size: [2.6, 4], glow: { at: -2.5, radius: 5 }, draw: paintOrb },
  gear: { size: [4, 4], flat: true, draw: paintGear },
  forge: { size: [4.4, 4.4], glow: { from: 1, at: -0.9, radius: 5 }, draw: paintForge },
  tomb: { size: [2.6, 3.2], draw: paintTomb },
  bones: { size: [2.6, 1.8], draw: paintBones },
  tent: { size: [6, 5], draw: paintTent },
  campfire: { size: [3, 2.6], glow: { at: -0.6, radius: 8 }, draw: paintCampfire },
};

function shape(context, color, points) {
  context.fillStyle = color;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.closePath();
  context.fill();
}

function blot(context, x, y, rx, ry, color) {
  context.fillStyle = color;
  context.beginPath();
  context.ellipse(x, y, rx, ry, 0, 0, Math.PI * 2);
  context.fill();
}

function stroke(context, color, width, points) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}

function paintCrystals(context, random, color) {
  const count = 2 + Math.floor(random() * 3);
  const all = Array.from({ length: count }, (_, i) => ({ x: (i - (count - 1) / 2) * 0.65, h: between(random, 1.4, 3.4), a: (i - (count - 1) / 2) * 0.22 }));
  for (const one of all.sort((a, b) => b.h - a.h)) crystal(context, one.x + one.a * one.h * 0.4, -one.h * 0.42, one.h * 0.4, one.h, color, one.a);
}

function paintPillar(context, random, color) {
  const height = random() < 0.35 ? between(random, 1.4, 2.4) : between(random, 3.6, 4.8);
  blot(context, 0, 0, 0.95, 0.4, shade(color, -0.45));
  shape(context, shade(color, -0.3), [[-0.9, 0], [-0.8, -0.4], [0.8, -0.4], [0.9, 0]]);
  shape(context, color, [[-0.6, -0.4], [-0.55, -height], [0.1, -height], [0.1, -0.4]]);
  shape(context, shade(color, -0.4), [[0.1, -0.4], [0.1, -height], [0.55, -height + 0.3 * random()], [0.6, -0.4]]);
  for (const x of [-0.4, -0.15]) stroke(context, fade(shade(color, -0.5), 0.5), 0.06, [[x, -0.5], [x, -height + 0.1]]);
  if (height > 3) shape(context, shade(color, 0.18), [[-0.85, -height - 0.4], [0.85, -height - 0.4], [0.65, -height], [-0.65, -height]]);
}

function paintLamp(context, random, color) {
  stroke(context, "#15151f", 0.2, [[0, 0], [0, -1.7]]);
  shape(context, "#20202e", [[-0.4, -1.7], [0.4, -1.7], [0.25, -1.45], [-0.25, -1.45]]);
  crystal(context, 0, -2.15, 0.5, 1, shade(color, 0.3));
}

function stones(context, random, color, count, spread, size) {
  for (let i = 0; i < count; i += 1) {
    const x = between(random, -spread, spread) * 0.8;
    const s = size * between(random, 0.55, 1);
    const tall = s * between(random, 0.8, 1.35);
    const lean = between(random, -0.25, 0.25) * s;
    shape(context, shade(color, -0.35), [[x - s, 0], [x - s * 0.7 + lean, -tall * 0.7], [x + lean, -tall], [x + s * 0.75 + lean, -tall * 0.6], [x + s, 0], [x, s * 0.22]]);
    shape(context, color, [[x - s, 0], [x - s * 0.7 + lean, -tall * 0.7], [x + lean, -tall], [x + s * 0.1, -tall * 0.3], [x - s * 0.2, s * 0.15]]);
    shape(context, shade(color, 0.2), [[x - s * 0.7 + lean, -tall * 0.7], [x + lean, -tall], [x + s * 0.75 + lean, -tall * 0.6], [x + s * 0.1, -tall * 0.45]]);
  }
}

function paintOre(context, random, color, vein) {
  stones(context, random, color, 3, 1, 0.9);
  for (let i = 0; i < 6; i += 1) crystal(context, between(random, -1.1, 1.1), -between(random, 0.2, 0.8), 0.18, 0.34, vein, random() * 3);
}

function paintSpire(context, random, color, heart) {
  const height = between(random, 3, 5.4);
  const lean = between(random, -0.6, 0.6);
  shape(context, shade(color, -0.35), [[-1.1, 0], [-0.5 + lean * 0.5, -height * 0.55], [lean, -height], [0.6 + lean * 0.4, -height * 0.45], [1.1, 0], [0, 0.4]]);
  shape(context, color, [[-1.1, 0], [-0.5 + lean * 0.5, -height * 0.55], [lean, -height], [-0.05, -height * 0.4], [-0.2, 0.3]]);
  stroke(context, heart, 0.1, [[-0.15, 0.2], [0.05, -height * 0.2], [-0.12, -height * 0.36], [0.1, -height * 0.52]]);
}

function paintObelisk(context, random, color, rune) {
  const height = between(random, 3.6, 5);
  shape(context, color, [[-0.7, 0.1], [-0.5, -height], [0, -height - 0.5], [0, 0.35]]);
  shape(context, shade(color, -0.4), [[0.7, 0.1], [0.5, -height], [0, -height - 0.5], [0, 0.35]]);
  for (let y = 1; y < height - 0.4; y += 0.8) stroke(context, rune, 0.08, [[-0.35, -y], [-0.12, -y - 0.3], [-0.32, -y - 0.45]]);
}

function paintPeak(context, random, rock, snow) {
  const height = between(random, 5.2, 7.8);
  const lean = between(random, -0.8, 0.8);
  shape(context, rock, [[-4.2, 0.1], [-2, -height * 0.5], [lean, -height], [0.4 + lean * 0.4, -height * 0.4], [-0.2, 0.5]]);
  shape(context, shade(rock, -0.4), [[4.2, 0.1], [2.1, -height * 0.48], [lean, -height], [0.4 + lean * 0.4, -height * 0.4], [-0.2, 0.5]]);
  shape(context, snow, [[lean, -height], [lean - 1.05, -height * 0.74], [lean - 0.5, -height * 0.78], [lean - 0.1, -height * 0.66], [lean + 0.15, -height * 0.8]]);
  shape(context, shade(snow, -0.22), [[lean, -height], [lean + 0.15, -height * 0.8], [lean + 0.5, -height * 0.7], [lean + 0.95, -height * 0.74]]);
}

function paintVent(context, random, color) {
  blot(context, 0, 0, 2.6, 1.5, "#0d0705");
  blot(context, 0, 0.06, 2.2, 1.2, shade(color, -0.4));
  blot(context, between(random, -0.3, 0.3), 0.12, 1.7, 0.85, color);
  blot(context, between(random, -0.4, 0.4), 0.16, 0.9, 0.4, shade(color, 0.5));
}

function paintKelp(context, random, color) {
  for (let i = 0; i < 4; i += 1) {
    const x = (i - 1.5) * 0.5;
    const height = between(random, 2, 4.8);
    const sway = between(random, -0.5, 0.5);
    const points = Array.from({ length: 9 }, (_, j) => [x + Math.sin(j * 0.9 + i) * 0.2 + (sway * j) / 8, (-height * j) / 8]);
    stroke(context, shade(color, i % 2 ? -0.25 : 0.1), 0.26, points);
    for (const [px, py] of points.slice(2)) blot(context, px + 0.18, py, 0.22, 0.12, shade(color, 0.2));
  }
}

function paintCoral(context, random, color) {
  const branch = (x, y, angle, length, width) => {
    if (length < 0.25) return blot(context, x, y, 0.14, 0.14, shade(color, 0.45));
    const nx = x + Math.sin(angle) * length;
    const ny = y - Math.cos(angle) * length;
    stroke(context, shade(color, -0.15), width, [[x, y], [nx, ny]]);
    for (const turn of [-0.55, 0.5]) branch(nx, ny, angle + turn * between(random, 0.6, 1.2), length * 0.64, width * 0.72);
  };
  branch(0, 0, between(random, -0.2, 0.2), 0.85, 0.3);
}

function paintMushrooms(context, random, color) {
  for (const x of [-0.6, 0.55, 0]) {
    const height = between(random, 0.6, 1.5);
    stroke(context, "#cfc8dc", 0.2, [[x, 0], [x + 0.06, -height]]);
    context.fillStyle = shade(color, -0.1);
    context.beginPath();
    context.ellipse(x + 0.06, -height, 0.5, 0.42, 0, Math.PI, 0);
    context.fill();
    blot(context, x - 0.08, -height - 0.16, 0.12, 0.08, shade(color, 0.6));
  }
}

function paintFern(context, random, color) {
  for (let i = 0; i < 9; i += 1) {
    const angle = ((i - 4) / 4) * 1.15 + between(random, -0.1, 0.1);
    const length = between(random, 0.7, 1.25);
    stroke(context, shade(color, between(random, -0.3, 0.2)), 0.12, [[0, 0], [Math.sin(angle) * length * 0.6, -Math.cos(angle) * length * 0.8], [Math.sin(angle) * length, -Math.cos(angle) * length * 0.75]]);
  }
}

function paintTree(context, random, leaf, bark) {
  stroke(context, bark, 0.5, [[0, 0], [between(random, -0.15, 0.15), -3]]);
  stroke(context, bark, 0.22, [[0, -1.9], [0.9, -3]]);
  const crowns = Array.from({ length: 9 }, () => [between(random, -1.7, 1.7), between(random, -5.8, -3), between(random, 0.8, 1.35)]);
  for (const [x, y, r] of crowns) blot(context, x + 0.12, y + 0.3, r, r * 0.9, shade(leaf, -0.5));
  for (const [x, y, r] of crowns) blot(context, x, y, r * 0.92, r * 0.8, shade(leaf, -0.15));
  for (const [x, y, r] of crowns) blot(context, x - r * 0.25, y - r * 0.25, r * 0.5, r * 0.4, shade(leaf, 0.14));
}

function paintPine(context, random, leaf, tip) {
  stroke(context, "#3a2a20", 0.4, [[0, 0], [0, -1.6]]);
  const layers = 4;
  for (let i = 0; i < layers; i += 1) {
    const y = -0.9 - i * 1.45;
    const half = 1.9 - i * 0.42 + between(random, -0.12, 0.12);
    shape(context, shade(leaf, -0.25 + i * 0.05), [[-half, y], [0, y - 2.1], [half, y], [half * 0.4, y + 0.25], [0, y], [-half * 0.4, y + 0.25]]);
    shape(context, shade(leaf, 0.08 + i * 0.05), [[-half, y], [0, y - 2.1], [-0.1, y - 0.1], [-half * 0.4, y + 0.25]]);
    shape(context, fade(tip, 0.75), [[0, y - 2.1], [-half * 0.42, y - 1.15], [-0.1, y - 1.3], [half * 0.2, y - 1.5]]);
  }
}

function paintDeadTree(context, random, color) {
  const branch = (x, y, angle, length, width) => {
    if (length < 0.4) return;
    const nx = x + Math.sin(angle) * length;
    const ny = y - Math.cos(angle) * length;
    stroke(context, shade(color, 0.05), width, [[x, y], [nx, ny]]);
    for (const turn of [-0.6, 0.55]) branch(nx, ny, angle + turn * between(random, 0.5, 1.3), length * between(random, 0.55, 0.72), width * 0.62);
  };
  branch(0, 0, between(random, -0.12, 0.12), 2, 0.46);
}

function paintBanner(context, random, color) {
  stroke(context, "#2a2420", 0.18, [[0, 0], [0, -5]]);
  stroke(context, "#8a7444", 0.16, [[-0.95, -4.8], [0.95, -4.8]]);
  shape(context, color, [[-0.8, -4.7], [0.8, -4.7], [0.75, -1.6], [0, -2.2], [-0.75, -1.5]]);
  shape(context, shade(color, -0.3), [[0.1, -4.7], [0.8, -4.7], [0.75, -1.6], [0.1, -2.15]]);
  crystal(context, 0, -3.5, 0.6, 1.1, "#f3e6c0");
}

function paintRuneStone(context, random, color, rune) {
  shape(context, color, [[-1, 0], [-1.05, -2.1], [-0.3, -2.7], [0.2, -2.5], [0.1, 0.25]]);
  shape(context, shade(color, -0.4), [[0.1, 0.25], [0.2, -2.5], [0.95, -2], [1, 0]]);
  for (let i = 0; i < 3; i += 1) stroke(context, rune, 0.09, [[-0.75, -0.6 - i * 0.6], [-0.5 + random() * 0.2, -0.85 - i * 0.6], [-0.2, -0.55 - i * 0.6], [-0.05, -0.8 - i * 0.6]]);
}

function paintOrb(context, random, color) {
  shape(context, "#2b3350", [[-0.6, 0], [-0.3, -1.5], [0.3, -1.5], [0.6, 0], [0, 0.3]]);
  blot(context, 0, -2.4, 0.7, 0.7, shade(color, -0.2));
  blot(context, -0.1, -2.5, 0.5, 0.5, shade(color, 0.3));
  blot(context, -0.22, -2.66, 0.18, 0.16, "#ffffff");
}

function paintGear(context, random, color) {
  const teeth = 9;
  const turn = random();
  const ring = Array.from({ length: teeth * 4 }, (_, i) => {
    const radius = i % 4 < 2 ? 1.7 : 1.3;
    const angle = ((i + turn) / (teeth * 4)) * Math.PI * 2;
    return [Math.cos(angle) * radius, Math.sin(angle) * radius * 0.72];
  });
  shape(context, "rgba(0,0,0,.5)", ring.map(([x, y]) => [x, y + 0.26]));
  shape(context, color, ring);
  blot(context, 0, 0, 0.95, 0.68, shade(color, -0.35));
  blot(context, 0, 0.04, 0.6, 0.42, "#17191e");
}

function paintForge(context, random, color, fire) {
  shape(context, color, [[-1.5, 0.1], [-1.3, -1.9], [0, -2.2], [0, 0.5]]);
  shape(context, shade(color, -0.35), [[1.5, 0.1], [1.3, -1.9], [0, -2.2], [0, 0.5]]);
  shape(context, shade(color, -0.5), [[0.3, -2.1], [0.35, -3.4], [0.95, -3.4], [1, -1.9]]);
  blot(context, -0.55, -0.55, 0.62, 0.66, "#120805");
  blot(context, -0.55, -0.42, 0.46, 0.46, fire);
  blot(context, -0.55, -0.32, 0.26, 0.26, shade(fire, 0.6));
}

function paintTomb(context, random, color) {
  const lean = between(random, -0.12, 0.12);
  context.rotate(lean);
  context.fillStyle = shade(color, -0.4);
  context.beginPath();
  context.roundRect(-0.7, -1.9, 1.6, 2.05, [0.75, 0.75, 0, 0]);
  context.fill();
  context.fillStyle = color;
  context.beginPath();
  context.roundRect(-0.85, -1.9, 1.5, 2.05, [0.7, 0.7, 0, 0]);
  context.fill();
  stroke(context, shade(color, -0.5), 0.12, [[-0.1, -1.5], [-0.1, -0.7]]);
  stroke(context, shade(color, -0.5), 0.12, [[-0.4, -1.2], [0.2, -1.2]]);
}

function paintBones(context, random, color) {
  for (let i = 0; i < 3; i += 1) {
    const y = -0.1 - i * 0.2;
    const tilt = between(random, -0.3, 0.3);
    stroke(context, shade(color, -0.15 * i), 0.13, [[-0.8, y + tilt], [0.7, y - tilt]]);
  }
  blot(context, 0.45, -0.5, 0.36, 0.34, color);
  blot(context, 0.34, -0.5, 0.09, 0.1, "#141410");
  blot(context, 0.58, -0.5, 0.09, 0.1, "#141410");
}

function paintTent(context, random, color) {
  shape(context, shade(color, -0.2), [[-2.6, 0.1], [0, -3.6], [0.4, 0.4]]);
  shape(context, shade(color, -0.5), [[0.4, 0.4], [0, -3.6], [2.5, -0.2]]);
  shape(context, "#120d08", [[-0.55, 0.35], [-0.1, -2], [0.2, 0.38]]);
  stroke(context, "#3a2a1a", 0.12, [[0, -3.4], [0, -4]]);
}

function paintCampfire(context, random, color) {
  stroke(context, "#3a281c", 0.26, [[-0.8, 0.15], [0.7, -0.2]]);
  stroke(context, "#4a3424", 0.26, [[-0.7, -0.2], [0.8, 0.15]]);
  shape(context, shade(color, -0.2), [[-0.5, -0.1], [-0.3, -1], [0, -0.6], [0.15, -1.5], [0.5, -0.1]]);
  shape(context, shade(color, 0.5), [[-0.25, -0.1], [-0.05, -0.7], [0.25, -0.1]]);
}
