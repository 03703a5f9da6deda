// Keys and pointer to walking: nothing here while one types, nothing that takes a button's keys away.

import { isWalkingKey } from "./walker.js";

const TYPING = "input, textarea, select, [contenteditable], dialog, [data-own-keys]";
const PRESSABLE = "button, summary, a";

export class Controls {
  /** `actions`: jumpToChat(), backToMap(), useGate(), zoomBy(steps), canWalk(). */
  constructor(canvas, walker, renderer, actions) {
    Object.assign(this, { canvas, walker, renderer, actions });
    this.steering = null;
  }

  attach() {
    this.ended = new AbortController();
    const { signal } = this.ended;
    document.addEventListener("keydown", (event) => this.#keyDown(event), { signal });
    document.addEventListener("keyup", (event) => this.walker.release(event.code), { signal });
    addEventListener("blur", () => this.#letGo(), { signal });
    document.addEventListener("focusin", (event) => event.target.matches(TYPING) && this.walker.releaseAll(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.#letGo(), { signal });
    this.canvas.addEventListener("pointerdown", (event) => this.#pointerDown(event), { signal });
    this.canvas.addEventListener("pointermove", (event) => this.#pointerMove(event), { signal });
    for (const type of ["pointerup", "pointercancel"]) this.canvas.addEventListener(type, () => (this.steering = null), { signal });
    this.canvas.addEventListener("wheel", (event) => this.#wheel(event), { signal, passive: false });
  }

  detach() {
    this.ended?.abort();
    this.walker.releaseAll();
    this.steering = null;
  }

  /** While the pointer is held the goal follows it, also as the camera moves. */
  update() {
    if (this.steering && this.actions.canWalk()) this.walker.walkTo(this.renderer.pointAt(this.steering.x, this.steering.y));
  }

  #letGo() {
    this.walker.releaseAll();
    this.steering = null;
  }

  #keyDown(event) {
    if (event.key === "Escape") return this.actions.backToMap();
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target.closest?.(TYPING)) return;
    if (isWalkingKey(event.code)) {
      event.preventDefault();
      this.walker.press(event.code);
    } else if (event.key === "Enter" && !event.target.closest?.(PRESSABLE)) {
      event.preventDefault();
      this.actions.jumpToChat();
    } else if (event.key === "+" || event.key === "=") {
      this.actions.zoomBy(1);
    } else if (event.key === "-") {
      this.actions.zoomBy(-1);
    } else if (event.code === "KeyE") {
      this.actions.useGate();
    }
  }

  #pointerDown(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    this.canvas.focus({ preventScroll: true });
    if (!this.actions.canWalk()) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.walker.walkTo(this.renderer.pointAt(event.clientX, event.clientY));
    this.pressedAt = performance.now();
  }

  #pointerMove(event) {
    // A tap walks there; only a held pointer steers.
    if (!event.isPrimary || !(event.buttons & 1) || performance.now() - (this.pressedAt ?? 0) < 200) return;
    this.steering = { x: event.clientX, y: event.clientY };
  }

  #wheel(event) {
    event.preventDefault();
    this.actions.zoomBy(-Math.sign(event.deltaY));
  }
}
