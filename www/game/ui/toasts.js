// Short notices in a corner. The same text twice counts up instead of piling up.

import { byId, el } from "./dom.js";

const SHOWN_MS = 6000;
const MOST = 4;
const HANDLED_MS = 1500;

const live = new Map();
const handled = new Map();

export function toast(text, kind = "error") {
  const known = live.get(text);
  if (known) {
    known.count += 1;
    known.badge.hidden = false;
    known.badge.textContent = `×${known.count}`;
    restartTimer(text, known);
    return;
  }
  const badge = el("span", { class: "count", hidden: true });
  const close = el("button", { type: "button", class: "quiet", "aria-label": "Dismiss", text: "✕", onclick: () => remove(text) });
  const node = el("div", { class: `toast ${kind}`, data: { testid: "toast", kind } }, el("span", { class: "toast-text", text }), badge, close);
  const entry = { node, badge, count: 1, timer: 0 };
  live.set(text, entry);
  byId("toasts").append(node);
  restartTimer(text, entry);
  if (live.size > MOST) remove(live.keys().next().value);
}

/** Says that this error is already shown where it belongs, so that its event needs no toast. */
export function markHandled(code) {
  handled.set(code, performance.now());
}

/** A toast for an error the server sent by itself, unless a caller shows the same one. */
export function toastUnlessHandled(code, text) {
  setTimeout(() => {
    if (performance.now() - (handled.get(code) ?? -Infinity) > HANDLED_MS) toast(text);
  }, 120);
}

function restartTimer(text, entry) {
  clearTimeout(entry.timer);
  entry.timer = setTimeout(() => remove(text), SHOWN_MS);
}

function remove(text) {
  const entry = live.get(text);
  if (!entry) return;
  clearTimeout(entry.timer);
  entry.node.remove();
  live.delete(text);
}
