// What a place is known for: the plaza where everyone arrives, the gates out, and the shards that lie here.
// Where these stand on the ground is the page's own picture; what they lead to is the canon's.

import { shardColor } from "../ui/palette.js";
import { crystal, fade, glowSprite, shade } from "./crystal.js";
import { randomFrom } from "./random.js";
import { themeOf } from "./themes.js";

export const PLAZA_RADIUS = 9;
export const GATE_REACH = 4;
const LONE_GATE_DISTANCE = 15;
const GATE_RING = 34;

/** The gates of a location: on a ring around the plaza, or a single one to the north of it. */
export function gatesOf(location, canon) {
  const targets = location.connections.map((id) => canon.locations.find((other) => other.id === id)).filter(Boolean);
  return targets.map((target, index) => {
    const angle = Math.PI / 2 - (index / targets.length) * Math.PI * 2;
    const distance = targets.length === 1 ? LONE_GATE_DISTANCE : GATE_RING;
    return { target, x: Math.cos(angle) * distance, y: Math.sin(angle) * distance, color: themeOf(target).accent };
  });
}

/** The shards of a location, each at a spot of its own, well away from the plaza. */
export function shardsOf(location, canon) {
  return canon.shards
    .filter((shard) => shard.location_id === location.id)
    .map((shard, index, all) => {
      const random = randomFrom("shard", shard.number);
      const angle = ((index + random() * 0.5) / all.length) * Math.PI * 2 + location.id;
      const distance = 60 + random() * 50;
      return { shard, x: Math.cos(angle) * distance, y: Math.sin(angle) * distance, color: shardColor(shard.number) };
    });
}

/** Flat things, under everyone's feet: the plaza's rings and the ways to the gates. */
export function drawPlaza(context, view, theme, gates, time) {
  const [x, y] = view.toScreen(0, 0);
  const radius = PLAZA_RADIUS * view.scale;
  context.lineCap = "round";
  for (const gate of gates) {
    const [gx, gy] = view.toScreen(gate.x, gate.y);
    context.strokeStyle = fade(gate.color, 0.16);
    context.lineWidth = 0.9 * view.scale;
    context.beginPath();
    context.moveTo(x + ((gx - x) * PLAZA_RADIUS) / Math.hypot(gate.x, gate.y), y + ((gy - y) * PLAZA_RADIUS) / Math.hypot(gate.x, gate.y));
    context.lineTo(gx, gy);
    context.stroke();
  }
  const far = view.scale * 60;
  if (x < -far || y < -far || x > view.width + far || y > view.height + far) return;
  context.fillStyle = fade(theme.dark, 0.55);
  disc(context, x, y, radius);
  context.fill();
  context.strokeStyle = fade(theme.accent, 0.75);
  context.lineWidth = Math.max(1.5, view.scale * 0.16);
  for (const share of [1, 0.93, 0.52]) {
    disc(context, x, y, radius * share);
    context.stroke();
    context.lineWidth = Math.max(1, view.scale * 0.07);
  }
  context.save();
  context.translate(x, y);
  context.rotate(time * 0.03);
  for (let i = 0; i < 12; i += 1) {
    context.rotate(Math.PI / 6);
    crystal(context, 0, -radius * 0.725, radius * 0.1, radius * 0.26, shardColor(i + 1));
  }
  context.strokeStyle = fade(theme.accent, 0.4);
  context.lineWidth = Math.max(1, view.scale * 0.06);
  for (const turn of [0, Math.PI / 6]) {
    context.beginPath();
    for (let i = 0; i < 4; i += 1) context.lineTo(Math.cos(turn + (i * Math.PI * 2) / 3) * radius * 0.52, Math.sin(turn + (i * Math.PI * 2) / 3) * radius * 0.52);
    context.stroke();
  }
  context.restore();
}

function disc(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, Math.PI * 2);
}

/** A standing gate: two horns of crystal around a veil of the colour of where it leads. */
export function drawGate(context, view, gate, time, near) {
  const [x, y] = view.toScreen(gate.x, gate.y);
  const s = view.scale;
  if (x < -8 * s || x > view.width + 8 * s || y < -4 * s || y > view.height + 9 * s) return;
  context.globalCompositeOperation = "lighter";
  context.globalAlpha = 0.5 + 0.12 * Math.sin(time * 2 + gate.x);
  context.drawImage(glowSprite(gate.color), x - 4.5 * s, y - 6.8 * s, 9 * s, 9 * s);
  context.globalAlpha = 1;
  context.globalCompositeOperation = "source-over";
  context.fillStyle = "rgba(0,0,0,.4)";
  context.beginPath();
  context.ellipse(x, y, 2.6 * s, 0.8 * s, 0, 0, Math.PI * 2);
  context.fill();
  const veil = context.createLinearGradient(0, y - 5 * s, 0, y);
  veil.addColorStop(0, fade(gate.color, 0.12));
  veil.addColorStop(1, fade(gate.color, 0.75));
  context.fillStyle = veil;
  context.beginPath();
  context.ellipse(x, y - 2.4 * s, 1.6 * s, 2.5 * s, 0, 0, Math.PI * 2);
  context.fill();
  const stone = near ? shade(gate.color, 0.25) : shade(gate.color, -0.3);
  crystal(context, x - 1.75 * s, y - 2.3 * s, 1.1 * s, 5 * s, stone, -0.16);
  crystal(context, x + 1.75 * s, y - 2.3 * s, 1.1 * s, 5 * s, stone, 0.16);
  crystal(context, x, y - 5.3 * s + Math.sin(time * 1.6) * s * 0.12, 0.6 * s, 1.3 * s, gate.color);
  caption(context, view, gate.target.name, x, y - 6.5 * s, 12, y - 2.4 * s);
}

/** One of the twelve shards, hovering over its circle. */
export function drawShard(context, view, place, time) {
  const [x, y] = view.toScreen(place.x, place.y);
  const s = view.scale;
  if (x < -12 * s || x > view.width + 12 * s || y < -6 * s || y > view.height + 14 * s) return;
  const lift = 4 + Math.sin(time * 0.9 + place.shard.number) * 0.35;
  context.strokeStyle = fade(place.color, 0.6);
  context.lineWidth = Math.max(1, s * 0.12);
  for (const radius of [4, 5]) {
    context.beginPath();
    context.ellipse(x, y, radius * s, radius * 0.5 * s, 0, 0, Math.PI * 2);
    context.stroke();
  }
  context.globalCompositeOperation = "lighter";
  context.globalAlpha = 0.75;
  context.drawImage(glowSprite(place.color), x - 8 * s, y - (lift + 8) * s, 16 * s, 16 * s);
  context.globalAlpha = 1;
  context.globalCompositeOperation = "source-over";
  crystal(context, x, y - lift * s, 2.8 * s, 6.4 * s, place.color, Math.sin(time * 0.5) * 0.05);
  for (let i = 0; i < 5; i += 1) {
    const angle = time * 0.5 + (i * Math.PI * 2) / 5;
    crystal(context, x + Math.cos(angle) * 3.4 * s, y - lift * s + Math.sin(angle) * 1.2 * s, 0.4 * s, 1 * s, place.color, angle);
  }
  caption(context, view, place.shard.name, x, y - (lift + 4.4) * s - 16, 14, y - lift * s, `${place.shard.guardian} stands guard`);
}

/** Pixels that a caption keeps from what covers the map, and that it may be moved for that. */
const CAPTION_GAP = 6;
const CAPTION_MOVES = 100;

/** `heart` is how far down the middle of what is named lies. */
function caption(context, view, text, x, y, size, heart, below) {
  const titleFont = `600 ${size}px Georgia, "Liberation Serif", serif`;
  const noteFont = '12px system-ui, "Liberation Sans", sans-serif';
  context.font = noteFont;
  const noteWidth = below ? context.measureText(below).width : 0;
  context.font = titleFont;
  const width = Math.max(noteWidth, context.measureText(text).width);
  const isCovered = view.covers.some((cover) => meets({ left: x, right: x, top: heart, bottom: heart }, cover));
  const move = outOfCovers(view, isCovered, { left: x - width / 2, right: x + width / 2, top: y - size, bottom: y + (below ? 20 : 4) });
  if (!move) return;
  const [moveX, moveY] = move;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.lineJoin = "round";
  context.strokeStyle = "rgba(4,4,12,.85)";
  context.lineWidth = 4;
  context.fillStyle = "#f4f2ff";
  context.strokeText(text, x + moveX, y + moveY);
  context.fillText(text, x + moveX, y + moveY);
  if (!below) return;
  context.font = noteFont;
  context.fillStyle = "#c9cae6";
  context.strokeText(below, x + moveX, y + moveY + 16);
  context.fillText(below, x + moveX, y + moveY + 16);
}

/**
 * How far a box has to move so that no panel of the HUD lies over a part of it: the shortest way
 * that is free. Null if that is too far from what it names; of what `isCovered`, only aside.
 */
function outOfCovers(view, isCovered, box) {
  const over = view.covers.find((cover) => meets(box, cover));
  if (!over) return [0, 0];
  const moves = [
    [over.left - CAPTION_GAP - box.right, 0],
    [over.right + CAPTION_GAP - box.left, 0],
    ...(isCovered ? [] : [[0, over.top - CAPTION_GAP - box.bottom], [0, over.bottom + CAPTION_GAP - box.top]]),
  ];
  const length = ([x, y]) => Math.abs(x + y);
  const isFree = ([x, y]) => {
    const moved = { left: box.left + x, right: box.right + x, top: box.top + y, bottom: box.bottom + y };
    return moved.left >= 0 && moved.right <= view.width && moved.top >= 0 && moved.bottom <= view.height && !view.covers.some((cover) => meets(moved, cover));
  };
  return moves.filter((move) => length(move) <= CAPTION_MOVES && isFree(move)).sort((a, b) => length(a) - length(b))[0] ?? null;
}

const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
