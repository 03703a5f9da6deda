// A small menu at a button: what one can do with a player.

import { byId, el } from "./dom.js";

const STEPS = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity };
const MARGIN = 8;

let opener = null;

/**
 * Opens the menu at `button`. `items` are `{ id, label, run, danger }`; the menu closes
 * before an item runs, and the focus goes back to the button.
 */
export function openMenu(button, title, items) {
  const menu = byId("player-menu");
  if (menu.matches(":popover-open")) menu.hidePopover();
  setUp(menu);
  opener = button;
  menu.setAttribute("aria-label", title);
  menu.replaceChildren(
    el("p", { class: "menu-title", role: "presentation", text: title }),
    ...items.map(({ id, label, run, danger }) =>
      el("button", {
        type: "button",
        role: "menuitem",
        tabindex: "-1",
        class: danger ? "menu-item danger" : "menu-item",
        data: { testid: `menu-${id}` },
        text: label,
        onclick: () => {
          menu.hidePopover();
          run();
        },
      }),
    ),
  );
  button.setAttribute("aria-expanded", "true");
  menu.showPopover();
  place(menu, button);
  menu.querySelector("[role=menuitem]")?.focus();
}

/** Beside the button, inside the window. */
function place(menu, button) {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = Math.min(Math.max(MARGIN, at.right - width), innerWidth - width - MARGIN);
  const below = at.bottom + 4;
  const top = below + height + MARGIN <= innerHeight ? below : Math.max(MARGIN, at.top - height - 4);
  menu.style.setProperty("left", `${left}px`);
  menu.style.setProperty("top", `${top}px`);
}

function setUp(menu) {
  if (menu.dataset.ready) return;
  menu.dataset.ready = "true";
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "closed" || !opener) return;
    opener.setAttribute("aria-expanded", "false");
    // Not if the focus has gone elsewhere by a click.
    if (document.activeElement === document.body || menu.contains(document.activeElement)) opener.focus({ preventScroll: true });
    opener = null;
  });
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.querySelectorAll("[role=menuitem]")];
    if (event.key === "Tab") return menu.hidePopover();
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      return menu.hidePopover();
    }
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const at = items.indexOf(document.activeElement);
    const next = Number.isFinite(step) ? (at + step + items.length) % items.length : step < 0 ? 0 : items.length - 1;
    items[next]?.focus();
  });
}
