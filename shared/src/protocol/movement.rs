//! Movement: the player's own steps, and the other players.

use super::bounded::List;
use crate::{
    codec::snapshot::Entries,
    codec::table::{Kind, Take, Wire},
    ids::{CharacterId, LocationId},
    limits::MAX_HUB_CAPACITY,
    rules::interest::Cell,
    text::CharacterName,
    time::FrameTime,
    vector::Vec3,
    world::Faction,
};
use serde::{Deserialize, Deserializer, Serialize};

/// `move`, client to server: a step within the location, or to another.
///
/// The answer to a step to another location is a [`LocationUpdate`]. Such a step may say
/// where in the location, and is corrected if that is too far from the entrance. The answer
/// to a step within is a copy of the [`Move`], if the step carried a message_id.
/// MOVE_REJECTED comes with a [`PositionCorrection`]; after too many impossible moves it
/// has `retry_after`, and moves are refused for that time without being judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MoveRequest {
    /// The player's own character; may be left out.
    #[serde(default)]
    pub character_id: Option<CharacterId>,
    /// Where the client believes its character to be; may be left out.
    #[serde(default, deserialize_with = "zero_is_none", serialize_with = "none_is_zero")]
    #[wire(kind = Kind::IdOrZero)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::LocationOrNull"))]
    pub from_location_id: Option<LocationId>,
    /// Where to; 0 is the same location.
    #[serde(deserialize_with = "zero_is_none", serialize_with = "none_is_zero")]
    #[wire(kind = Kind::IdOrZero)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::LocationOrNull"))]
    pub to_location_id: Option<LocationId>,
    /// Where within the location, in metres.
    #[serde(default)]
    pub position: Option<Vec3>,
    /// How it moves, in metres a second.
    #[serde(default)]
    pub velocity: Option<Vec3>,
}

impl MoveRequest {
    /// A step to another location.
    #[must_use]
    pub const fn to_location(to: LocationId) -> Self {
        Self { to_location_id: Some(to), ..Self::NOWHERE }
    }

    /// A step within the location.
    #[must_use]
    pub const fn to_position(position: Vec3, velocity: Vec3) -> Self {
        Self { position: Some(position), velocity: Some(velocity), ..Self::NOWHERE }
    }

    const NOWHERE: Self =
        Self { character_id: None, from_location_id: None, to_location_id: None, position: None, velocity: None };
}

/// `move`, server to client: another character's step within the location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Move {
    /// Who moves.
    pub character_id: CharacterId,
    /// Where it was; absent within a location.
    #[serde(default)]
    pub from_location_id: Option<LocationId>,
    /// Where it is now; 0 is the same location.
    #[serde(default, deserialize_with = "zero_is_none", serialize_with = "none_is_zero")]
    #[wire(kind = Kind::IdOrZero)]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::LocationOrZero"))]
    pub to_location_id: Option<LocationId>,
    /// Where within the location, in metres.
    #[serde(default)]
    pub position: Option<Vec3>,
    /// How it moves, in metres a second.
    #[serde(default)]
    pub velocity: Option<Vec3>,
}

impl Move {
    /// A step within the location.
    #[must_use]
    pub const fn to_position(character_id: CharacterId, position: Vec3, velocity: Vec3) -> Self {
        Self {
            character_id,
            from_location_id: None,
            to_location_id: None,
            position: Some(position),
            velocity: Some(velocity),
        }
    }
}

/// `own_move`, client to server: the player's own step, as the binary client sends it
/// up to 20 times a second. An impossible step is answered by a [`PositionCorrection`], and
/// after too many of those by MOVE_REJECTED with `retry_after`. A step without a message_id
/// has no other answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OwnMove {
    /// The client's number of this step, rising; after 2^32−1 comes 0.
    pub client_seq: u32,
    /// Where within the location, in metres.
    pub position: Vec3,
    /// How it moves, in metres a second.
    #[serde(default)]
    pub velocity: Vec3,
}

impl OwnMove {
    /// Its tag, for code that reads it without the table of all types.
    pub const TAG: u8 = 21;
}

/// `position_correction`, server to client: the last good state, from which the
/// client continues. A socket that offered no subprotocol is sent a `character_update` with
/// the position instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PositionCorrection {
    /// The number of the step that was refused (0 for a `move`).
    pub client_seq: u32,
    /// Where within the location, in metres.
    pub position: Vec3,
    /// How it moves, in metres a second.
    #[serde(default)]
    pub velocity: Vec3,
}

/// `position_frame`, server to client, in binary: where the players in sight that have moved
/// are. Every frame can be read alone, so that any may be dropped. It may hold the receiver,
/// and slots that the receiver has not been told of: the receiver skips those.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PositionFrame {
    /// The location it shows.
    pub location_id: LocationId,
    /// When they were there: the server's clock in milliseconds modulo 2^32, rising.
    pub time: FrameTime,
    /// The cell whose centre the positions are relative to.
    pub cell: Cell,
    /// Whether it shows all players in sight that have moved since the last full frame (every
    /// 2 s), and not only those that the hub has heard since the last frame.
    pub full: bool,
    /// Who is where.
    pub players: Entries,
}

impl PositionFrame {
    /// Its tag, likewise.
    pub const TAG: u8 = 26;

    /// Each player's slot, position in the location and velocity.
    pub fn positions(&self) -> impl Iterator<Item = (u16, Vec3, Vec3)> {
        self.players.positions(self.cell.centre())
    }
}

/// `location_update`, server to client: the snapshot of a location on entering it, with the
/// players in sight and those of the receiver's own faction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LocationUpdate {
    /// Where the player's character is.
    pub location_id: LocationId,
    /// Who is listed as present.
    pub players: List<PlayerHere, MAX_HUB_CAPACITY>,
}

/// A player in a location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlayerHere {
    /// Who it is.
    pub character_id: CharacterId,
    /// Its name.
    pub character_name: CharacterName,
    /// Where within the location, in metres.
    pub position: Vec3,
    /// Its faction.
    pub faction: Faction,
    /// Its level, from 1.
    pub level: u32,
    /// Its slot in position frames.
    #[serde(default)]
    pub slot: u16,
}

/// `player_joined_area`, server to client: a player came into sight, or a player of the
/// receiver's own faction came into the location. In binary it may be the receiver, which
/// skips that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlayerJoinedArea {
    /// Who it is.
    pub character_id: CharacterId,
    /// Its name.
    pub character_name: CharacterName,
    /// The location it is seen in.
    pub location_id: LocationId,
    /// Where within the location, in metres.
    #[serde(default)]
    pub position: Option<Vec3>,
    /// Its faction.
    #[serde(default)]
    pub faction: Option<Faction>,
    /// Its level, from 1.
    #[serde(default)]
    pub level: Option<u32>,
    /// Its slot in position frames.
    #[serde(default)]
    pub slot: u16,
}

/// `player_left_area`, server to client: a player went out of sight, or a player of the
/// receiver's own faction went out of the location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlayerLeftArea {
    /// Who it was.
    pub character_id: CharacterId,
    /// The location it was seen in.
    pub location_id: LocationId,
}

fn zero_is_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<LocationId>, D::Error> {
    // JSON clients may say null as well as 0; binary has 0 alone.
    let number = if deserializer.is_human_readable() {
        Option::<u64>::deserialize(deserializer)?.unwrap_or(0)
    } else {
        u64::deserialize(deserializer)?
    };
    if number == 0 {
        return Ok(None);
    }
    LocationId::new(number).map(Some).ok_or_else(|| serde::de::Error::custom(crate::ids::InvalidId))
}

// The signature is serde's.
#[allow(clippy::ref_option)]
fn none_is_zero<S: serde::Serializer>(id: &Option<LocationId>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(id.map_or(0, LocationId::get))
}
