//! Chat: what is said, and on which channel.

use super::bounded::Text;
use crate::{
    ids::CharacterId,
    text::{CharacterName, Content, Draft},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;

/// Who hears a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
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

impl Channel {
    /// All channels.
    pub const ALL: &[Self] = &[Self::Global, Self::Party, Self::Faction, Self::Whisper];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Party => "party",
            Self::Faction => "faction",
            Self::Whisper => "whisper",
        }
    }
}

impl Serialize for Channel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.name())
        } else {
            serializer.serialize_u8(*self as u8)
        }
    }
}

impl<'de> Deserialize<'de> for Channel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = if deserializer.is_human_readable() {
            let name = Cow::<str>::deserialize(deserializer)?;
            Self::ALL.iter().copied().find(|channel| channel.name() == name)
        } else {
            let index = u8::deserialize(deserializer)?;
            Self::ALL.get(usize::from(index)).copied()
        };
        found.ok_or_else(|| de::Error::custom("must be global, party, faction or whisper"))
    }
}

/// `chat`, `whisper`, `party_chat` and `faction_chat`, client to server.
///
/// `chat` goes by its channel, the other three types win over it. Answered by
/// the sender's own copy, a [`Chat`]; refused with EMPTY, TOO_LONG,
/// RATE_LIMITED, RECIPIENT_OFFLINE, NOT_IN_PARTY or NOT_YOUR_CHARACTER.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendChat {
    /// What is said.
    pub content: Draft,
    /// Who hears it; absent is global.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// Whom a whisper is for, by id
    #[serde(default)]
    pub recipient_id: Option<CharacterId>,
    /// or by name.
    #[serde(default)]
    pub recipient_name: Option<Text<64>>,
    /// One's own character; may be left out.
    #[serde(default)]
    pub sender_id: Option<CharacterId>,
    /// Overwritten with the truth.
    #[serde(default)]
    pub sender_name: Option<Text<256>>,
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
        }
    }
}

/// `chat`, `whisper`, `party_chat` and `faction_chat`, server to client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}
