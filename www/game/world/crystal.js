// Crystals and glows, the two shapes everything luminous is made of.

const glows = new Map();

/** A round glow in a colour, drawn once and scaled as needed. */
export function glowSprite(color) {
  let sprite = glows.get(color);
  if (!sprite) {
    sprite = document.createElement("canvas");
    sprite.width = sprite.height = 96;
    const context = sprite.getContext("2d");
    const light = context.createRadialGradient(48, 48, 0, 48, 48, 48);
    light.addColorStop(0, color);
    light.addColorStop(0.25, fade(color, 0.5));
    light.addColorStop(0.6, fade(color, 0.13));
    light.addColorStop(1, fade(color, 0));
    context.fillStyle = light;
    context.fillRect(0, 0, 96, 96);
    glows.set(color, sprite);
  }
  return sprite;
}

/** A colour at an alpha; takes #rrggbb or hsl(). */
export function fade(color, alpha) {
  if (color[0] === "#") return color.slice(0, 7) + Math.round(alpha * 255).toString(16).padStart(2, "0");
  return color.replace(")", ` / ${alpha})`);
}

/** Lightens (towards 1) or darkens (towards −1) a #rrggbb colour. */
export function shade(color, amount) {
  if (color[0] !== "#") return color;
  const target = amount > 0 ? 255 : 0;
  const weight = Math.abs(amount);
  const channel = (at) => Math.round(parseInt(color.slice(at, at + 2), 16) * (1 - weight) + target * weight);
  return `#${[1, 3, 5].map((at) => channel(at).toString(16).padStart(2, "0")).join("")}`;
}

/** A faceted crystal centred on (x, y). */
export function crystal(context, x, y, width, height, color, angle = 0) {
  const w = width / 2;
  const top = -height / 2;
  const bottom = height / 2;
  const girdle = top + height * 0.32;
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  facet(context, shade(color, 0.55), [0, top], [-w, girdle], [0, girdle + height * 0.1]);
  facet(context, shade(color, 0.22), [0, top], [w, girdle], [0, girdle + height * 0.1]);
  facet(context, color, [-w, girdle], [0, girdle + height * 0.1], [0, bottom]);
  facet(context, shade(color, -0.42), [w, girdle], [0, girdle + height * 0.1], [0, bottom]);
  context.restore();
}

function facet(context, color, ...points) {
  context.fillStyle = color;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.closePath();
  context.fill();
}
