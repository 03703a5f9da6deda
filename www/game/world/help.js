// How to walk and to use a gate: told at the first visit, and again by the "?" button.

import { byId } from "../ui/dom.js";

const SEEN = "shardlink.demo.help-seen";

export class Help {
  /** `map` gets the focus back when the panel closes that opened by itself. */
  constructor(map) {
    this.map = map;
    this.panel = byId("help");
    this.button = byId("help-open");
    this.button.addEventListener("click", () => (this.panel.hidden ? this.#open() : this.close()));
    byId("help-close").addEventListener("click", () => this.close());
  }

  /** Shows it to who has not seen it, and leaves the focus where it is. */
  enter() {
    this.#show(!hasSeen());
  }

  close() {
    if (this.panel.hidden) return;
    const hadFocus = this.panel.contains(document.activeElement);
    this.#show(false);
    remember();
    if (hadFocus) (this.byButton ? this.button : this.map).focus({ preventScroll: true });
    this.byButton = false;
  }

  #open() {
    this.byButton = true;
    this.#show(true);
    byId("help-close").focus({ preventScroll: true });
  }

  #show(shown) {
    this.panel.hidden = !shown;
    this.button.setAttribute("aria-expanded", String(shown));
  }
}

// A browser that keeps nothing shows it at every visit.
function hasSeen() {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return false;
  }
}

function remember() {
  try {
    localStorage.setItem(SEEN, "1");
  } catch {
    // Then it is not remembered.
  }
}
