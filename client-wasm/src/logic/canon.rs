//! The canon as a game's user interface wants it: names to choose from, places
//! and what connects them.

use serde::Serialize;
use shardlink_shared::{
    codec::table::Wire,
    ids::{LocationId, ShardId},
    world::{Class, Faction, LOCATION_REACH, LOCATIONS, Race, SHARDS, Zone, are_adjacent},
};

/// All of it.
#[derive(Debug, Serialize, Wire)]
#[allow(missing_docs)]
pub struct Canon {
    pub factions: Vec<FactionView>,
    pub races: &'static [Race],
    pub classes: &'static [Class],
    pub locations: Vec<LocationView>,
    /// What x and y lie between, in metres.
    pub bounds: Bounds,
    pub shards: Vec<ShardView>,
}

/// A faction.
#[derive(Debug, Serialize, Wire)]
#[allow(missing_docs)]
pub struct FactionView {
    pub name: Faction,
}

/// A location.
#[derive(Debug, Serialize, Wire)]
#[allow(missing_docs)]
pub struct LocationView {
    pub id: LocationId,
    pub name: &'static str,
    pub zone: Zone,
    pub safe: bool,
    pub danger: u8,
    /// The locations that a way leads to.
    pub connections: Vec<LocationId>,
}

/// The lowest and highest of a coordinate, in metres.
#[derive(Debug, Serialize, Wire)]
#[allow(missing_docs)]
pub struct Bounds {
    pub min: f64,
    pub max: f64,
}

/// A shard.
#[derive(Debug, Serialize, Wire)]
#[allow(missing_docs)]
pub struct ShardView {
    pub number: ShardId,
    pub name: &'static str,
    pub influence: &'static str,
    pub guardian: &'static str,
    pub location_id: LocationId,
}

/// The canon of this build.
#[must_use]
pub fn canon() -> Canon {
    let connections =
        |from| LOCATIONS.iter().map(|location| location.id).filter(|to| are_adjacent(from, *to)).collect();
    Canon {
        factions: Faction::ALL.iter().map(|name| FactionView { name: *name }).collect(),
        races: Race::ALL,
        classes: Class::ALL,
        locations: LOCATIONS
            .iter()
            .map(|location| LocationView {
                id: location.id,
                name: location.name,
                zone: location.zone,
                safe: location.safe,
                danger: location.danger,
                connections: connections(location.id),
            })
            .collect(),
        bounds: Bounds { min: -LOCATION_REACH, max: LOCATION_REACH },
        shards: SHARDS
            .iter()
            .map(|shard| ShardView {
                number: shard.id,
                name: shard.name,
                influence: shard.influence,
                guardian: shard.guardian,
                location_id: shard.location,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_lists_what_a_way_leads_to() {
        let canon = serde_json::to_value(canon()).unwrap();
        assert_eq!(canon["locations"][0]["connections"].as_array().unwrap().len(), 11);
        assert_eq!(canon["locations"][1]["connections"], serde_json::json!([1]));
        assert_eq!(canon["factions"][0]["name"], "Crimson Covenant");
        assert_eq!(canon["bounds"], serde_json::json!({"min": -500.0, "max": 500.0}));
        assert_eq!(canon["shards"][11]["location_id"], 2);
    }
}
