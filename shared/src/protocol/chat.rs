//! Chat: what is said, and on which channel.

use super::{
    bounded::{List, Text},
    envelope::Timestamp,
};
use crate::{
    codec::table::{Take, Wire},
    ids::CharacterId,
    limits::{MAX_CIPHERTEXT, MAX_HISTORY},
    text::{CharacterName, Content, Draft},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use strum::{VariantArray, VariantNames};

/// Who hears a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, VariantArray, VariantNames)]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "lowercase"))]
pub enum Channel {
    /// Everybody.
    #[default]
    Global,
    /// The party.
    Party,
    /// The faction.
    Faction,
    /// One recipient.
    Whisper,
}

wire_enum!(Channel, "must be global, party, faction or whisper");

/// `chat`, `whisper`, `party_chat` and `faction_chat`, client to server.
///
/// A `chat` goes to its channel; each of the other three types goes to its own, whatever
/// `channel` says. The answer is the sender's own copy. A character that has muted the sender
/// does not hear it, and nobody learns of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SendChat {
    /// What is said. The others read it in NFC, with one space for line breaks and tabs,
    /// without control and invisible characters, and with at most four marks on a letter;
    /// EMPTY if nothing is left that can be seen.
    pub content: Draft,
    /// Who hears it; absent is global.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// Whom a whisper is for, by id.
    #[serde(default)]
    pub recipient_id: Option<CharacterId>,
    /// Whom a whisper is for, by name.
    #[serde(default)]
    pub recipient_name: Option<Text<64>>,
    /// The player's own character; may be left out.
    #[serde(default)]
    pub sender_id: Option<CharacterId>,
    /// Overwritten with the truth.
    #[serde(default)]
    pub sender_name: Option<Text<256>>,
    /// What is really said, for those who have the key; the content is then `[encrypted]`.
    #[serde(default)]
    pub encrypted: Option<Box<Sealed>>,
}

impl SendChat {
    /// Something said on a channel.
    #[must_use]
    pub fn new(content: &str, channel: Channel) -> Self {
        Self {
            content: Draft::new(content),
            channel: Some(channel),
            recipient_id: None,
            recipient_name: None,
            sender_id: None,
            sender_name: None,
            encrypted: None,
        }
    }
}

/// `chat`, `whisper`, `party_chat` and `faction_chat`, server to client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Chat {
    /// Who says it.
    pub sender_id: CharacterId,
    /// The sender's name.
    pub sender_name: CharacterName,
    /// Who hears it.
    pub channel: Channel,
    /// What is said.
    pub content: Content,
    /// Whom a whisper is for.
    #[serde(default)]
    pub recipient_id: Option<CharacterId>,
    /// The recipient's name.
    #[serde(default)]
    pub recipient_name: Option<CharacterName>,
    /// What is really said, for those who have the key.
    #[serde(default)]
    pub encrypted: Option<Box<Sealed>>,
}

/// A chat that the server relays and cannot read. All texts are base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sealed {
    /// The scheme's version.
    pub v: u8,
    /// Which key opens it.
    pub key_id: Text<64>,
    /// The nonce.
    pub nonce: Text<32>,
    /// The ciphertext with its tag.
    pub ciphertext: Text<MAX_CIPHERTEXT>,
}

/// `world_announcement`, server to client: to everybody, from those who run the realm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorldAnnouncement {
    /// What is announced.
    pub content: Content,
    /// Its heading.
    #[serde(default)]
    pub title: Option<Text<128>>,
}

/// `chat_history`, client to server: what was said before. Nobody
/// keeps whispers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatHistoryRequest {
    /// Of which channel.
    pub channel: Channel,
    /// Only what was said before this number.
    #[serde(default)]
    pub before: Option<u64>,
}

/// A chat of a channel's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PastChat {
    /// Its number in the channel, rising.
    pub number: u64,
    /// When it was said.
    pub timestamp: Timestamp,
    /// What was said.
    pub chat: Chat,
}

/// `chat_history`, server to client: what was said last, the oldest first. A player that
/// enters the world is told the history of each channel where anything was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatHistory {
    /// Of which channel.
    pub channel: Channel,
    /// What was said.
    pub messages: List<PastChat, MAX_HISTORY>,
}

/// `mute`, either way: the player's character hears no more of another, or hears it again. The
/// answer is a copy of the message. The player's character keeps its mutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mute {
    /// Whom.
    pub character_id: CharacterId,
    /// Whether it is muted.
    pub muted: bool,
}
