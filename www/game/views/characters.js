// One's own characters: choose, create, delete.

import { confirm } from "../ui/confirm.js";
import { busy, byId, clearFieldError, el, setText, showFieldError } from "../ui/dom.js";
import { classIcon, crest, factionColor, factionMotto } from "../ui/palette.js";
import { describe, fieldOf } from "../ui/errors.js";
import { toast } from "../ui/toasts.js";

export class CharactersView {
  constructor(client, canon, go) {
    this.client = client;
    this.canon = canon;
    this.go = go;
    this.form = byId("create-form");
    this.error = byId("create-error");
    this.list = byId("char-list");
    this.#fillPickers();
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#create();
    });
    this.form.addEventListener("input", () => clearFieldError(this.form, this.error));
    byId("hall-logout").addEventListener("click", () => this.go.logOut());
  }

  async enter({ session }) {
    setText(byId("hall-user"), session?.username ?? "");
    clearFieldError(this.form, this.error);
    this.list.replaceChildren(el("li", { class: "panel empty", role: "status", text: "Calling your characters…" }));
    byId("list-empty").hidden = true;
    await this.#refresh();
    const first = this.list.querySelector("button");
    if (document.activeElement === document.body) (first ?? byId("char-name")).focus({ preventScroll: true });
  }

  async #refresh() {
    let characters = [];
    try {
      characters = await this.client.getCharacters();
    } catch (error) {
      if (await this.#sessionIsOver(error)) return this.go.signIn("Your session has ended. Sign in again.");
      const again = el("button", { type: "button", class: "button ghost", text: "Try again", onclick: () => this.#refresh() });
      this.list.replaceChildren(el("li", { class: "panel empty" }, el("p", { text: describe(error) }), again));
      return;
    }
    this.list.replaceChildren(...characters.map((character) => this.#card(character)));
    byId("list-empty").hidden = characters.length > 0;
  }

  /** Whether a refusal means that one is no longer signed in, as far as the client knows. */
  async #sessionIsOver(error) {
    if (error?.code === "UNREACHABLE") return false;
    return this.client.restore().then((session) => !session, () => false);
  }

  #card(character) {
    const place = this.canon.locations.find((location) => location.id === character.location_id);
    const enter = el("button", { type: "button", class: "button primary", text: "Enter world", data: { testid: "char-enter" }, "aria-label": `Enter world as ${character.name}` });
    const remove = el("button", { type: "button", class: "button ghost", text: "Delete", data: { testid: "char-delete" }, "aria-label": `Delete ${character.name}` });
    enter.addEventListener("click", () => this.#enterWorld(character, enter));
    remove.addEventListener("click", () => this.#delete(character, remove));
    return el(
      "li",
      { class: "panel char-card", tone: factionColor(character.faction), data: { testid: "char-item", name: character.name, id: character.id } },
      crest(character.faction, "large"),
      el(
        "div",
        { class: "char-body" },
        el("h2", { class: "char-name" }, el("span", { text: character.name }), el("span", { class: "level", text: `Lv ${character.progression?.level ?? 1}` })),
        el("p", { class: "char-line", text: `${character.race} ${character.class}` }),
        el("p", { class: "char-faction", text: character.faction }),
        el("p", { class: "muted char-place", text: place ? `In ${place.name}` : "" }),
      ),
      el("div", { class: "char-actions" }, enter, remove),
    );
  }

  async #enterWorld(character, button) {
    try {
      const entered = await busy(button, "Entering…", () => this.client.selectCharacter(character.id));
      await this.go.inWorld(entered);
    } catch (error) {
      toast(describe(error));
      button.focus();
    }
  }

  async #delete(character, button) {
    const sure = await confirm(`Delete ${character.name}?`, "The character, its level and everything it carries are gone for good. This cannot be undone.");
    if (!sure) return button.focus();
    try {
      await busy(button, "Deleting…", () => this.client.deleteCharacter(character.id));
      toast(`${character.name} was deleted.`, "info");
    } catch (error) {
      toast(describe(error));
    }
    await this.#refresh();
    byId("list-title").focus();
  }

  async #create() {
    if (this.creating) return;
    const values = new FormData(this.form);
    const wanted = { name: String(values.get("name")).trim(), race: values.get("race"), class: values.get("class"), faction: values.get("faction") };
    if (!wanted.name) return showFieldError(this.form, this.error, "Give your character a name.", "name");
    this.creating = true;
    try {
      const made = await busy(byId("char-create"), "Creating…", () => this.client.createCharacter(wanted));
      this.form.elements.name.value = "";
      await this.#refresh();
      const card = [...this.list.children].find((item) => item.dataset.id === String(made.id));
      card?.classList.add("new");
      card?.scrollIntoView({ block: "nearest" });
      card?.querySelector("button")?.focus();
    } catch (error) {
      showFieldError(this.form, this.error, describe(error), fieldOf(error, "name"));
    } finally {
      this.creating = false;
    }
  }

  #fillPickers() {
    const { races, classes, factions } = this.canon;
    byId("char-race").append(pills("race", races.map((name) => ({ name }))));
    byId("char-class").append(pills("class", classes.map((name) => ({ name, icon: classIcon(name) }))));
    byId("char-faction").append(
      pills("faction", factions.map(({ name }) => ({ name, icon: crest(name), tone: factionColor(name), note: factionMotto(name) }))),
    );
  }
}

/** A group of radio buttons drawn as cards; the first is chosen. */
function pills(group, options) {
  return el(
    "div",
    { class: "pills" },
    ...options.map(({ name, icon, tone, note }, index) =>
      el(
        "label",
        { class: "pill", tone },
        el("input", { type: "radio", name: group, value: name, checked: index === 0 }),
        icon ?? null,
        el("span", { class: "pill-text" }, el("span", { class: "pill-name", text: name }), note ? el("span", { class: "pill-note", text: note, "aria-hidden": "true" }) : null),
      ),
    ),
  );
}
