// Names and levels over the heads. Where a name stands it stays, and it comes and goes slowly:
// in a crowd, where names push each other about, one that moved or vanished at every frame would blink.

import { fade } from "./crystal.js";

const LABEL_FONT = '600 13px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';
const LEVEL_FONT = '700 11px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';
const KEPT_LABELS = 400;
const MOST_LABELS = 60;
/** A name may stand so many rows above its head, each half a name high: heads stand at any height. */
const ROWS = 9;
const ROW_HEIGHT = 12;
/** Metres by which a name that is shown counts as nearer than it is. */
const STAYS = 8;
/** Pixels by which names may overlap before one of them moves, and that must be free for it to come. */
const OVERLAP = 4;
const FREE = 6;
const FADE_SECONDS = 0.25;
const MOVE_SECONDS = 0.12;

const images = new Map();

export class Labels {
  constructor() {
    this.clear();
  }

  clear() {
    /** By id: { row, shownRow, alpha, head }; the row is null for a name that has no place. */
    this.places = new Map();
    this.before = null;
  }

  /** Draws the names of `heads`: { id, x, y, name, level, color, own, gap }, the gap in metres. */
  draw(context, heads, seconds, calm) {
    const passed = calm || this.before === null ? Infinity : Math.max(0, seconds - this.before);
    this.before = seconds;
    this.#arrange(heads);
    for (const [id, place] of this.places) {
      place.alpha = toward(place.alpha, place.row === null ? 0 : 1, passed / FADE_SECONDS);
      if (place.row !== null) place.shownRow += (place.row - place.shownRow) * (1 - Math.exp(-passed / MOVE_SECONDS));
      if (place.alpha > 0) drawAt(context, place);
      else this.places.delete(id);
    }
    context.globalAlpha = 1;
  }

  /** Gives every name its row: those that have one keep it while they can. */
  #arrange(heads) {
    const { places } = this;
    const weight = ({ id, own, gap }) => (own ? -Infinity : gap - (typeof places.get(id)?.row === "number" ? STAYS : 0));
    const wanted = heads.map((head) => ({ head, weight: weight(head) })).sort((a, b) => a.weight - b.weight);
    const first = wanted.slice(0, MOST_LABELS).map(({ head }) => head);
    const taken = new Map();
    const seat = (head, row, slack) => {
      const box = boxOf(head, row);
      for (const [id, other] of taken) if (id !== head.id && overlap(box, other, slack)) return false;
      taken.set(head.id, box);
      return true;
    };
    for (const head of first) {
      const row = places.get(head.id)?.row ?? null;
      if (row !== null) seat(head, row, OVERLAP);
    }
    // One that stands moves only to a lower row, and nobody goes where there is no room to stay.
    for (const head of first) {
      const highest = taken.get(head.id)?.row ?? ROWS;
      for (let row = 0; row < highest && !seat(head, row, -FREE); row += 1);
    }
    const present = new Set();
    for (const { head } of wanted) {
      present.add(head.id);
      const row = taken.get(head.id)?.row ?? null;
      const place = places.get(head.id);
      if (place) Object.assign(place, { row, head });
      else if (row !== null) places.set(head.id, { row, shownRow: row, alpha: 0, head });
    }
    // Who is gone takes the name along at once.
    for (const id of places.keys()) if (!present.has(id)) places.delete(id);
  }
}

function drawAt(context, { head, shownRow, alpha }) {
  const image = picture(head);
  const { width, height } = image.size;
  context.globalAlpha = alpha;
  context.drawImage(image, Math.round(head.x - width / 2), Math.round(head.y - height - shownRow * ROW_HEIGHT), width, height);
}

function boxOf(head, row) {
  const { width, height } = picture(head).size;
  return { row, left: head.x - width / 2, top: head.y - height - row * ROW_HEIGHT, width, height };
}

/** Whether two boxes overlap by more than `slack` pixels; a negative one is what must lie between them, in a row. */
const overlap = (a, b, slack) => reach(a.left, a.width, b.left, b.width) > slack && reach(a.top, a.height, b.top, b.height) > Math.max(slack, 0);

const reach = (a, length, b, other) => Math.min(a + length, b + other) - Math.max(a, b);

const toward = (value, goal, step) => (value < goal ? Math.min(goal, value + step) : Math.max(goal, value - step));

function picture({ name, level, color, own }) {
  const key = `${name}|${level}|${color}|${own}`;
  let image = images.get(key);
  if (image) return image;
  if (images.size > KEPT_LABELS) images.clear();
  image = document.createElement("canvas");
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const context = image.getContext("2d");
  const badge = level === null || level === undefined ? "" : String(level);
  context.font = LABEL_FONT;
  const nameWidth = context.measureText(name).width;
  context.font = LEVEL_FONT;
  const badgeWidth = badge ? Math.max(18, context.measureText(badge).width + 10) : 0;
  const width = Math.ceil(nameWidth + badgeWidth + (badge ? 20 : 14));
  image.size = { width, height: 22 };
  image.width = width * ratio;
  image.height = 22 * ratio;
  context.scale(ratio, ratio);
  context.fillStyle = own ? "rgba(20,22,52,.92)" : "rgba(8,9,20,.78)";
  context.beginPath();
  context.roundRect(0.5, 0.5, width - 1, 20, 10);
  context.fill();
  context.strokeStyle = own ? "#ffffff" : fade(color, 0.6);
  context.lineWidth = 1;
  context.stroke();
  let x = 7;
  context.textBaseline = "middle";
  if (badge) {
    context.fillStyle = color;
    context.beginPath();
    context.roundRect(3, 3, badgeWidth, 15, 8);
    context.fill();
    context.fillStyle = "#0a0b16";
    context.font = LEVEL_FONT;
    context.textAlign = "center";
    context.fillText(badge, 3 + badgeWidth / 2, 11);
    x = badgeWidth + 9;
  }
  context.textAlign = "left";
  context.font = LABEL_FONT;
  context.fillStyle = "#ffffff";
  context.fillText(name, x, 11);
  images.set(key, image);
  return image;
}
