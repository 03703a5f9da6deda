// What one says, and with whom one plays: chat, parties, gestures.
import { Core, SEALED, nothing } from "./core.js";
import { idOf } from "./options.js";
import type {
  Channel,
  ChatLine,
  ChatMessage,
  Invitation,
  KeyOwner,
  KeySource,
  LootSharing,
  Party,
  PartyInvite,
  PartyUpdate,
  PastChat,
  RequestType,
  Requests,
} from "./types.js";

export abstract class Social extends Core {
  #hearsSealed = false;

  /**
   * Says something, of 1 to 500 characters. Resolves with one's own copy once the message is
   * delivered; `on` hears the copy too, as a message of the channel's type. A whisper names its
   * recipient by id or by name. Rejects with EMPTY, TOO_LONG, MUTED (by those who run the
   * realm), RATE_LIMITED, NOT_IN_PARTY (on "party"), RECIPIENT_OFFLINE, or NOT_FOUND for a
   * recipient that does not exist.
   */
  async sendChat(message: string, channel: Channel = "global", recipient?: number | string): Promise<ChatMessage> {
    const content = message.normalize("NFC");
    const to = { channel, recipient_id: byId(recipient), recipient_name: byName(recipient) };
    if (!this.sealing.isUsed) return this.request("chat", { content, ...to });
    const sealed = await this.run(() => this.sealing.seal(content, channel, byId(recipient) ?? undefined, this.place()));
    return this.sealing.said(await this.request("chat", { ...(sealed ?? { content }), ...to }), content);
  }

  /**
   * Seals what is said to the party from now on, so that neither the server nor anybody else
   * reads it who has not the same key: a passphrase of 8 to 256 bytes that was agreed upon
   * elsewhere, a new random key, or one that a friend has handed on. Keys before it still open;
   * null forgets them. Who joins another party needs another key. docs/encryption.md says what
   * this protects. Rejects with INVALID_FIELD for what is no key.
   */
  setPartyKey(source: KeySource | null): Promise<void> {
    return this.#withKeys(() => this.sealing.setPartyKey(source, () => this.place()));
  }

  /** The same for whispers with a character, either way; they are then sent by its id. */
  setWhisperKey(characterId: number, source: KeySource | null): Promise<void> {
    return this.#withKeys(() => this.sealing.setWhisperKey(idOf(characterId, "characterId"), source));
  }

  /** Digits that are alike for all who have the same key; people compare them. Null without a key. */
  getFingerprint(owner: KeyOwner): Promise<string | null> {
    return this.run(() => this.sealing.fingerprint(owner));
  }

  /** A random key as a text to hand on; null without one, and for a passphrase. */
  exportKey(owner: KeyOwner): Promise<string | null> {
    return this.run(() => this.sealing.exportKey(owner));
  }

  /** {@link sendChat} to one character, by id or by name, wherever it is in the world. */
  sendWhisper(recipient: number | string, message: string): Promise<ChatMessage> {
    return this.sendChat(message, "whisper", recipient);
  }

  /** {@link sendChat} to one's faction. */
  sendFactionChat(message: string): Promise<ChatMessage> {
    return this.sendChat(message, "faction");
  }

  /** {@link sendChat} to one's party. */
  sendPartyChat(message: string): Promise<ChatMessage> {
    return this.sendChat(message, "party");
  }

  /**
   * The last 50 messages of a channel that the server keeps, the oldest first, or those before
   * the message with the number `before`. The server keeps no whispers: for "whisper" this
   * gives those heard since one entered the world. On "party" it rejects with NOT_IN_PARTY.
   */
  async getHistory(channel: Channel, options: { before?: number | undefined } = {}): Promise<PastChat[]> {
    if (channel !== "whisper") {
      const { messages } = await this.request("chat_history", { channel, before: options.before ?? null });
      await this.sealing.openAll(messages, this.place());
      return messages;
    }
    return this.run<PastChat[]>(async () => {
      const lines = this.getMessages("whisper");
      const { before = Infinity } = options;
      const earlier = lines.filter(({ key }) => key < before);
      return earlier.map(({ key, number: _, timestamp, ...chat }) => ({ number: key, timestamp, chat }));
    });
  }

  /**
   * What to show of a channel at this moment: its last 50 lines, the oldest first, from what
   * was heard and from the histories that came, each line once, without those of characters
   * that one has muted. Changes with the channel's messages, `chat_history`, `mute` and
   * `party`.
   */
  getMessages(channel: Channel): ChatLine[] {
    return this.sealing.showAll(this.kept<ChatLine[]>(`messages:${channel}`, []), () => this.place());
  }

  /**
   * Hears no more of a character, nor any invitation from it, from now on and on all
   * devices. Rejects with NOT_FOUND or TOO_MANY_MUTED (100).
   */
  mute(characterId: number): Promise<void> {
    return this.request("mute", { character_id: characterId, muted: true }).then(nothing);
  }

  /** Hears a muted character again. */
  unmute(characterId: number): Promise<void> {
    return this.request("mute", { character_id: characterId, muted: false }).then(nothing);
  }

  /** The ids of those whom one has muted. */
  getMuted(): number[] {
    return this.kept<number[]>("muted", []);
  }

  /** Makes a gesture, which everybody sees who sees one's character: wave, dance, bow, cheer, point or sit. */
  emote(name: string): Promise<void> {
    return this.request("emote", { emote: name }).then(nothing);
  }

  /** The party one is in, as it was told last; null in none. `on("party", …)` hears its changes. */
  getParty(): Party | null {
    return this.kept<Party | null>("party", null);
  }

  /** The invitations one has, the oldest first. */
  getInvitations(): Invitation[] {
    return this.kept<Invitation[]>("invitations", []);
  }

  /**
   * Founds a party, which one leads; its name may have 160 bytes. Like every method that
   * changes a party, it resolves with the party as the server then has it; by then
   * {@link getParty} gives that too. Rejects with ALREADY_IN_PARTY.
   */
  createParty(name?: string): Promise<PartyUpdate> {
    return this.request("party_create", { party_name: name?.normalize("NFC") });
  }

  /**
   * Invites somebody, by id or by name, for five minutes. Only the leader may invite, and only
   * a character that is in the world: rejects with NOT_IN_PARTY, NOT_LEADER, PARTY_FULL,
   * ALREADY_IN_PARTY, RECIPIENT_OFFLINE or NOT_FOUND.
   */
  inviteToParty(character: number | string): Promise<PartyInvite> {
    return this.#ofOwnParty("party_invite", { invitee_id: byId(character), invitee_name: byName(character) });
  }

  /** Takes an invitation back. Only the leader may; rejects with NOT_LEADER, or NOT_FOUND where there is none. */
  withdrawInvite(characterId: number): Promise<PartyUpdate> {
    return this.#ofOwnParty("party_withdraw", { character_id: characterId });
  }

  /** Joins a party that one is invited into. Rejects with PARTY_FULL, ALREADY_IN_PARTY, or NOT_FOUND where the invitation stands no more. */
  acceptInvite(partyId: number): Promise<PartyUpdate> {
    return this.request("party_accept", { party_id: partyId });
  }

  /** Turns an invitation down. Rejects with NOT_FOUND where it stands no more. */
  declineInvite(partyId: number): Promise<void> {
    return this.request("party_decline", { party_id: partyId }).then(nothing);
  }

  /** Leaves the party. If the leader leaves, the longest member leads; the last one out ends it. Rejects with NOT_IN_PARTY. */
  leaveParty(): Promise<void> {
    return this.#ofOwnParty("party_leave", {}).then(nothing);
  }

  /** Puts a member out. Only the leader may; rejects with NOT_LEADER or NOT_FOUND. */
  kickFromParty(characterId: number): Promise<PartyUpdate> {
    return this.#ofOwnParty("party_kick", { character_id: characterId });
  }

  /** Ends the party, for all. Only the leader may; rejects with NOT_LEADER. */
  disbandParty(): Promise<void> {
    return this.#ofOwnParty("party_disband", {}).then(nothing);
  }

  /** Makes a member the leader. Only the leader may; rejects with NOT_LEADER or NOT_FOUND. */
  promote(characterId: number): Promise<PartyUpdate> {
    return this.#ofOwnParty("party_promote", { character_id: characterId });
  }

  /** Changes who gets what an enemy leaves. Only the leader may; rejects with NOT_LEADER. */
  setLootSharing(rule: LootSharing): Promise<PartyUpdate> {
    return this.#ofOwnParty("party_loot", { loot_sharing: rule });
  }

  /** A request about the party that one is in: the client knows which. Rejects with NOT_IN_PARTY without one. */
  #ofOwnParty<Type extends RequestType>(
    type: Type,
    fields: Omit<Requests[Type]["fields"], "party_id">,
  ): Promise<Requests[Type]["answer"]> {
    return this.run((raw) => raw.request(type, fields));
  }

  /** At once, so that what is said after this waits for the key. */
  #withKeys(set: () => Promise<void>): Promise<void> {
    return this.unlessEnded(() => {
      if (!this.#hearsSealed) {
        this.#hearsSealed = true;
        // What nobody hears is not made, and would never be opened.
        for (const event of SEALED) this.on(event, nothing);
        this.on("party", ({ party }) => party && this.sealing.inParty(party.party_id));
      }
      return set();
    });
  }
}

const byId = (character: number | string | undefined) => (typeof character === "number" ? character : null);
const byName = (character: number | string | undefined) => (typeof character === "string" ? character : null);
