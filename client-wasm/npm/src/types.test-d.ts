// Tests of the types: tsc is the runner, and a line that must not compile says so.
import type {
  ChatLine,
  ChatMessage,
  ClientMessage,
  ErrorCode,
  Events,
  Invitation,
  LocationUpdate,
  Party,
  PartyInvite,
  PartyUpdate,
  PastChat,
  Requests,
  ServerMessage,
  ServerMessages,
  messages,
} from "./index.js";
import { ShardlinkClient, ShardlinkError } from "./index.js";

/** Compiles for equal types alone. */
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_Condition extends true>(): void => {};

const client = new ShardlinkClient();

// `on` infers the message from its type.
client.on("chat", (message) => {
  holds<Equal<typeof message, ServerMessages["chat"]>>();
  holds<Equal<typeof message.type, "chat">>();
  holds<Equal<typeof message.timestamp, number>>();
  holds<Equal<typeof message.channel, "global" | "party" | "faction" | "whisper">>();
  holds<Equal<typeof message.recipient_id, number | null>>();
  // @ts-expect-error: a chat has no such field.
  message.reality_stability;
});
client.on("location_update", ({ players }) => {
  holds<Equal<typeof players, messages.PlayerHere[]>>();
  holds<Equal<(typeof players)[number]["position"], { x: number; y: number; z: number }>>();
});
client.on("world_state", (message) => {
  holds<Equal<(typeof message.faction_shard_counts)["Crimson Covenant"], number>>();
  holds<Equal<typeof message.dominant_faction, messages.Faction | null>>();
});
client.on("error", ({ error_code, details }) => {
  holds<Equal<typeof error_code, ErrorCode>>();
  holds<Equal<typeof details, { field: string | null; retry_after: number | null } | null>>();
});
client.on("status", ({ state }) => holds<Equal<typeof state, "connecting" | "connected" | "reconnecting" | "closed">>());
client.on("status", ({ resumed }) => holds<Equal<typeof resumed, true | undefined>>());
// @ts-expect-error: only clients send these.
client.on("auth_request", () => {});
// @ts-expect-error: no such type.
client.on("chit_chat", () => {});

client.on("party", ({ party }) => holds<Equal<typeof party, Party | null>>());
client.on("party_presence", ({ online }) => holds<Equal<typeof online, boolean>>());
client.on("invitation", ({ seconds_left }) => holds<Equal<typeof seconds_left, number>>());
client.on("invitation_ended", ({ outcome }) => holds<Equal<typeof outcome, "accepted" | "declined" | "withdrawn" | "expired">>());
// @ts-expect-error: what stands no more has no time left.
client.on("invitation_ended", ({ seconds_left }) => seconds_left);

// Every message of the server can be heard, and the client's own besides.
holds<Equal<Exclude<keyof Events, keyof ServerMessages>, "status" | "handler_error" | "party" | "party_presence" | "invitation" | "invitation_ended">>();

// `type` tells the messages of either direction apart.
export function heard(message: ServerMessage): number {
  switch (message.type) {
    case "position_correction":
      return message.client_seq;
    case "whisper":
      return message.content.length;
    case "chat_history":
      return message.messages.map((past) => past.chat.content.length + past.timestamp).length;
    default:
      // @ts-expect-error: what is left has no such field in common.
      return message.client_seq;
  }
}
holds<Equal<Extract<ServerMessage, { type: "party_update" }>, ServerMessages["party_update"]>>();

// What a client may leave out may be left out, null, or undefined.
// Leaving out what it must say is an error.
export const sent: ClientMessage[] = [
  { type: "ping", version: "1.0.0" },
  { type: "chat", version: "1.0.0", message_id: "1", content: "Hello!", channel: null },
  { type: "item_drop", version: "1.0.0", item_id: 7 },
  // @ts-expect-error: without its content.
  { type: "chat", version: "1.0.0" },
  // @ts-expect-error: only servers send it.
  { type: "pong", version: "1.0.0" },
  // @ts-expect-error: no such channel.
  { type: "chat", version: "1.0.0", content: "Hello!", channel: "shout" },
];

// What the promises give.
holds<Equal<Awaited<ReturnType<typeof client.sendChat>>, ChatMessage>>();
holds<Equal<ChatMessage["type"], "chat" | "whisper" | "party_chat" | "faction_chat">>();
holds<Equal<Awaited<ReturnType<typeof client.sendMove>>, LocationUpdate>>();
holds<Equal<LocationUpdate, ServerMessages["location_update"]>>();
// @ts-expect-error: the world's state by REST is no message.
export const state = async () => (await client.getWorldState()).type;

// Parties and chat: whom by id or by name, what is known without asking, and what a promise gives.
holds<Equal<ReturnType<typeof client.getParty>, Party | null>>();
holds<Equal<ReturnType<typeof client.getInvitations>, Invitation[]>>();
holds<Equal<ReturnType<typeof client.getMessages>, ChatLine[]>>();
holds<Equal<Awaited<ReturnType<typeof client.getHistory>>, PastChat[]>>();
holds<Equal<Awaited<ReturnType<typeof client.createParty>>, PartyUpdate>>();
holds<Equal<Awaited<ReturnType<typeof client.inviteToParty>>, PartyInvite>>();
holds<Equal<Awaited<ReturnType<typeof client.leaveParty>>, void>>();
holds<Equal<PartyUpdate, ServerMessages["party_update"]>>();
void client.inviteToParty(7);
void client.inviteToParty("Bran");
void client.sendWhisper("Bran", "psst");
void client.getHistory("party", { before: 7 });
void client.setLootSharing("roll");
// @ts-expect-error: no such rule.
void client.setLootSharing("finders keepers");
// @ts-expect-error: no such channel.
void client.getHistory("shout");
// @ts-expect-error: only the server changes a party.
client.getParty() = null;

// Any request by its type: its fields and its answer are the protocol's.
holds<Equal<Awaited<ReturnType<typeof client.request<"party_promote">>>, ServerMessages["party_update"]>>();
holds<Equal<Requests["trade_accept"]["answer"], ServerMessages["trade_update"] | ServerMessages["trade_complete"]>>();
holds<Equal<Requests["party_kick"]["refusal"], "NOT_IN_PARTY" | "NOT_LEADER" | "NOT_FOUND">>();
holds<Equal<Requests["ping"]["refusal"], never>>();
void client.request("party_promote", { party_id: 7, character_id: 8 }).then(({ party_version }) => party_version);
void client.request("inventory", {}).then(({ items }) => items.length);
void client.request("chat", { content: "hello" });
// @ts-expect-error: a field is missing.
void client.request("party_promote", { character_id: 8 });
// @ts-expect-error: a field of another kind.
void client.request("party_promote", { party_id: "7", character_id: 8 });
// @ts-expect-error: no such field.
void client.request("party_leave", { party_id: 7, loudly: true });
// @ts-expect-error: the envelope is the client's.
void client.request("party_leave", { party_id: 7, message_id: "7" });
// @ts-expect-error: nothing answers it.
void client.request("ack", { last_seq: 7 });
// @ts-expect-error: only the server sends it.
void client.request("party_update", {});

// The server's time and the latency are not known before they were measured.
holds<Equal<typeof client.latency, number | null>>();
holds<Equal<ReturnType<typeof client.serverTime>, number | null>>();
// @ts-expect-error: measured, not set.
client.latency = 5;

// A game may leave it to the client to measure the velocity, and may choose how far
// in the past others are shown.
client.sendPositionUpdate({ x: 1, y: 2 });
client.sendPositionUpdate({ x: 1, y: 2 }, { x: 0, y: 0 });
new ShardlinkClient({ interpolationDelay: 200 });
// @ts-expect-error: in milliseconds.
new ShardlinkClient({ interpolationDelay: "200ms" });

// The codes are known, and others possible.
export const known = (error: ShardlinkError): boolean => error.code === "NAME_TAKEN" || error.code === "A_NEWER_ONE";
