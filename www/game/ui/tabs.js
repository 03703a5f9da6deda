// A list of tabs of which one is chosen: one stop for the Tab key, arrows move and choose.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

export class Tabs {
  /** `list` holds buttons with the role tab and `data-tab`; each names its panel by aria-controls. */
  constructor(list, onChoose) {
    this.tabs = [...list.querySelectorAll("[role=tab]")];
    this.onChoose = onChoose;
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) this.choose(tab.dataset.tab);
    });
    list.addEventListener("keydown", (event) => this.#keyDown(event));
  }

  get chosen() {
    return this.tabs.find((tab) => tab.getAttribute("aria-selected") === "true")?.dataset.tab;
  }

  tab(name) {
    return this.tabs.find((tab) => tab.dataset.tab === name);
  }

  choose(name) {
    for (const tab of this.tabs) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
    }
    this.onChoose(name);
  }

  #keyDown(event) {
    const step = STEPS[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const last = this.tabs.length - 1;
    const at = this.tabs.indexOf(event.target.closest("[role=tab]"));
    const next = Number.isFinite(step) ? (at + step + this.tabs.length) % this.tabs.length : step < 0 ? 0 : last;
    this.choose(this.tabs[next].dataset.tab);
    this.tabs[next].focus();
  }
}
