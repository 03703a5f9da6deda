//! The body of the route that tells what the realm is made of: the canon, so that no client has
//! to have it compiled in.

use super::{Body, Place};
use serde::Serialize;
use shardlink_shared::{
    Refusal,
    ids::{LocationId, ShardId},
    world::{Class, Faction, LOCATION_REACH, LOCATIONS, Race, SHARDS, Zone, are_adjacent},
};

/// The query of an answer that may be kept.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Known {
    /// The hash of what is expected, from an earlier answer's `ETag`: if it is still that, the
    /// answer may be kept for ever.
    pub hash: Option<String>,
}

impl Body for Known {
    const PLACE: Place = Place::Query;
    const IS_KEPT: bool = true;

    fn read(query: &str) -> Result<Self, Refusal> {
        let mut parameters = form_urlencoded::parse(query.as_bytes());
        Ok(Self { hash: parameters.find(|(name, _)| name == "hash").map(|(_, value)| value.into_owned()) })
    }
}

/// What the realm is made of: names to choose from, places and what connects them.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Canon {
    /// Whom a character can fight for.
    pub factions: Vec<CanonFaction>,
    /// What a character can be.
    pub races: &'static [Race],
    /// What a character can have learnt.
    pub classes: &'static [Class],
    /// The places.
    pub locations: Vec<CanonLocation>,
    /// What x and y lie between, in metres.
    pub bounds: Bounds,
    /// The shards that factions fight for.
    pub shards: Vec<CanonShard>,
}

/// A faction.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct CanonFaction {
    pub name: Faction,
}

/// A location.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CanonLocation {
    /// Its id.
    pub id: LocationId,
    /// Its name.
    pub name: &'static str,
    /// What kind of place it is.
    pub zone: Zone,
    /// Whether nobody may fight another player here.
    pub safe: bool,
    /// How dangerous it is, 0 to 9.
    pub danger: u8,
    /// The locations that a way leads to.
    pub connections: Vec<LocationId>,
}

/// The lowest and highest of a coordinate, in metres.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Bounds {
    pub min: f64,
    pub max: f64,
}

/// A shard.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CanonShard {
    /// Its number, which is its id.
    pub number: ShardId,
    /// Its name.
    pub name: &'static str,
    /// What it shapes.
    pub influence: &'static str,
    /// Who guards it.
    pub guardian: &'static str,
    /// Where it lies.
    pub location_id: LocationId,
}

impl Canon {
    /// The canon that this server plays by.
    #[must_use]
    pub fn of_this_build() -> Self {
        let ids = || LOCATIONS.iter().map(|location| location.id);
        let locations = LOCATIONS.iter().map(|location| CanonLocation {
            id: location.id,
            name: location.name,
            zone: location.zone,
            safe: location.safe,
            danger: location.danger,
            connections: ids().filter(|to| are_adjacent(location.id, *to)).collect(),
        });
        let shards = SHARDS.iter().map(|shard| CanonShard {
            number: shard.id,
            name: shard.name,
            influence: shard.influence,
            guardian: shard.guardian,
            location_id: shard.location,
        });
        Self {
            factions: Faction::ALL.iter().map(|name| CanonFaction { name: *name }).collect(),
            races: Race::ALL,
            classes: Class::ALL,
            locations: locations.collect(),
            bounds: Bounds { min: -LOCATION_REACH, max: LOCATION_REACH },
            shards: shards.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_canon_has_the_fields_that_clients_read_and_a_location_lists_what_a_way_leads_to() {
        let canon = serde_json::to_value(Canon::of_this_build()).unwrap();
        let fields: Vec<_> = canon.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["bounds", "classes", "factions", "locations", "races", "shards"]);
        assert_eq!(canon["locations"][0]["connections"].as_array().unwrap().len(), 11);
        let volcano = json!({
            "id": 2, "name": "Ember Volcano", "zone": "dungeon", "safe": false, "danger": 8, "connections": [1],
        });
        assert_eq!(canon["locations"][1], volcano);
        assert_eq!(canon["factions"][0], json!({ "name": "Crimson Covenant" }));
        assert_eq!((&canon["races"][1], &canon["classes"][5]), (&json!("Elf"), &json!("Ranger")));
        assert_eq!(canon["bounds"], json!({ "min": -500.0, "max": 500.0 }));
        let engine = json!({
            "number": 12, "name": "Entropy Engine", "influence": "Chaos and Randomness",
            "guardian": "Chaoticus the Random", "location_id": 2,
        });
        assert_eq!(canon["shards"][11], engine);
        assert_eq!(
            [6, 6, 6, 12, 12],
            ["factions", "races", "classes", "locations", "shards"].map(|list| canon[list].as_array().unwrap().len())
        );
    }

    #[test]
    fn a_hash_is_read_out_of_the_query_and_no_query_is_wrong() {
        let read = |query| Known::read(query).unwrap().hash;
        assert_eq!(read("hash=0a1b"), Some("0a1b".into()));
        assert_eq!(read("other=1&h%61sh=0a1b&hash=2"), Some("0a1b".into()));
        for query in ["", "hash", "hash=", "Hash=1", "&&=", "%"] {
            assert!(read(query).is_none_or(|hash| hash.is_empty()), "{query}");
        }
    }
}
