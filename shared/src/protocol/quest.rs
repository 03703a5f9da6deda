//! Quests and events.

use super::bounded::{List, Text};
use crate::ids::{CharacterId, LocationId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;

/// A quest's id.
pub type QuestId = Text<64>;

/// How far a quest has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum QuestStatus {
    Offered,
    Active,
    Completed,
    Failed,
}

impl QuestStatus {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Offered, Self::Active, Self::Completed, Self::Failed];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

wire_enum!(QuestStatus, "must be offered, active, completed or failed");

/// A step of a quest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Objective {
    pub description: Text<256>,
    pub progress: u32,
    pub required: u32,
}

/// `quest_update`, server to client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct QuestUpdate {
    pub quest_id: QuestId,
    pub character_id: CharacterId,
    pub status: QuestStatus,
    pub objectives: List<Objective, 16>,
}

/// `quest_accept`, client to server. Answered by [`QuestUpdate`]; refused with
/// NOT_FOUND.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestAccept {
    /// An offered quest.
    pub quest_id: QuestId,
}

/// `event_trigger`, server to client: something happened in the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct EventTrigger {
    pub event_id: Text<64>,
    pub event_type: Text<64>,
    pub title: Text<128>,
    pub description: Text<512>,
    #[serde(default)]
    pub location_id: Option<LocationId>,
}
