// The lock of the party's chat: a passphrase that all of the party set, by which the client seals
// what is said and opens what is heard. The encryption is loaded when the first one is set.

import { busy, byId, clearFieldError, setText, showFieldError } from "../ui/dom.js";
import { describe } from "../ui/errors.js";
import { lockIcon } from "../ui/palette.js";
import { toast } from "../ui/toasts.js";

export class Lock {
  /** `onChange` is called when what can be read may have changed. */
  constructor(client, onChange) {
    Object.assign(this, { client, onChange, fingerprint: null });
    this.button = byId("lock-open");
    this.dialog = byId("lock");
    this.form = byId("lock-form");
    this.passphrase = byId("lock-passphrase");
    this.error = byId("lock-error");
    this.button.addEventListener("click", () => this.#open());
    byId("lock-cancel").addEventListener("click", () => this.dialog.close());
    byId("lock-remove").addEventListener("click", (event) => this.#set(event.currentTarget, "Removing…", null));
    // A passphrase stays in no page that is looked at.
    this.dialog.addEventListener("close", () => (this.passphrase.value = ""));
    this.passphrase.addEventListener("input", () => clearFieldError(this.form, this.error));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#set(byId("lock-set"), "Locking…", this.passphrase.value);
    });
    this.#show();
  }

  get isLocked() {
    return this.fingerprint !== null;
  }

  /** Asks the client whether there is a key: it forgets it with the session, and in another party. */
  async refresh() {
    const before = this.fingerprint;
    this.fingerprint = await this.client.getFingerprint("party").catch(() => null);
    this.#show();
    if (before !== this.fingerprint) this.onChange();
  }

  close() {
    this.dialog.close();
  }

  #show() {
    const locked = this.isLocked;
    this.button.hidden = !this.client.getParty();
    this.button.dataset.locked = String(locked);
    byId("lock-icon").replaceChildren(lockIcon(locked));
    setText(byId("lock-state"), locked ? `Locked · ${this.fingerprint}` : "Not locked: set a passphrase");
    byId("lock-now").hidden = byId("lock-remove").hidden = !locked;
    setText(byId("lock-fingerprint"), this.fingerprint ?? "");
    setText(byId("lock-set"), locked ? "Change" : "Lock");
  }

  #open() {
    clearFieldError(this.form, this.error);
    this.#show();
    this.dialog.showModal();
    this.passphrase.focus();
  }

  async #set(button, label, passphrase) {
    clearFieldError(this.form, this.error);
    try {
      await busy(button, label, async () => {
        await this.client.setPartyKey(passphrase);
        await this.refresh();
        // What was said before may open now.
        if (passphrase !== null && this.client.getParty()) await this.client.getHistory("party");
      });
    } catch (error) {
      return showFieldError(this.form, this.error, describe(error), "key");
    }
    this.#show();
    this.onChange();
    this.dialog.close();
    toast(passphrase === null ? "The party’s chat is not locked any more." : "The party’s chat is locked.", "info");
  }
}
