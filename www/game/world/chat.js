// The chat panel: what was said, and one's own line.

import { byId, el, setText } from "../ui/dom.js";
import { describe } from "../ui/errors.js";
import { markHandled } from "../ui/toasts.js";
import { hueOf } from "../ui/palette.js";

const KEPT_LINES = 200;
const KEPT_KEYS = 60;
const COUNT_FROM = 400;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export class Chat {
  /** `onLine` is called for every line from another. */
  constructor(client, onLine) {
    this.client = client;
    this.onLine = onLine;
    this.log = byId("chat-log");
    this.input = byId("chat-input");
    this.error = byId("chat-error");
    this.shown = [];
    byId("chat-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.input.addEventListener("input", () => {
      this.#showError("");
      this.#count();
    });
  }

  clear() {
    this.log.replaceChildren();
    this.shown = [];
    this.input.value = "";
    this.#showError("");
    this.#count();
  }

  /** Shows a chat message once, however it came: as an event or as the answer to one's own. */
  receive(message) {
    const key = message.message_id ?? `${message.sender_id}|${message.timestamp}|${message.content}`;
    if (this.shown.includes(key)) return;
    this.shown.push(key);
    if (this.shown.length > KEPT_KEYS) this.shown.shift();
    const own = message.sender_id === this.client.self?.character_id;
    const name = el("b", { text: message.sender_name ?? "Someone", tone: nameColor(message.sender_name) });
    const channel = message.channel && message.channel !== "global" ? el("span", { class: "channel", text: `[${message.channel}]` }) : null;
    this.#append(el("li", { class: own ? "chat-line own" : "chat-line", data: { testid: "chat-line", sender: message.sender_name ?? "" } }, time(message.timestamp), channel, name, el("span", { class: "said", text: message.content })));
    if (!own) this.onLine?.();
  }

  announce(message) {
    const title = message.title ? el("b", { text: message.title, tone: "#f6c84c" }) : null;
    this.#append(el("li", { class: "chat-line announcement", data: { testid: "chat-announcement" } }, time(message.timestamp), title, el("span", { text: message.content })));
    this.onLine?.();
  }

  #append(line) {
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 40;
    this.log.append(line);
    if (this.log.childElementCount > KEPT_LINES) this.log.firstElementChild.remove();
    if (atEnd) this.scrollToEnd();
  }

  scrollToEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  async #send() {
    const content = this.input.value.trim();
    if (!content) return;
    this.input.value = "";
    this.#count();
    this.#showError("");
    try {
      const sent = await this.client.sendChat(content);
      if (sent) this.receive(sent);
      this.scrollToEnd();
    } catch (error) {
      markHandled(error?.code);
      // What was refused is not lost, unless the next line is already being written.
      if (!this.input.value) this.input.value = content;
      this.#count();
      this.#showError(`Not sent: ${describe(error)}`);
    }
  }

  #showError(text) {
    this.error.hidden = !text;
    setText(this.error, text);
    if (text) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }

  #count() {
    const length = this.input.value.length;
    const count = byId("chat-count");
    count.hidden = length < COUNT_FROM;
    setText(count, `${length} / ${this.input.maxLength}`);
  }
}

function time(seconds) {
  const at = new Date(Number.isFinite(seconds) ? seconds * 1000 : Date.now());
  return el("time", { datetime: at.toISOString(), text: clock.format(at) });
}

const nameColor = (name) => `hsl(${hueOf(name ?? "")} 80% 76%)`;
