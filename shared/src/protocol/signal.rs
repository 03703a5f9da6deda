//! Signals between two members of a party, for a connection of their own.

use super::bounded::Text;
use crate::{codec::table::Wire, ids::CharacterId, limits::MAX_SIGNAL};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use strum::{VariantArray, VariantNames};

/// What a signal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray, VariantNames)]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "lowercase"))]
pub enum SignalKind {
    /// What one side can do.
    Offer,
    /// What the other chose of it.
    Answer,
    /// An address to try.
    Candidate,
}

wire_enum!(SignalKind, "must be offer, answer or candidate");

/// `rtc_signal`, client to server: passed on to a member of the player's party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SendSignal {
    /// For whom.
    pub to_character_id: CharacterId,
    /// What it is.
    pub kind: SignalKind,
    /// What WebRTC made; never read by the server.
    pub payload: Text<MAX_SIGNAL>,
}

/// `rtc_signal`, server to client: from a member of the player's party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Signal {
    /// For whom: the player's own character.
    pub to_character_id: CharacterId,
    /// What it is.
    pub kind: SignalKind,
    /// What WebRTC made.
    pub payload: Text<MAX_SIGNAL>,
    /// Who sends it.
    #[serde(default)]
    pub from_character_id: Option<CharacterId>,
}
