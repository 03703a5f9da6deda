//! Combat: turns of an encounter, decided by the server.

use super::bounded::{List, Text};
use crate::{
    codec::table::Wire,
    ids::{CharacterId, ItemId, LocationId, ShardId},
    limits::{MAX_COMBAT_LOG, MAX_COMBATANTS, MAX_PARTY},
    text::CharacterName,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use strum::{VariantArray, VariantNames};

/// An encounter's id, made by the server.
pub type CombatId = Text<64>;

/// What a combatant does with its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray, VariantNames)]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "lowercase"))]
pub enum ActionType {
    /// Strikes a target.
    Attack,
    /// Takes less damage until the next turn.
    Defend,
    /// Casts a spell, by `ability_name`.
    Spell,
    /// Uses an item, by `item_id`.
    Item,
    /// Leaves the fight.
    Flee,
}

wire_enum!(ActionType, "must be attack, defend, spell, item or flee");

/// How an encounter ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray, VariantNames)]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "lowercase"))]
pub enum Outcome {
    /// One side has won.
    Victory,
    /// The players are down.
    Defeat,
    /// The players have fled.
    Fled,
}

wire_enum!(Outcome, "must be victory, defeat or fled");

/// `combat_start`, client to server: fights a shard's guardian, another character
/// (a challenge), or, with neither, a monster of this place. The answer to a
/// challenge is a copy of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StartCombat {
    /// The shard whose guardian is fought.
    #[serde(default)]
    pub shard_id: Option<ShardId>,
    /// The character that is challenged.
    #[serde(default)]
    pub challenge: Option<CharacterId>,
}

/// `combat_challenge`, server to client: somebody wants to fight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CombatChallenge {
    /// The encounter it would be.
    pub combat_id: CombatId,
    /// Who challenges.
    pub challenger_id: CharacterId,
    /// The challenger's name.
    pub challenger_name: CharacterName,
}

/// `combat_answer`, client to server: accepts a [`CombatChallenge`] or declines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CombatAnswer {
    /// The encounter.
    pub combat_id: CombatId,
    /// Whether to fight.
    pub accept: bool,
}

/// Somebody in an encounter; a monster's or guardian's id is below 2^20.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Combatant {
    /// Who it is.
    pub character_id: CharacterId,
    /// Its name.
    pub character_name: Text<64>,
    /// Whether a player fights with it.
    pub is_player: bool,
    /// 0 or 1: who fights together.
    pub side: u8,
    /// Health left; it is down at 0.
    pub health: u32,
    /// Health at most.
    pub max_health: u32,
    /// Stamina left.
    pub stamina: u32,
    /// Mana left.
    pub mana: u32,
    /// Whether it takes less damage until its next turn.
    pub is_defending: bool,
    /// Whether it has left the fight.
    pub has_fled: bool,
}

/// `combat_start`, server to client: an encounter begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CombatStart {
    /// The encounter.
    pub combat_id: CombatId,
    /// Who fights, in the order of their turns.
    pub participants: List<Combatant, MAX_COMBATANTS>,
    /// Where.
    #[serde(default)]
    pub location_id: Option<LocationId>,
    /// The shard whose guardian is fought.
    #[serde(default)]
    pub shard_id: Option<ShardId>,
}

/// `combat_action`, client to server: the player's own turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CombatAction {
    /// The encounter.
    pub combat_id: CombatId,
    /// The player's own character; may be left out.
    #[serde(default)]
    pub character_id: Option<CharacterId>,
    /// What to do.
    pub action_type: ActionType,
    /// To whom.
    #[serde(default)]
    pub target_id: Option<CharacterId>,
    /// Which spell.
    #[serde(default)]
    pub ability_name: Option<Text<64>>,
    /// Which item.
    #[serde(default)]
    pub item_id: Option<ItemId>,
    /// The turn it is meant for, so that a late one is not taken for the next.
    #[serde(default)]
    pub turn_number: Option<u32>,
}

/// `combat_damage` and `combat_heal`, server to client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CombatEffect {
    /// The encounter.
    pub combat_id: CombatId,
    /// Whose doing it is.
    pub source_id: CharacterId,
    /// Whom it befalls.
    pub target_id: CharacterId,
    /// Points of health.
    pub amount: u32,
    /// Whether it was a critical hit.
    #[serde(default)]
    pub critical: bool,
    /// The target's health after it.
    #[serde(default)]
    pub remaining: u32,
}

/// `combat_state`, server to client: the encounter as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CombatState {
    /// The encounter.
    pub combat_id: CombatId,
    /// From 1.
    pub turn_number: u32,
    /// Whose turn it is.
    pub active_character_id: CharacterId,
    /// Who fights, in the order of their turns.
    pub participants: List<Combatant, MAX_COMBATANTS>,
    /// What happened last, in sentences.
    pub combat_log: List<Text<256>, MAX_COMBAT_LOG>,
    /// Whether it is over.
    #[serde(default)]
    pub is_finished: bool,
}

/// What a winner gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reward {
    /// Who gets it.
    pub character_id: CharacterId,
    /// Points of experience.
    pub experience: u64,
    /// Souls.
    pub souls: u64,
    /// Items.
    pub items: List<super::trade::ItemStack, 8>,
}

/// `combat_end`, server to client: the encounter is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CombatEnd {
    /// The encounter.
    pub combat_id: CombatId,
    /// How it ended, for the players.
    pub outcome: Outcome,
    /// Who has won.
    pub winners: List<CharacterId, MAX_COMBATANTS>,
    /// What they get.
    #[serde(default)]
    pub rewards: List<Reward, MAX_PARTY>,
}
