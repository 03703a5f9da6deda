//! Quests and events.

use super::bounded::{List, Text};
use crate::codec::table::Wire;
use crate::ids::{CharacterId, LocationId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use strum::{VariantArray, VariantNames};

/// A quest's id.
pub type QuestId = Text<64>;

/// How far a quest has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray, VariantNames)]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "lowercase"))]
pub enum QuestStatus {
    /// May be accepted.
    Offered,
    /// Accepted and not done yet.
    Active,
    /// Done.
    Completed,
    /// Cannot be done any more.
    Failed,
}

wire_enum!(QuestStatus, "must be offered, active, completed or failed");

/// A step of a quest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Objective {
    /// What is to be done.
    pub description: Text<256>,
    /// How much of it is done.
    pub progress: u32,
    /// How much of it there is.
    pub required: u32,
}

/// `quest_update`, server to client: a quest as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuestUpdate {
    /// Which quest.
    pub quest_id: QuestId,
    /// Whose quest it is.
    pub character_id: CharacterId,
    /// How far it has come.
    pub status: QuestStatus,
    /// Its steps.
    pub objectives: List<Objective, 16>,
}

/// `quest_accept`, client to server: takes an offered quest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuestAccept {
    /// An offered quest.
    pub quest_id: QuestId,
}

/// `event_trigger`, server to client: something happened in the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventTrigger {
    /// The event.
    pub event_id: Text<64>,
    /// What kind of event it is.
    pub event_type: Text<64>,
    /// Its heading.
    pub title: Text<128>,
    /// What happened, in sentences.
    pub description: Text<512>,
    /// Where; absent for everywhere.
    #[serde(default)]
    pub location_id: Option<LocationId>,
}
