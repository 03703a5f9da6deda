//! The messages: one file for each family, and here the two sets (what clients
//! send, what servers send) with each type's tag, name and priority.
//!
//! A type that both sides send (chat, move) has one tag and a struct for each direction: a
//! server writes every field, a client may leave some out.

#[macro_use]
mod wire_enum;

pub mod account;
pub mod bounded;
pub mod character;
pub mod chat;
pub mod combat;
pub mod emote;
pub mod envelope;
pub mod error;
pub mod movement;
pub mod party;
pub mod quest;
pub mod signal;
pub mod trade;
pub mod world;

use crate::codec::{
    fields, reading,
    table::{Kind, Wire},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use envelope::{Envelope, RequestId, Timestamp};

/// The major version; messages of another are refused.
pub const MAJOR: u32 = 1;

/// The version that JSON messages are stamped with.
pub const VERSION: &str = "1.0.0";

/// The subprotocol of the binary encoding.
pub const SUBPROTOCOL_BINARY: &str = "shardlink.v1.bin";

/// The subprotocol of JSON. Without a subprotocol a socket speaks JSON too.
pub const SUBPROTOCOL_JSON: &str = "shardlink.v1.json";

/// The prefix of the resume token that a client offers beside the subprotocol.
pub const SUBPROTOCOL_RESUME: &str = "resume.";

/// How urgent a message is: its lane, and whether it may be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Newest wins.
    Low = 0,
    /// Reliable for chat; newest wins for positions.
    Normal = 1,
    /// Reliable.
    High = 2,
    /// Reliable, before all else.
    Critical = 3,
}

/// A type of message: a row of the table.
#[derive(Debug, Clone, Copy)]
pub struct MessageType {
    /// Its tag in binary.
    pub tag: u8,
    /// Its name in JSON.
    pub name: &'static str,
    /// Its priority.
    pub priority: Priority,
    /// Its fields, for the table-driven codec.
    pub fields: &'static Kind,
    /// Whether it is a request, which carries a message_id and is answered or refused.
    pub is_request: bool,
}

impl PartialEq for MessageType {
    fn eq(&self, other: &Self) -> bool {
        (self.tag, self.name, self.priority) == (other.tag, other.name, other.priority)
    }
}

impl Eq for MessageType {}

/// The messages of one direction.
pub trait MessageSet: Sized {
    /// The types of this direction.
    const TYPES: &'static [MessageType];

    /// The types of the other direction, to tell "not allowed" from "unknown".
    const OTHER_TYPES: &'static [MessageType];

    /// The type of this tag.
    #[must_use]
    fn type_of_tag(tag: u8) -> Option<&'static MessageType> {
        Self::TYPES.iter().find(|row| row.tag == tag)
    }

    /// The type of this name.
    #[must_use]
    fn type_of_name(name: &str) -> Option<&'static MessageType> {
        Self::TYPES.iter().find(|row| row.name == name)
    }

    /// The type of this message.
    fn message_type(&self) -> &'static MessageType;

    /// Serializes the fields, without the envelope.
    fn serialize_body<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads the fields of the type of this tag from any format; `None` if there is
    /// no such type.
    fn deserialize_body<'de, D: Deserializer<'de>>(tag: u8, deserializer: D) -> Option<Result<Self, D::Error>>;

    /// Reads the fields of the type of this name; `None` if there is no such type.
    fn from_json(name: &str, text: &str) -> Option<Result<Self, reading::BodyError>>;

    /// Reads the fields of the type of this tag; `None` if there is no such type.
    fn from_binary(tag: u8, body: &[u8]) -> Option<Result<Self, fields::BodyError>>;
}

/// A message's fields as something that serializes.
pub struct Body<'a, M>(pub &'a M);

impl<M: MessageSet> Serialize for Body<'_, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_body(serializer)
    }
}

macro_rules! messages {
    (@row $tag:literal $body:ty, $name:literal $priority:ident $([$($answer:ident)+])?) => {
        MessageType {
            tag: $tag,
            name: $name,
            priority: Priority::$priority,
            fields: <$body as Wire>::KIND,
            is_request: messages!(@is_request $([$($answer)+])?),
        }
    };
    (@is_request) => {
        false
    };
    (@is_request [$($answer:ident)+]) => {
        true
    };
    ($(#[$doc:meta])* $set:ident, other $other:ident {
        $(
            $(#[doc = $meaning:literal])*
            $tag:literal $variant:ident($body:ty) $name:literal $priority:ident
            $(=> $($answer:ident)|+ $(, refused $($error:ident)|+)?)?;
        )*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)] // Each is documented at its struct.
        pub enum $set {
            $($(#[doc = $meaning])* $variant($body),)*
        }

        #[cfg(feature = "schema")]
        impl crate::schema::Described for $set {
            fn rows(generator: &mut schemars::SchemaGenerator) -> Vec<crate::schema::Row> {
                vec![$(crate::schema::Row {
                    answers: vec![$($((|message: &$other| matches!(message, $other::$answer(_)), stringify!($answer)).1),+)?],
                    errors: vec![$($($(crate::ErrorCode::$error),+)?)?],
                    ..crate::schema::Row::of::<$body>($tag, stringify!($variant), concat!($($meaning),*), generator)
                }),*]
            }
        }

        impl MessageSet for $set {
            const TYPES: &'static [MessageType] =
                &[$(messages!(@row $tag $body, $name $priority $([$($answer)+])?)),*];
            const OTHER_TYPES: &'static [MessageType] = $other::TYPES;

            fn message_type(&self) -> &'static MessageType {
                match self {
                    $(Self::$variant(_) => {
                        &const { messages!(@row $tag $body, $name $priority $([$($answer)+])?) }
                    })*
                }
            }

            fn serialize_body<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(body) => body.serialize(serializer),)*
                }
            }

            fn deserialize_body<'de, D: Deserializer<'de>>(
                tag: u8,
                deserializer: D,
            ) -> Option<Result<Self, D::Error>> {
                match tag {
                    $($tag => Some(Deserialize::deserialize(deserializer).map(Self::$variant)),)*
                    _ => None,
                }
            }

            fn from_json(name: &str, text: &str) -> Option<Result<Self, reading::BodyError>> {
                match name {
                    $($name => Some(reading::read_body(text).map(Self::$variant)),)*
                    _ => None,
                }
            }

            fn from_binary(tag: u8, body: &[u8]) -> Option<Result<Self, fields::BodyError>> {
                match tag {
                    $($tag => Some(fields::read_body(body).map(Self::$variant)),)*
                    _ => None,
                }
            }
        }
    };
}

// Where a struct serves several types, their rows say what each type means.
//
// A row of what clients send names, after `=>`, the messages of servers that answer it, and
// after `refused` the errors of its own that it may get instead. It does not repeat the errors
// that any request may get (schema.rs, ANY_REQUEST). A row without answers is no request.
//
// Tags are never reused. 1–9 connection, 10–19 character, 20–29 movement,
// 30–39 chat and emotes, 40–54 party, 55–69 combat, 70–79 world, 80–89 trade and items,
// 90–99 quests and events, 100–109 connection again, 110–119 signals,
// 120–127 errors; a type of both directions has one tag.
messages!(
    /// What a client may send.
    ClientMessage, other ServerMessage {
        1 AuthRequest(account::AuthRequest) "auth_request" Critical
            => AuthResponse, refused AlreadyAuthenticated;
        3 Disconnect(account::Disconnect) "disconnect" Critical;
        4 Ping(account::Ping) "ping" Low => Pong;
        6 Resume(account::Resume) "resume" Critical => Resumed;
        8 Ack(account::Ack) "ack" Low;
        10 CharacterList(character::CharacterListRequest) "character_list" Normal => CharacterList;
        11 CharacterSelect(character::CharacterSelect) "character_select" Normal
            => CharacterUpdate, refused NotYourCharacter;
        12 CharacterCreate(character::CharacterCreate) "character_create" Normal
            => CharacterUpdate, refused NameTaken | NameReserved | TooManyCharacters;
        14 CharacterDelete(character::CharacterDelete) "character_delete" Normal
            => CharacterList, refused NotYourCharacter | CharacterOnline;
        20 Move(movement::MoveRequest) "move" Normal
            => LocationUpdate | Move, refused NotYourCharacter | NotThere | UnknownLocation | NotAdjacent | MoveRejected;
        21 OwnMove(movement::OwnMove) "own_move" Normal => Move, refused MoveRejected;
        /// Says something on a channel.
        30 Chat(chat::SendChat) "chat" Normal
            => Chat | Whisper | PartyChat | FactionChat, refused Empty | TooLong | RateLimited | Muted | NotInParty | NotYourCharacter | RecipientOffline | NotFound;
        /// Says something to one character.
        31 Whisper(chat::SendChat) "whisper" Normal
            => Whisper, refused Empty | TooLong | RateLimited | Muted | NotYourCharacter | RecipientOffline | NotFound;
        /// Says something to the party.
        32 PartyChat(chat::SendChat) "party_chat" Normal
            => PartyChat, refused Empty | TooLong | RateLimited | Muted | NotInParty | NotYourCharacter;
        /// Says something to the faction.
        33 FactionChat(chat::SendChat) "faction_chat" Normal
            => FactionChat, refused Empty | TooLong | RateLimited | Muted | NotYourCharacter;
        35 ChatHistory(chat::ChatHistoryRequest) "chat_history" Normal => ChatHistory, refused NotInParty;
        36 Mute(chat::Mute) "mute" Normal => Mute, refused NotFound | TooManyMuted;
        37 Emote(emote::SendEmote) "emote" Normal => Emote, refused InvalidField | RateLimited;
        40 PartyCreate(party::PartyCreate) "party_create" Normal
            => PartyUpdate, refused AlreadyInParty | InvalidField | NameReserved;
        41 PartyInvite(party::SendPartyInvite) "party_invite" High
            => PartyInvite, refused NotInParty | NotLeader | PartyFull | RecipientOffline | NotFound | AlreadyInParty | RateLimited | InvalidField;
        /// Joins a party by its invitation.
        42 PartyAccept(party::PartyReference) "party_accept" Normal
            => PartyUpdate, refused NotFound | PartyFull | AlreadyInParty;
        /// Turns an invitation down.
        43 PartyDecline(party::PartyReference) "party_decline" Normal => PartyUpdate, refused NotFound;
        /// Leaves the party.
        44 PartyLeave(party::PartyReference) "party_leave" Normal => PartyUpdate, refused NotInParty;
        /// Ends the party.
        45 PartyDisband(party::PartyReference) "party_disband" Normal
            => PartyUpdate, refused NotInParty | NotLeader;
        /// Puts a member out.
        46 PartyKick(party::PartyMember) "party_kick" Normal
            => PartyUpdate, refused NotInParty | NotLeader | NotFound;
        /// Takes an invitation back.
        47 PartyWithdraw(party::PartyMember) "party_withdraw" Normal
            => PartyUpdate, refused NotInParty | NotLeader | NotFound;
        /// Makes a member the leader.
        48 PartyPromote(party::PartyMember) "party_promote" Normal
            => PartyUpdate, refused NotInParty | NotLeader | NotFound;
        49 PartyLoot(party::PartyLoot) "party_loot" Normal => PartyUpdate, refused NotInParty | NotLeader;
        55 CombatStart(combat::StartCombat) "combat_start" High => CombatStart | CombatChallenge;
        57 CombatAnswer(combat::CombatAnswer) "combat_answer" Normal => CombatStart | CombatEnd;
        58 CombatAction(combat::CombatAction) "combat_action" High
            => CombatState, refused NotInCombat | NotYourTurn | InvalidTarget;
        80 TradeRequest(trade::SendTradeRequest) "trade_request" High
            => TradeRequest, refused RecipientOffline | NotFound | Busy;
        81 TradeAccept(trade::TradeAccept) "trade_accept" Normal
            => TradeUpdate | TradeComplete, refused NotFound | OutdatedOffer;
        82 TradeDecline(trade::TradeDecline) "trade_decline" Normal;
        83 TradeUpdate(trade::SendTradeUpdate) "trade_update" Normal
            => TradeUpdate, refused NotFound | NotEnough;
        85 Inventory(trade::InventoryRequest) "inventory" Normal => Inventory;
        /// Uses an item.
        86 ItemUse(trade::ItemCommand) "item_use" Normal => Inventory, refused NotEnough | NotUsable;
        /// Wears or wields an item.
        87 ItemEquip(trade::ItemCommand) "item_equip" Normal => Inventory, refused NotEnough | NotUsable;
        /// Throws an item away.
        88 ItemDrop(trade::ItemCommand) "item_drop" Normal => Inventory, refused NotEnough | NotUsable;
        91 QuestAccept(quest::QuestAccept) "quest_accept" Normal => QuestUpdate, refused NotFound;
        110 RtcSignal(signal::SendSignal) "rtc_signal" Normal;
    }
);

messages!(
    /// What a server sends.
    ServerMessage, other ClientMessage {
        2 AuthResponse(account::AuthResponse) "auth_response" Critical;
        3 Disconnect(account::Disconnect) "disconnect" Critical;
        5 Pong(account::Pong) "pong" Low;
        7 Resumed(account::Resumed) "resumed" Critical;
        9 Pace(account::Pace) "pace" High;
        10 CharacterList(character::CharacterList) "character_list" Normal;
        13 CharacterUpdate(character::CharacterUpdate) "character_update" Normal;
        20 Move(movement::Move) "move" Normal;
        22 LocationUpdate(movement::LocationUpdate) "location_update" Normal;
        23 PlayerJoinedArea(movement::PlayerJoinedArea) "player_joined_area" Normal;
        24 PlayerLeftArea(movement::PlayerLeftArea) "player_left_area" Normal;
        25 PositionCorrection(movement::PositionCorrection) "position_correction" Normal;
        26 PositionFrame(movement::PositionFrame) "position_frame" Low;
        /// Somebody says something to everybody.
        30 Chat(chat::Chat) "chat" Normal;
        /// Somebody says something to you alone.
        31 Whisper(chat::Chat) "whisper" Normal;
        /// Somebody says something to your party.
        32 PartyChat(chat::Chat) "party_chat" Normal;
        /// Somebody says something to your faction.
        33 FactionChat(chat::Chat) "faction_chat" Normal;
        34 WorldAnnouncement(chat::WorldAnnouncement) "world_announcement" High;
        35 ChatHistory(chat::ChatHistory) "chat_history" Normal;
        36 Mute(chat::Mute) "mute" Normal;
        37 Emote(emote::Emote) "emote" Normal;
        41 PartyInvite(party::PartyInvite) "party_invite" High;
        50 PartyUpdate(party::PartyUpdate) "party_update" Normal;
        55 CombatStart(combat::CombatStart) "combat_start" High;
        56 CombatChallenge(combat::CombatChallenge) "combat_challenge" High;
        /// Somebody has lost health.
        59 CombatDamage(combat::CombatEffect) "combat_damage" High;
        /// Somebody has gained health.
        60 CombatHeal(combat::CombatEffect) "combat_heal" High;
        61 CombatState(combat::CombatState) "combat_state" High;
        62 CombatEnd(combat::CombatEnd) "combat_end" High;
        70 WorldState(world::WorldState) "world_state" Normal;
        71 ShardStatus(world::ShardStatus) "shard_status" Normal;
        72 ShardCaptured(world::ShardCaptured) "shard_captured" High;
        73 RealityShift(world::RealityShift) "reality_shift" Critical;
        74 Aetherfall(world::Aetherfall) "aetherfall" Critical;
        80 TradeRequest(trade::TradeRequest) "trade_request" High;
        83 TradeUpdate(trade::TradeUpdate) "trade_update" Normal;
        84 TradeComplete(trade::TradeComplete) "trade_complete" High;
        85 Inventory(trade::Inventory) "inventory" Normal;
        90 QuestUpdate(quest::QuestUpdate) "quest_update" Normal;
        92 EventTrigger(quest::EventTrigger) "event_trigger" High;
        100 HubTransfer(account::HubTransfer) "hub_transfer" High;
        110 RtcSignal(signal::Signal) "rtc_signal" Normal;
        /// A request was understood and refused.
        120 Error(error::ErrorMessage) "error" High;
        /// A message could not be decoded.
        121 InvalidMessage(error::ErrorMessage) "invalid_message" High;
    }
);

impl ClientMessage {
    /// Something said; its channel picks the type.
    #[must_use]
    pub fn chat(chat: chat::SendChat) -> Self {
        match chat.channel.unwrap_or_default() {
            chat::Channel::Global => Self::Chat(chat),
            chat::Channel::Party => Self::PartyChat(chat),
            chat::Channel::Faction => Self::FactionChat(chat),
            chat::Channel::Whisper => Self::Whisper(chat),
        }
    }
}

impl ServerMessage {
    /// Something said; its channel picks the type.
    #[must_use]
    pub fn chat(chat: chat::Chat) -> Self {
        match chat.channel {
            chat::Channel::Global => Self::Chat(chat),
            chat::Channel::Party => Self::PartyChat(chat),
            chat::Channel::Faction => Self::FactionChat(chat),
            chat::Channel::Whisper => Self::Whisper(chat),
        }
    }
}

/// A hash of the table (FNV-1a, 64 bits): information for debugging a difference between two
/// builds. A different hash refuses nothing.
#[must_use]
pub fn schema_hash() -> u64 {
    const fn step(hash: u64, byte: u8) -> u64 {
        (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3)
    }
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for row in ClientMessage::TYPES.iter().chain(ServerMessage::TYPES) {
        hash = row.name.bytes().fold(step(hash, row.tag), step);
        hash = step(hash, row.priority as u8);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_and_a_name_belong_to_one_type() {
        let all: Vec<_> = ClientMessage::TYPES.iter().chain(ServerMessage::TYPES).collect();
        for a in &all {
            for b in &all {
                assert_eq!(a.tag == b.tag, a.name == b.name, "{a:?} {b:?}");
            }
        }
        for types in [ClientMessage::TYPES, ServerMessage::TYPES] {
            assert!(types.windows(2).all(|pair| pair[0].tag < pair[1].tag));
        }
    }
}
