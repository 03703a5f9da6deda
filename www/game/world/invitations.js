// Invitations into parties, each with the time it still stands.

import { busy, byId, el, setText } from "../ui/dom.js";
import { describe } from "../ui/errors.js";
import { markHandled, toast } from "../ui/toasts.js";

const TICK_MS = 500;

const ENDINGS = {
  withdrawn: (name) => `${name} has taken the invitation back.`,
  expired: (name) => `The invitation of ${name} has expired.`,
};

export class Invitations {
  constructor(client) {
    this.client = client;
    this.list = byId("invitations");
    this.cards = new Map();
  }

  start() {
    this.show();
    this.timer = setInterval(() => this.show(), TICK_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.cards.clear();
    this.list.replaceChildren();
    this.list.hidden = true;
  }

  ended({ outcome, inviter_name }) {
    this.show();
    const ending = ENDINGS[outcome];
    if (ending) toast(ending(inviter_name), "info");
  }

  /** Shows those that stand, as the client has them. */
  show() {
    const open = this.client.getInvitations();
    const present = new Set(open.map((invitation) => invitation.party_id));
    for (const [id, card] of this.cards) {
      if (present.has(id)) continue;
      card.node.remove();
      this.cards.delete(id);
    }
    for (const invitation of open) {
      const card = this.cards.get(invitation.party_id) ?? this.#card(invitation);
      setText(card.left, left(invitation.seconds_left));
    }
    this.list.hidden = open.length === 0;
  }

  #card(invitation) {
    const { party_id, party_name, inviter_name } = invitation;
    const card = { left: el("span", { class: "left", role: "timer", "aria-live": "off", data: { testid: "invitation-left" } }) };
    const answer = (label, ask) => async (event) => {
      const buttons = card.node.querySelectorAll("button");
      buttons.forEach((button) => (button.disabled = true));
      try {
        await busy(event.currentTarget, label, ask);
      } catch (error) {
        markHandled(error?.code);
        toast(describe(error));
      } finally {
        buttons.forEach((button) => (button.disabled = false));
        this.show();
      }
    };
    const into = party_name ? `into “${party_name}”` : "into a party";
    card.node = el(
      "div",
      { class: "panel invitation", data: { testid: "invitation", from: inviter_name } },
      el("p", {}, el("b", { text: inviter_name }), ` invites you ${into}. `, card.left),
      el("div", { class: "actions" },
        el("button", { type: "button", class: "button primary", data: { testid: "invitation-accept" }, "aria-label": `Accept the invitation of ${inviter_name}`, text: "Accept", onclick: answer("Joining…", () => this.client.acceptInvite(party_id)) }),
        el("button", { type: "button", class: "button ghost", data: { testid: "invitation-decline" }, "aria-label": `Decline the invitation of ${inviter_name}`, text: "Decline", onclick: answer("Declining…", () => this.client.declineInvite(party_id)) }),
      ),
    );
    this.cards.set(party_id, card);
    this.list.append(card.node);
    return card;
  }
}

/** Such as 4:05. */
function left(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} left`;
}
