//! The world: shards, reality, cycles. Only servers send these.

use super::bounded::{List, Text};
use crate::{
    codec::table::Wire,
    ids::{CharacterId, LocationId, ShardId},
    text::CharacterName,
    world::{Faction, Reality, SHARD_POWER_LEVEL, SHARDS, Shard},
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
    ser::SerializeMap,
};
use std::fmt;

/// How many shards each faction holds: in JSON an object by the factions'
/// names, in binary six counts in the canon's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShardCounts(pub [u8; 6]);

impl Serialize for ShardCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return self.0.serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (faction, count) in Faction::ALL.iter().zip(self.0) {
            map.serialize_entry(faction.name(), &count)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ShardCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByFaction;

        impl<'de> Visitor<'de> for ByFaction {
            type Value = ShardCounts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of counts by faction")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ShardCounts, A::Error> {
                let mut counts = ShardCounts::default();
                while let Some((faction, count)) = map.next_entry::<Faction, u8>()? {
                    let place = counts.0.get_mut(usize::from(faction as u8));
                    *place.ok_or_else(|| de::Error::custom("no such faction"))? = count;
                }
                Ok(counts)
            }
        }

        if deserializer.is_human_readable() {
            deserializer.deserialize_map(ByFaction)
        } else {
            <[u8; 6]>::deserialize(deserializer).map(Self)
        }
    }
}

/// `world_state`, server to client: the realm as it is now. A player is told a
/// moment after entering or resuming, and when it changes, once in 5 s at most. It has no
/// `seq`: only the newest counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorldState {
    /// What the world is like now.
    pub current_reality: Reality,
    /// How firm the reality is, 0 to 100.
    pub reality_stability: u8,
    /// How many shards each faction holds.
    pub faction_shard_counts: ShardCounts,
    /// The faction that holds the most shards, if one does.
    #[serde(default)]
    pub dominant_faction: Option<Faction>,
    /// Characters in the world.
    pub active_players: u32,
    /// How often the world has begun anew.
    pub total_aetherfalls: u32,
}

impl WorldState {
    /// The world as the canon begins it: no shard is held.
    #[must_use]
    pub fn beginning(active_players: u32) -> Self {
        Self {
            current_reality: Reality::Neutral,
            reality_stability: 100,
            faction_shard_counts: ShardCounts::default(),
            dominant_faction: None,
            active_players,
            total_aetherfalls: 0,
        }
    }
}

/// A shard as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Shard"))]
pub struct ShardStanding {
    /// Its id.
    pub id: ShardId,
    /// Its number, 1 to 12.
    pub shard_number: u8,
    /// Its name.
    pub name: Text<64>,
    /// What it shapes.
    pub description: Text<128>,
    /// Where it lies.
    pub location_id: LocationId,
    /// Whether a faction holds it.
    pub is_captured: bool,
    /// The faction that holds it.
    pub owning_faction: Option<Faction>,
    /// Who guards it.
    pub guardian_name: Text<64>,
    /// Whether its guardian is down.
    pub guardian_defeated: bool,
    /// How strong it is.
    pub power_level: u32,
}

/// `shard_status`, server to client: the twelve shards as they are now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShardStatus {
    /// The shards, by number.
    pub shards: List<ShardStanding, 12>,
}

impl ShardStatus {
    /// The shards as the canon begins them: free, each with its guardian.
    #[must_use]
    pub fn beginning() -> Self {
        let standing = |shard: &Shard| ShardStanding {
            id: shard.id,
            shard_number: shard.id.get() as u8,
            name: Text::cut(shard.name),
            description: Text::cut(shard.influence),
            location_id: shard.location,
            is_captured: false,
            owning_faction: None,
            guardian_name: Text::cut(shard.guardian),
            guardian_defeated: false,
            power_level: SHARD_POWER_LEVEL,
        };
        Self { shards: List::of(SHARDS.iter().map(standing)) }
    }
}

/// `shard_captured`, server to client: a faction has taken a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShardCaptured {
    /// Which shard.
    pub shard_id: ShardId,
    /// The shard's name.
    pub shard_name: Text<64>,
    /// Who captured it.
    pub captured_by_character_id: CharacterId,
    /// That character's name.
    pub captured_by_character_name: CharacterName,
    /// Who holds it now.
    pub faction: Faction,
    /// Who held it before.
    #[serde(default)]
    pub previous_owner_faction: Option<Faction>,
}

impl ShardCaptured {
    /// A shard of the canon was captured; `previous` held it before.
    #[must_use]
    pub fn new(
        shard: &Shard,
        by: CharacterId,
        name: CharacterName,
        faction: Faction,
        previous: Option<Faction>,
    ) -> Self {
        Self {
            shard_id: shard.id,
            shard_name: Text::cut(shard.name),
            captured_by_character_id: by,
            captured_by_character_name: name,
            faction,
            previous_owner_faction: previous,
        }
    }
}

/// `reality_shift`, server to client: the dominant faction has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RealityShift {
    /// What the world was like.
    pub from_reality: Reality,
    /// What it is like from now on.
    pub to_reality: Reality,
    /// The faction whose reality it is.
    #[serde(default)]
    pub dominant_faction: Option<Faction>,
    /// How firm the new reality is, 0 to 100.
    pub reality_stability: u8,
}

/// `aetherfall`, server to client: the world begins anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Aetherfall {
    /// The cycle that begins, from 1.
    pub cycle: u32,
    /// The faction that won the cycle before.
    #[serde(default)]
    pub winning_faction: Option<Faction>,
    /// How often the world has begun anew.
    pub total_aetherfalls: u32,
}
