// What one does with other players: whispers, invitations, mutes, and what a leader may.

import { byId, el, setText } from "../ui/dom.js";
import { describe } from "../ui/errors.js";
import { openMenu } from "../ui/menu.js";
import { markHandled, toast } from "../ui/toasts.js";
import { CHANNELS, Chat } from "./chat.js";
import { Invitations } from "./invitations.js";
import { PartyPanel } from "./party.js";

export class Social {
  /** `actions`: onUnread(), openChat(). */
  constructor(client, actions) {
    Object.assign(this, { client, actions });
    const menu = (button, who) => this.menu(button, who);
    this.chat = new Chat(client, { onUnread: actions.onUnread, onName: menu });
    this.party = new PartyPanel(client, menu);
    this.invitations = new Invitations(client);
    /** Names by id, of those one has muted. */
    this.names = new Map();
  }

  enter() {
    this.chat.clear();
    this.party.clear();
    this.invitations.start();
    this.#showMuted();
  }

  leave() {
    this.invitations.stop();
    this.chat.lock.close();
  }

  subscribe() {
    const { client, chat } = this;
    return [
      ...["chat", "whisper", "party_chat", "faction_chat"].map((type) => client.on(type, (message) => chat.receive(message))),
      client.on("chat_history", ({ channel }) => chat.sync(channel)),
      client.on("world_announcement", (message) => chat.announce(message)),
      client.on("mute", () => this.#muted()),
      client.on("emote", (message) => chat.gestured(this.#nameOf(message.character_id), message)),
      client.on("party", ({ party }) => {
        this.party.show();
        chat.lock.refresh();
        if (!party) chat.sync("party");
      }),
      client.on("party_presence", ({ character_name, online }) => toast(`${character_name} is ${online ? "back" : "away"}.`, "info")),
      client.on("invitation", () => this.invitations.show()),
      client.on("invitation_ended", (ended) => this.invitations.ended(ended)),
    ];
  }

  #nameOf(id) {
    const { self } = this.client;
    if (self?.character_id === id) return self.character_name;
    return this.client.getNearbyPlayers().find((player) => player.character_id === id)?.character_name ?? "Someone";
  }

  /** What one may do with somebody, in a menu at `button`. */
  menu(button, { character_id: id, character_name: name }) {
    const party = this.client.getParty();
    const isMember = Boolean(party?.members.some((member) => member.character_id === id));
    const { leads } = this.party;
    const mayInvite = !isMember && (!party || (leads && party.members.length < party.max_members));
    const isMuted = this.client.getMuted().includes(id);
    openMenu(button, name, [
      { id: "whisper", label: "Whisper", run: () => this.#whisper(name) },
      ...(mayInvite ? [{ id: "invite", label: "Invite to party", run: () => this.party.invite(id) }] : []),
      ...(isMember && leads
        ? [
            { id: "promote", label: "Make leader", run: () => this.#ask(() => this.client.promote(id)) },
            { id: "kick", label: "Remove from party", danger: true, run: () => this.#ask(() => this.client.kickFromParty(id)) },
          ]
        : []),
      isMuted
        ? { id: "unmute", label: "Unmute", run: () => this.#ask(() => this.client.unmute(id)) }
        : { id: "mute", label: "Mute", danger: true, run: () => this.#mute(id, name) },
    ]);
  }

  #whisper(name) {
    this.actions.openChat();
    this.chat.whisperTo(name);
  }

  #mute(id, name) {
    this.names.set(id, name);
    return this.#ask(async () => {
      await this.client.mute(id);
      toast(`${name} is muted.`, "info");
    });
  }

  /** Who is muted has changed: what is shown of the chat has too. */
  #muted() {
    for (const channel of CHANNELS) this.chat.sync(channel);
    this.#showMuted();
  }

  #showMuted() {
    const muted = this.client.getMuted();
    byId("muted").hidden = muted.length === 0;
    setText(byId("muted-count"), muted.length);
    byId("muted-list").replaceChildren(
      ...muted.map((id) => {
        const name = this.names.get(id) ?? `Character ${id}`;
        return el(
          "li",
          { data: { testid: "muted", id } },
          el("span", { class: "name", text: name }),
          el("button", { type: "button", class: "button ghost", "aria-label": `Unmute ${name}`, text: "Unmute", onclick: () => this.#ask(() => this.client.unmute(id)) }),
        );
      }),
    );
  }

  async #ask(work) {
    try {
      await work();
    } catch (error) {
      markHandled(error?.code);
      toast(describe(error));
    }
  }
}
