// The people on the map: a cut gem in the faction's colour with its crest.

import { factionColor, factionGlyph } from "../ui/palette.js";
import { fade, glowSprite, shade } from "./crystal.js";

const GLOW_REACH = 2;
const KEPT_FACES = 200;

const faces = new Map();

/** A token's radius on the screen. */
export const tokenRadius = (scale) => Math.max(13, Math.min(26, scale * 1.25));

/** Draws a token. `who`: {faction, x, y, velocity, own}; feet at the position. Gives where its name goes. */
export function drawToken(context, view, who, time, calm) {
  const [x, y] = view.toScreen(who.x, who.y);
  const radius = tokenRadius(view.scale);
  const color = factionColor(who.faction);
  const speed = Math.hypot(who.velocity?.x ?? 0, who.velocity?.y ?? 0);
  const walking = speed > 0.2;
  const bob = calm ? 0 : walking ? Math.abs(Math.sin(time * 9 + who.seed)) * radius * 0.16 : Math.sin(time * 1.8 + who.seed) * radius * 0.05;
  const middle = y - radius * 1.05 - bob;

  context.fillStyle = "rgba(0,0,0,.5)";
  context.beginPath();
  context.ellipse(x, y, radius * 0.85, radius * 0.32, 0, 0, Math.PI * 2);
  context.fill();
  if (who.own) drawOwnRing(context, x, y, radius, color, calm ? 0 : time);

  const gem = face(who.faction, Math.round(radius));
  context.drawImage(gem, x - gem.reach, middle - gem.reach, gem.reach * 2, gem.reach * 2);
  if (walking) drawHeading(context, x, y, radius, color, Math.atan2(-who.velocity.y, who.velocity.x));
  // Without the bobbing: a name that moved up and down with its head would push its neighbours about.
  return { x, y: y - radius * 2.05 - 6 };
}

function drawOwnRing(context, x, y, radius, color, time) {
  context.strokeStyle = "#ffffff";
  context.lineWidth = 2;
  context.beginPath();
  context.ellipse(x, y, radius * 1.25, radius * 0.52, 0, 0, Math.PI * 2);
  context.stroke();
  context.strokeStyle = color;
  context.setLineDash([radius * 0.5, radius * 0.4]);
  context.lineDashOffset = -time * 14;
  context.beginPath();
  context.ellipse(x, y, radius * 1.6, radius * 0.68, 0, 0, Math.PI * 2);
  context.stroke();
  context.setLineDash([]);
}

function drawHeading(context, x, y, radius, color, angle) {
  context.save();
  context.translate(x, y);
  context.scale(1, 0.6);
  context.rotate(angle);
  context.fillStyle = shade(color, 0.35);
  context.beginPath();
  context.moveTo(radius * 2.05, 0);
  context.lineTo(radius * 1.5, -radius * 0.42);
  context.lineTo(radius * 1.65, 0);
  context.lineTo(radius * 1.5, radius * 0.42);
  context.fill();
  context.restore();
}

/** A faction's gem with its glow, at the size it is drawn in, so that a crowd costs one copy a head. */
function face(faction, radius) {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const key = `${faction}|${radius}|${ratio}`;
  let image = faces.get(key);
  if (image) return image;
  if (faces.size > KEPT_FACES) faces.clear();
  image = document.createElement("canvas");
  image.reach = radius * GLOW_REACH;
  image.width = image.height = Math.ceil(image.reach * 2 * ratio);
  const context = image.getContext("2d");
  const color = factionColor(faction);
  context.globalAlpha = 0.55;
  context.drawImage(glowSprite(color), 0, 0, image.width, image.height);
  context.globalAlpha = 1;
  context.translate((image.reach - radius) * ratio, (image.reach - radius) * ratio);
  context.scale((radius * 2 * ratio) / 24, (radius * 2 * ratio) / 24);
  const gem = new Path2D("M12 1.200l9.400 5.400v10.800L12 22.800 2.600 17.400V6.600z");
  const light = context.createLinearGradient(4, 2, 18, 22);
  light.addColorStop(0, shade(color, -0.35));
  light.addColorStop(1, shade(color, -0.8));
  context.fillStyle = light;
  context.fill(gem);
  context.fillStyle = fade(shade(color, 0.4), 0.28);
  context.fill(new Path2D("M12 1.200l9.400 5.400L12 12 2.600 6.600z"));
  context.strokeStyle = color;
  context.lineWidth = 1.7;
  context.lineJoin = "round";
  context.stroke(gem);
  context.translate(5.4, 5.4);
  context.scale(0.55, 0.55);
  context.fillStyle = shade(color, 0.55);
  context.fill(new Path2D(factionGlyph(faction)), "evenodd");
  faces.set(key, image);
  return image;
}
