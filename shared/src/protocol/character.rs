//! Characters over the socket: list, select, create, delete, update.

use super::bounded::List;
use crate::{
    codec::table::{Take, Wire},
    ids::{CharacterId, LocationId},
    limits::MAX_CHARACTERS,
    sheet::Sheet,
    text::CharacterName,
    vector::Vec3,
    world::{Class, Faction, Race},
};
use serde::{Deserialize, Serialize};

/// `character_list`, client to server: asks for the account's characters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CharacterListRequest {}

/// `character_list`, server to client: the account's characters; also the
/// answer to `character_delete`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CharacterList {
    /// The characters, oldest first.
    pub characters: List<Sheet, MAX_CHARACTERS>,
}

/// `character_select`, client to server: enters the world. The snapshot of where
/// the character is follows the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CharacterSelect {
    /// The player's own character.
    pub character_id: CharacterId,
}

/// `character_create`, client to server: makes a character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CharacterCreate {
    /// A name with at least two letters or digits, which nobody else has and which looks
    /// like nobody else's.
    pub name: CharacterName,
    /// Its race.
    pub race: Race,
    /// Its class.
    pub class: Class,
    /// Its faction.
    pub faction: Faction,
}

/// `character_delete`, client to server: deletes a character, for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CharacterDelete {
    /// The player's own character.
    pub character_id: CharacterId,
}

/// `character_update`, server to client: what is known of a character; what is
/// absent has not changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CharacterUpdate {
    /// Who it is.
    pub character_id: CharacterId,
    /// Its name.
    pub character_name: CharacterName,
    /// Where it is.
    #[serde(default)]
    pub location_id: Option<LocationId>,
    /// Where within the location, in metres.
    #[serde(default)]
    pub position: Option<Vec3>,
    /// Health left.
    #[serde(default)]
    pub health: Option<u32>,
    /// Health at most.
    #[serde(default)]
    pub max_health: Option<u32>,
    /// Mana left.
    #[serde(default)]
    pub mana: Option<u32>,
    /// Mana at most.
    #[serde(default)]
    pub max_mana: Option<u32>,
    /// Stamina left.
    #[serde(default)]
    pub stamina: Option<u32>,
    /// Stamina at most.
    #[serde(default)]
    pub max_stamina: Option<u32>,
    /// Its level, from 1.
    #[serde(default)]
    pub level: Option<u32>,
    /// Its faction.
    #[serde(default)]
    pub faction: Option<Faction>,
}

impl CharacterUpdate {
    /// Who it is, and nothing else.
    #[must_use]
    pub const fn of(character_id: CharacterId, character_name: CharacterName) -> Self {
        Self {
            character_id,
            character_name,
            location_id: None,
            position: None,
            health: None,
            max_health: None,
            mana: None,
            max_mana: None,
            stamina: None,
            max_stamina: None,
            level: None,
            faction: None,
        }
    }

    /// All that a sheet tells.
    #[must_use]
    pub fn of_sheet(sheet: &Sheet) -> Self {
        Self {
            location_id: Some(sheet.location_id),
            health: Some(sheet.resources.health),
            max_health: Some(sheet.resources.max_health),
            mana: Some(sheet.resources.mana),
            max_mana: Some(sheet.resources.max_mana),
            stamina: Some(sheet.resources.stamina),
            max_stamina: Some(sheet.resources.max_stamina),
            level: Some(sheet.progression.level),
            faction: Some(sheet.faction),
            ..Self::of(sheet.id, sheet.name.clone())
        }
    }
}
