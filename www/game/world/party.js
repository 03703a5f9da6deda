// The party panel: who is in it, what one may do there, and whom to invite.

import { confirm } from "../ui/confirm.js";
import { busy, byId, el, setBar, setText } from "../ui/dom.js";
import { describe } from "../ui/errors.js";
import { markHandled, toast } from "../ui/toasts.js";

const LOOT = { equal: "Equal", leader: "Leader", roll: "Dice" };

export class PartyPanel {
  /** `onMember` is called when a member's actions are asked for. */
  constructor(client, onMember) {
    Object.assign(this, { client, onMember });
    this.list = byId("party-list");
    this.rows = new Map();
    this.error = byId("party-error");
    this.inviting = byId("party-invite-form");
    this.loot = byId("party-loot");
    this.loot.append(...Object.entries(LOOT).map(([value, text]) => el("option", { value, text })));
    byId("party-create").addEventListener("click", (event) => this.#run(event.currentTarget, "Creating…", () => client.createParty()));
    byId("party-leave").addEventListener("click", (event) => this.#run(event.currentTarget, "Leaving…", () => client.leaveParty()));
    byId("party-disband").addEventListener("click", (event) => this.#disband(event.currentTarget));
    this.loot.addEventListener("change", () => this.#run(null, "", () => client.setLootSharing(this.loot.value)));
    this.inviting.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#inviteByName();
    });
  }

  get leads() {
    const party = this.client.getParty();
    return Boolean(party) && party.leader_id === this.client.self?.character_id;
  }

  clear() {
    this.#showError("");
    byId("party-invitee").value = "";
    this.show();
  }

  /** Shows the party as the client has it. */
  show() {
    const party = this.client.getParty();
    const members = party?.members ?? [];
    byId("panel-party").dataset.state = party ? (this.leads ? "leader" : "member") : "none";
    setText(byId("party-title"), party?.party_name || "Party");
    for (const id of ["party-count", "tab-party"]) setText(byId(id), party ? `${members.length}/${party.max_members}` : "");
    byId("party-none").hidden = Boolean(party);
    byId("party-create").hidden = Boolean(party);
    byId("party-leave").hidden = !party;
    byId("party-disband").hidden = !this.leads;
    byId("party-loot-field").hidden = !party;
    this.inviting.hidden = Boolean(party) && (!this.leads || members.length >= party.max_members);
    if (party) this.loot.value = party.loot_sharing;
    this.loot.disabled = !this.leads;
    this.#showMembers(members);
  }

  /** Invites somebody, into a new party where one is in none yet. */
  async invite(character) {
    await this.#act(async () => {
      if (!this.client.getParty()) await this.client.createParty();
      const { invitee_name } = await this.client.inviteToParty(character);
      toast(`${invitee_name} is invited for five minutes.`, "info");
    }, toast);
  }

  #showMembers(members) {
    const present = new Set(members.map((member) => member.character_id));
    for (const [id, row] of this.rows) {
      if (present.has(id)) continue;
      row.node.remove();
      this.rows.delete(id);
    }
    members.forEach((member, index) => {
      const row = this.#row(member);
      row.member = member;
      row.node.classList.toggle("offline", !member.online);
      row.node.dataset.online = String(member.online);
      row.node.dataset.leader = String(member.is_leader);
      row.mark.hidden = !member.is_leader;
      setText(row.state, member.online ? "online" : "offline");
      row.state.classList.toggle("unseen", member.online);
      // What the server has not told is not shown as none.
      row.bar.hidden = member.health === null || !member.max_health;
      if (!row.bar.hidden) setBar(row.fill, row.amount, member.health, member.max_health);
      if (this.list.children[index] !== row.node) this.list.insertBefore(row.node, this.list.children[index] ?? null);
    });
  }

  #row(member) {
    const known = this.rows.get(member.character_id);
    if (known) return known;
    const own = member.character_id === this.client.self?.character_id;
    const row = { member };
    row.mark = el("span", { class: "leader-mark", role: "img", "aria-label": "Leader", title: "Leader", text: "♛" });
    row.state = el("span");
    row.fill = el("span", { class: "fill" });
    row.amount = el("span", { class: "amount" });
    row.bar = el("dl", { class: "bar health", data: { testid: "member-health" } }, el("dt", { class: "unseen", text: "Health" }), el("dd", {}, row.fill, row.amount));
    const actions = own
      ? null
      : el("button", {
          type: "button",
          class: "more",
          "aria-haspopup": "menu",
          "aria-label": `Actions for ${member.character_name}`,
          data: { testid: "member-actions" },
          text: "⋯",
          onclick: (event) => this.onMember(event.currentTarget, row.member),
        });
    row.node = el(
      "li",
      { class: "party-member", data: { testid: "party-member", name: member.character_name, id: member.character_id } },
      el("span", { class: "who" }, row.mark, el("span", { class: "name", text: own ? `${member.character_name} (you)` : member.character_name })),
      el("span", { class: "presence" }, row.state),
      actions,
      row.bar,
    );
    this.rows.set(member.character_id, row);
    return row;
  }

  async #inviteByName() {
    const input = byId("party-invitee");
    const name = input.value.trim();
    if (!name) return input.focus();
    await this.#act(() => busy(byId("party-invite"), "…", async () => {
      if (!this.client.getParty()) await this.client.createParty();
      const { invitee_name } = await this.client.inviteToParty(name);
      input.value = "";
      toast(`${invitee_name} is invited for five minutes.`, "info");
    }));
  }

  async #disband(button) {
    const sure = await confirm("Disband the party?", "It ends for all its members.", { ok: "Disband", cancel: "Stay together" });
    if (sure) await this.#run(button, "Disbanding…", () => this.client.disbandParty());
  }

  #run(button, label, work) {
    return this.#act(() => (button ? busy(button, label, work) : work()));
  }

  /** Does something whose refusal is shown in the panel, or where `say` says it. */
  async #act(work, say = (text) => this.#showError(text)) {
    this.#showError("");
    try {
      await work();
    } catch (error) {
      markHandled(error?.code);
      say(describe(error));
    }
    this.show();
  }

  #showError(text) {
    this.error.hidden = !text;
    setText(this.error, text);
  }
}
