// Walks one's own character: keys or a place to go to, at the speed and within the bounds the client gives.

/** The longest step of one frame: a tab that slept does not leap. */
const LONGEST_STEP_SECONDS = 0.1;
const EASE_SECONDS = 0.12;
/** Metres the client may think one stands elsewhere before the picture follows it. */
const AGREED = 0.5;

const KEYS = {
  ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0],
  KeyW: [0, 1], KeyS: [0, -1], KeyA: [-1, 0], KeyD: [1, 0],
};

export const isWalkingKey = (code) => code in KEYS;

export class Walker {
  constructor(client, bounds) {
    this.client = client;
    this.bounds = bounds;
    this.held = new Set();
    this.reset();
  }

  /** Stands where the client says it stands. */
  reset() {
    const position = this.client.self?.position ?? { x: 0, y: 0, z: 0 };
    this.position = { x: position.x, y: position.y, z: position.z ?? 0 };
    this.velocity = { x: 0, y: 0, z: 0 };
    this.offset = { x: 0, y: 0 };
    this.target = null;
    this.walking = false;
  }

  press(code) {
    this.held.add(code);
    this.target = null;
  }

  release(code) {
    this.held.delete(code);
  }

  releaseAll() {
    this.held.clear();
  }

  walkTo({ x, y }) {
    this.target = { x: this.#clamp(x), y: this.#clamp(y) };
  }

  /** The server knows better: stand there at once; only the picture eases over. */
  correct(position) {
    this.offset = { x: this.position.x + this.offset.x - position.x, y: this.position.y + this.offset.y - position.y };
    if (Math.hypot(this.offset.x, this.offset.y) > 10) this.offset = { x: 0, y: 0 };
    this.position = { x: position.x, y: position.y, z: position.z ?? 0 };
    this.target = null;
  }

  /** After a new snapshot of the same place: follow the client if it stands elsewhere. */
  agree() {
    const position = this.client.self?.position;
    if (position && Math.hypot(position.x - this.position.x, position.y - this.position.y) > AGREED) this.correct(position);
  }

  /** One frame. Sends while walking, and once more with no velocity on stopping. */
  step(seconds) {
    const dt = Math.min(seconds, LONGEST_STEP_SECONDS);
    const ease = Math.exp(-dt / EASE_SECONDS);
    this.offset = { x: this.offset.x * ease, y: this.offset.y * ease };
    const next = this.#next(dt);
    if (!next) {
      if (this.walking) this.stop();
      return;
    }
    this.velocity = { x: (next.x - this.position.x) / dt, y: (next.y - this.position.y) / dt, z: 0 };
    this.position = { ...next, z: this.position.z };
    this.walking = true;
    this.client.sendPositionUpdate(this.position, this.velocity);
  }

  stop() {
    this.target = null;
    this.velocity = { x: 0, y: 0, z: 0 };
    if (!this.walking) return;
    this.walking = false;
    this.client.sendPositionUpdate(this.position, this.velocity);
  }

  /** Where to draw: the position, while a correction still eases out. */
  get shown() {
    return { x: this.position.x + this.offset.x, y: this.position.y + this.offset.y };
  }

  #next(dt) {
    const reach = (this.client.self?.speed ?? 0) * dt;
    if (!(reach > 0)) return null;
    const [dx, dy] = this.#heading();
    if (dx || dy) {
      const length = Math.hypot(dx, dy);
      return this.#moved((dx / length) * reach, (dy / length) * reach);
    }
    if (!this.target) return null;
    const gapX = this.target.x - this.position.x;
    const gapY = this.target.y - this.position.y;
    const distance = Math.hypot(gapX, gapY);
    if (distance <= reach) {
      const { x, y } = this.target;
      this.target = null;
      return distance > 0 ? { x, y } : null;
    }
    return this.#moved((gapX / distance) * reach, (gapY / distance) * reach);
  }

  #heading() {
    let x = 0;
    let y = 0;
    for (const code of this.held) {
      x += KEYS[code][0];
      y += KEYS[code][1];
    }
    return [Math.sign(x), Math.sign(y)];
  }

  #moved(dx, dy) {
    const x = this.#clamp(this.position.x + dx);
    const y = this.#clamp(this.position.y + dy);
    return x === this.position.x && y === this.position.y ? null : { x, y };
  }

  #clamp(value) {
    return Math.max(this.bounds.min, Math.min(this.bounds.max, value));
  }
}
