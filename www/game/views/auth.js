// Signing in and signing up.

import { busy, byId, clearFieldError, setText, showFieldError } from "../ui/dom.js";
import { describe, fieldOf } from "../ui/errors.js";

const MODES = {
  in: { title: "Sign in", busy: "Signing in…", question: "New to this world?", other: "Create an account", autocomplete: "current-password" },
  up: { title: "Create account", busy: "Creating account…", question: "Already have an account?", other: "Sign in", autocomplete: "new-password" },
};

export class AuthView {
  constructor(client, go) {
    this.client = client;
    this.go = go;
    this.form = byId("auth-form");
    this.username = byId("auth-username");
    this.password = byId("auth-password");
    this.error = byId("auth-error");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.form.addEventListener("input", () => clearFieldError(this.form, this.error));
    byId("auth-toggle").addEventListener("click", () => {
      this.setMode(this.mode === "in" ? "up" : "in");
      this.username.focus();
    });
    byId("auth-reveal").addEventListener("click", () => this.reveal(this.password.type === "password"));
    this.setMode("in");
  }

  enter({ notice } = {}) {
    this.setMode("in");
    this.password.value = "";
    this.reveal(false);
    const line = byId("auth-notice");
    line.hidden = !notice;
    setText(line, notice ?? "");
    (this.username.value ? this.password : this.username).focus();
  }

  setMode(mode) {
    this.mode = mode;
    const words = MODES[mode];
    setText(byId("auth-title"), words.title);
    setText(byId("auth-submit"), words.title);
    setText(byId("auth-question"), words.question);
    setText(byId("auth-toggle"), words.other);
    this.password.autocomplete = words.autocomplete;
    clearFieldError(this.form, this.error);
  }

  reveal(shown) {
    const button = byId("auth-reveal");
    this.password.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    setText(button, shown ? "Hide" : "Show");
  }

  async submit() {
    if (this.working) return;
    const username = this.username.value.trim();
    const password = this.password.value;
    if (!username) return this.fail("Enter your user name.", "username");
    if (!password) return this.fail("Enter your password.", "password");
    clearFieldError(this.form, this.error);
    this.working = true;
    try {
      const session = await busy(byId("auth-submit"), MODES[this.mode].busy, () => this.signIn(username, password));
      this.password.value = "";
      await this.go.signedIn(session);
    } catch (error) {
      // The account stands once registered: what is left to try again is signing in to it.
      if (this.registered) this.setMode("in");
      this.fail(describe(error), fieldOf(error, "username"));
    } finally {
      this.registered = false;
      this.working = false;
    }
  }

  async signIn(username, password) {
    if (this.mode === "up") {
      await this.client.register(username, password);
      this.registered = true;
    }
    return this.client.connect(username, password);
  }

  fail(message, field) {
    showFieldError(this.form, this.error, message, field);
  }
}
