// The chat panel: a tab for each channel, what was said there, and one's own line.

import { byId, el, setText } from "../ui/dom.js";
import { describe } from "../ui/errors.js";
import { hueOf, lockIcon } from "../ui/palette.js";
import { Tabs } from "../ui/tabs.js";
import { markHandled } from "../ui/toasts.js";
import { Lock } from "./lock.js";

export const CHANNELS = ["global", "faction", "party", "whisper"];

const NAMES = { global: "Global", faction: "Faction", party: "Party", whisper: "Whispers" };
const HINTS = { global: "Say something, or /wave…", faction: "To your faction…", party: "To your party…", whisper: "Whisper…" };
const LABELS = { global: "Message to everyone", faction: "Message to your faction", party: "Message to your party", whisper: "Whisper" };
const GESTURES = { wave: "waves", dance: "dances", bow: "bows", cheer: "cheers", point: "points", sit: "sits down" };
const KEPT_ANNOUNCEMENTS = 20;
const COUNT_FROM = 400;
/** What is heard of a sealed line without any key. */
const COVER = "[encrypted]";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export class Chat {
  /** `onUnread` is called when something came that is not on view; `onName` when a name is pressed. */
  constructor(client, { onUnread, onName }) {
    Object.assign(this, { client, onUnread, onName });
    this.input = byId("chat-input");
    this.to = byId("chat-to");
    this.error = byId("chat-error");
    this.rows = new Map(CHANNELS.map((channel) => [channel, new Map()]));
    this.unread = new Map(CHANNELS.map((channel) => [channel, 0]));
    /** What is shown between what is said: announcements and gestures. */
    this.announcements = [];
    this.gestures = 0;
    this.lock = new Lock(client, () => this.sync("party"));
    this.tabs = new Tabs(byId("chat-tabs"), (channel) => this.#shown(channel));
    byId("chat-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.input.addEventListener("input", () => {
      this.#showError("");
      this.#count();
    });
    for (const channel of CHANNELS) log(channel).addEventListener("keydown", (event) => this.#namesByKey(event));
  }

  clear() {
    this.announcements = [];
    for (const channel of CHANNELS) {
      this.rows.get(channel).clear();
      log(channel).replaceChildren();
      this.#mark(channel, 0);
    }
    this.input.value = this.to.value = "";
    this.#showError("");
    this.#count();
    this.tabs.choose("global");
    this.syncAll();
    this.lock.refresh();
  }

  /** Something was said on a channel. */
  receive(message) {
    this.sync(message.channel);
    // Who hears another's key for the first time may take that over, and its digits with it.
    if (message.channel === "party" && message.encrypted) this.lock.refresh();
    if (message.sender_id === this.client.self?.character_id) return;
    // One answers whoever has whispered last, unless somebody else is being written to.
    if (message.channel === "whisper" && !this.input.value) this.to.value = message.sender_name;
    this.#news(message.channel);
  }

  announce(message) {
    this.announcements.push({ ...message, key: `announcement ${this.announcements.length} ${message.timestamp}` });
    if (this.announcements.length > KEPT_ANNOUNCEMENTS) this.announcements.shift();
    this.sync("global");
    this.#news("global");
  }

  syncAll() {
    for (const channel of CHANNELS) this.sync(channel);
  }

  /** Shows what the client keeps of a channel; rows that stay are not made anew. */
  sync(channel) {
    const list = log(channel);
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const rows = this.rows.get(channel);
    const lines = this.client.getMessages(channel);
    if (channel === "global" && this.announcements.length > 0) {
      lines.push(...this.announcements);
      lines.sort((a, b) => a.timestamp - b.timestamp);
    }
    const kept = new Set(lines.map((line) => line.key));
    for (const [key, row] of rows) {
      if (kept.has(key)) continue;
      row.remove();
      rows.delete(key);
    }
    lines.forEach((line, index) => {
      let row = rows.get(line.key);
      // A sealed line may have been opened since, or have turned out to be unreadable.
      const shown = line.encrypted ? `${line.content} ${this.#unreadable(line) ?? ""}` : undefined;
      if (row && row.dataset.shown !== shown) {
        row.remove();
        row = undefined;
      }
      if (!row) {
        row = (UNSPOKEN[line.type] ?? ((spoken) => this.#row(spoken)))(line);
        if (shown !== undefined) row.dataset.shown = shown;
        rows.set(line.key, row);
      }
      if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
    });
    if (atEnd) list.scrollTop = list.scrollHeight;
  }

  /** The panel with the chat has come into view. */
  seen() {
    this.#mark(this.tabs.chosen, 0);
    this.scrollToEnd();
  }

  scrollToEnd() {
    const list = log(this.tabs.chosen);
    list.scrollTop = list.scrollHeight;
  }

  choose(channel) {
    this.tabs.choose(channel);
  }

  whisperTo(name) {
    this.tabs.choose("whisper");
    this.to.value = name;
    this.#hint();
    this.input.focus();
  }

  #row(line) {
    const own = line.sender_id === this.client.self?.character_id;
    const whisper = line.channel === "whisper";
    const who = own && whisper ? { id: line.recipient_id, name: line.recipient_name } : { id: line.sender_id, name: line.sender_name };
    const name =
      own && !whisper
        ? el("b", { class: "name", text: line.sender_name, tone: nameColor(line.sender_name) })
        : el("button", {
            type: "button",
            tabindex: "-1",
            class: "name",
            "aria-haspopup": "menu",
            text: who.name ?? "Someone",
            tone: nameColor(who.name),
            onclick: (event) => this.onName(event.currentTarget, { character_id: who.id, character_name: who.name }),
          });
    const unreadable = this.#unreadable(line);
    return el(
      "div",
      { class: own ? "chat-line own" : "chat-line", data: { testid: "chat-line", channel: line.channel, sender: line.sender_name ?? "", ...(line.encrypted ? { sealed: unreadable ? "unreadable" : "opened" } : {}) } },
      time(line.timestamp),
      own && whisper ? el("span", { class: "direction", text: "to " }) : null,
      line.encrypted ? el("span", { class: "seal", role: "img", "aria-label": "Sealed", title: "Sealed" }, lockIcon(true)) : null,
      name,
      unreadable ? el("i", { class: "said unreadable", text: unreadable }) : el("span", { class: "said", text: line.content }),
    );
  }

  /** Why a sealed line cannot be read; null for one that can. */
  #unreadable(line) {
    if (!line.encrypted) return null;
    if (line.unreadable) return line.unreadable.message;
    return line.content === COVER && !this.lock.isLocked ? "This is sealed: to read it, set the passphrase." : null;
  }

  /** In a log the names are reached from the log itself, so that it is one stop for the Tab key. */
  #namesByKey(event) {
    const names = [...event.currentTarget.querySelectorAll("button.name")];
    const at = names.indexOf(document.activeElement);
    if (at < 0 && event.key === "Enter" && event.target === event.currentTarget) {
      event.preventDefault();
      return names.at(-1)?.focus();
    }
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (at < 0 || !step) return;
    event.preventDefault();
    names[at + step]?.focus();
  }

  #news(channel) {
    const onView = channel === this.tabs.chosen && byId("panel-chat").offsetParent !== null;
    if (!onView) this.#mark(channel, this.unread.get(channel) + 1);
    this.onUnread(channel);
  }

  #mark(channel, count) {
    this.unread.set(channel, count);
    const tab = this.tabs.tab(channel);
    const mark = tab.querySelector(".count");
    mark.hidden = count === 0;
    setText(mark, count > 99 ? "99+" : count || "");
    if (count > 0) tab.setAttribute("aria-label", `${NAMES[channel]}, ${count} unread`);
    else tab.removeAttribute("aria-label");
  }

  #shown(channel) {
    this.#mark(channel, 0);
    this.#showError("");
    this.#hint();
    this.scrollToEnd();
  }

  #hint() {
    const channel = this.tabs.chosen;
    byId("chat-to-field").hidden = channel !== "whisper";
    this.input.placeholder = HINTS[channel];
    setText(byId("chat-input-label"), LABELS[channel]);
  }

  async #send() {
    const channel = this.tabs.chosen;
    const content = this.input.value.trim();
    if (!content) return;
    if (content.startsWith("/")) return this.#gesture(content);
    const to = this.to.value.trim();
    if (channel === "whisper" && !to) {
      this.#showError("Who is it for? Give a name.");
      return this.to.focus();
    }
    this.input.value = "";
    this.#count();
    this.#showError("");
    try {
      await this.client.sendChat(content, channel, channel === "whisper" ? to : undefined);
      this.sync(channel);
      this.scrollToEnd();
    } catch (error) {
      markHandled(error?.code);
      // What was refused is not lost, unless the next line is already being written.
      if (!this.input.value) this.input.value = content;
      this.#count();
      this.#showError(`Not sent: ${describe(error)}`);
    }
  }

  /** A line such as /wave is a gesture, and no chat. */
  async #gesture(content) {
    this.input.value = "";
    this.#count();
    this.#showError("");
    try {
      await this.client.emote(content.slice(1).trim().toLowerCase());
      this.tabs.choose("global");
    } catch (error) {
      markHandled(error?.code);
      if (!this.input.value) this.input.value = content;
      this.#showError(describe(error));
    }
  }

  /** Somebody whom one sees has made a gesture. */
  gestured(name, { emote, timestamp }) {
    this.announcements.push({ type: "emote", name, emote, timestamp, key: `gesture ${(this.gestures += 1)}` });
    if (this.announcements.length > KEPT_ANNOUNCEMENTS) this.announcements.shift();
    this.sync("global");
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

const log = (channel) => byId(`chat-log-${channel}`);

function announced(message) {
  const title = message.title ? el("b", { text: message.title, tone: "#f6c84c" }) : null;
  return el("div", { class: "chat-line announcement", data: { testid: "chat-announcement" } }, time(message.timestamp), title, el("span", { text: message.content }));
}

function gesture({ name, emote, timestamp }) {
  const what = GESTURES[emote] ?? `makes a gesture: ${emote}`;
  return el("div", { class: "chat-line gesture", data: { testid: "gesture", emote } }, time(timestamp), el("i", { class: "said", text: `${name} ${what}.` }));
}

const UNSPOKEN = { world_announcement: announced, emote: gesture };

function time(seconds) {
  const at = new Date(Number.isFinite(seconds) ? seconds * 1000 : Date.now());
  return el("time", { datetime: at.toISOString(), text: clock.format(at) });
}

const nameColor = (name) => `hsl(${hueOf(name ?? "")} 80% 76%)`;
