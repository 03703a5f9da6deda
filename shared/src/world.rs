//! The canon of *Shards of Eternity*, as data: factions, races, classes,
//! locations and shards. Another game brings its own file.

use crate::{
    codec::{
        table::{Kind, Take, Wire},
        words::one_of,
    },
    ids::{LocationId, ShardId},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;

macro_rules! canon_enum {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $index:literal, $text:literal;)* }) => {
        $(#[$doc])*
        ///
        /// In JSON its name, read without regard to case, spaces and
        /// underscores; in binary its index.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $(#[doc = $text] #[cfg_attr(feature = "schema", schemars(rename = $text))] $variant = $index,)*
        }

        impl $name {
            /// All of them, in the canon's order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Their names, by index.
            pub const NAMES: &'static [&'static str] = &[$($text),*];

            /// Its name in the canon.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The one of this name; case, spaces and underscores do not matter.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| same_name(one.name(), text))
            }

            /// The one of this index.
            #[must_use]
            pub fn from_index(index: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| *one as u8 == index)
            }
        }

        impl Wire for $name {
            const KIND: &'static Kind = &Kind::LooseNames(Self::NAMES);
        }

        impl Take for $name {
            fn take(rest: &mut &[u8]) -> Option<Self> {
                u8::take(rest).and_then(Self::from_index)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.serialize_str(self.name())
                } else {
                    serializer.serialize_u8(*self as u8)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let found = if deserializer.is_human_readable() {
                    Self::parse(&Cow::<str>::deserialize(deserializer)?)
                } else {
                    Self::from_index(u8::deserialize(deserializer)?)
                };
                found.ok_or_else(|| de::Error::custom(format_args!("must be {}", one_of(&[$($text),*]))))
            }
        }
    };
}

/// Whether two names differ at most in case, spaces, underscores and hyphens.
pub(crate) fn same_name(canon: &str, text: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = char> {
        text.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).map(|c| c.to_ascii_lowercase())
    }
    letters(canon).eq(letters(text))
}

canon_enum!(
    /// One of the six factions that fight for the shards.
    Faction {
        CrimsonCovenant = 0, "Crimson Covenant";
        AetherSeekers = 1, "Aether Seekers";
        IronBrotherhood = 2, "Iron Brotherhood";
        MoonlitCircle = 3, "Moonlit Circle";
        Shadowborn = 4, "Shadowborn";
        GoldenOrder = 5, "Golden Order";
    }
);

canon_enum!(
    /// A character's race.
    Race {
        Human = 0, "Human";
        Elf = 1, "Elf";
        Dwarf = 2, "Dwarf";
        Tiefling = 3, "Tiefling";
        Dragonborn = 4, "Dragonborn";
        Undead = 5, "Undead";
    }
);

canon_enum!(
    /// A character's class.
    Class {
        Warrior = 0, "Warrior";
        Sorcerer = 1, "Sorcerer";
        Rogue = 2, "Rogue";
        Paladin = 3, "Paladin";
        Necromancer = 4, "Necromancer";
        Ranger = 5, "Ranger";
    }
);

canon_enum!(
    /// What the world is like: neutral, or as its dominant faction wants it.
    Reality {
        Neutral = 0, "Neutral";
        BloodRealm = 1, "Blood Realm";
        AetherStorm = 2, "Aether Storm";
        IronAge = 3, "Iron Age";
        TwilightDominion = 4, "Twilight Dominion";
        ShadowWorld = 5, "Shadow World";
        RadiantEra = 6, "Radiant Era";
    }
);

canon_enum!(
    /// What kind of place a location is.
    Zone {
        Town = 0, "town";
        Dungeon = 1, "dungeon";
        FactionHq = 2, "faction_hq";
        Wilderness = 3, "wilderness";
    }
);

/// Locations reach this far from (0, 0) on x and y, in metres.
pub const LOCATION_REACH: f64 = 500.0;

/// Walking speed of a character of ordinary dexterity, in metres a second.
pub const WALKING_SPEED: f64 = 6.0;

/// The highest walking speed, in metres a second.
pub const HIGHEST_WALKING_SPEED: f64 = 8.0;

/// A location of the canon.
#[derive(Debug, Clone, Copy)]
pub struct Location {
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
    /// How fast characters walk here, as a factor of their own speed.
    pub pace: f64,
}

const fn location(id: u64, name: &'static str, zone: Zone, safe: bool, danger: u8) -> Location {
    match LocationId::new(id) {
        // The canon knows no swamps: characters walk everywhere alike.
        Some(id) => Location { id, name, zone, safe, danger, pace: 1.0 },
        None => panic!("locations are numbered from 1"),
    }
}

/// Where new characters start: The Nexus, which connects to every location.
pub const NEXUS: LocationId = LOCATIONS[0].id;

/// The twelve locations.
pub const LOCATIONS: &[Location; 12] = &[
    location(1, "The Nexus", Zone::Town, true, 0),
    location(2, "Ember Volcano", Zone::Dungeon, false, 8),
    location(3, "Abyssal Trench", Zone::Dungeon, false, 8),
    location(4, "Titan's Spine Mountains", Zone::Dungeon, false, 9),
    location(5, "Crimson Cathedral", Zone::FactionHq, true, 0),
    location(6, "Aether Academy", Zone::FactionHq, true, 0),
    location(7, "Iron Foundry", Zone::FactionHq, true, 0),
    location(8, "Twilight Grove", Zone::FactionHq, true, 0),
    location(9, "Shadow Sanctum", Zone::FactionHq, true, 0),
    location(10, "Golden Citadel", Zone::FactionHq, true, 0),
    location(11, "Wilderness Outpost", Zone::Wilderness, false, 3),
    location(12, "Necropolis of Lost Souls", Zone::Dungeon, false, 9),
];

/// The location of this id, if the canon has it.
#[must_use]
pub fn find_location(id: LocationId) -> Option<&'static Location> {
    LOCATIONS.iter().find(|location| location.id == id)
}

/// Whether a way leads from one location to the other: every one connects with
/// the Nexus, and no others connect.
#[must_use]
pub fn are_adjacent(from: LocationId, to: LocationId) -> bool {
    from != to && (from == NEXUS || to == NEXUS) && find_location(from).is_some() && find_location(to).is_some()
}

/// One of the twelve Crystal Shards.
#[derive(Debug, Clone, Copy)]
pub struct Shard {
    /// Its id, which is its number.
    pub id: ShardId,
    /// Its name.
    pub name: &'static str,
    /// What it shapes.
    pub influence: &'static str,
    /// Who guards it.
    pub guardian: &'static str,
    /// Where it lies.
    pub location: LocationId,
}

/// The gestures that characters can make.
pub const EMOTES: &[&str] = &["wave", "dance", "bow", "cheer", "point", "sit"];

/// Each shard's power level.
pub const SHARD_POWER_LEVEL: u32 = 100;

const fn shard(number: u64, name: &'static str, influence: &'static str, guardian: &'static str, at: u64) -> Shard {
    match (ShardId::new(number), LocationId::new(at)) {
        (Some(id), Some(location)) => Shard { id, name, influence, guardian, location },
        _ => panic!("shards and locations are numbered from 1"),
    }
}

/// The twelve Crystal Shards. The canon lays shards 1, 2, 3 and 11; the other
/// eight are spread over the locations that are not safe.
pub const SHARDS: &[Shard; 12] = &[
    shard(1, "Phoenix Flame", "Fire and Rebirth", "Ignarok the Eternal", 2),
    shard(2, "Ocean's Tear", "Water and Adaptation", "Thalassia the Depths", 3),
    shard(3, "Mountain's Core", "Earth and Endurance", "Terrakor the Unmoved", 4),
    shard(4, "Tempest Crown", "Air and Freedom", "Zephyrath the Hurricane", 4),
    shard(5, "Dawn's Radiance", "Light and Truth", "Solarius the Radiant", 11),
    shard(6, "Void Heart", "Darkness and Fear", "Nocturnyx the Void", 3),
    shard(7, "Null Sphere", "Void and Unmaking", "The Unmade", 12),
    shard(8, "Hourglass Eternal", "Time and Fate", "Chronovax the Timeless", 4),
    shard(9, "Infinity Prism", "Space and Distance", "Infinitus the Boundless", 11),
    shard(10, "Genesis Seed", "Life and Growth", "Vitaera the Ever-Growing", 11),
    shard(11, "Reaper's Eye", "Death and Entropy", "Mortifax the Final", 12),
    shard(12, "Entropy Engine", "Chaos and Randomness", "Chaoticus the Random", 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_location_connects_with_the_nexus_and_no_others_connect() {
        for from in LOCATIONS {
            for to in LOCATIONS {
                let expected = from.id != to.id && (from.id == NEXUS || to.id == NEXUS);
                assert_eq!(are_adjacent(from.id, to.id), expected);
            }
        }
        assert!(!are_adjacent(NEXUS, LocationId::new(13).unwrap()));
    }

    #[test]
    fn every_shard_lies_where_players_may_fight() {
        for (index, shard) in SHARDS.iter().enumerate() {
            assert_eq!(shard.id.get(), index as u64 + 1);
            assert!(!find_location(shard.location).unwrap().safe, "{}", shard.name);
        }
        for location in LOCATIONS.iter().filter(|location| !location.safe) {
            assert!(SHARDS.iter().any(|shard| shard.location == location.id), "{}", location.name);
        }
    }

    #[test]
    fn names_of_the_canon_are_read_in_any_common_spelling() {
        for text in ["Crimson Covenant", "crimson_covenant", "CRIMSON_COVENANT", "CrimsonCovenant"] {
            assert_eq!(Faction::parse(text), Some(Faction::CrimsonCovenant), "{text}");
        }
        assert_eq!(Faction::parse("Crimson"), None);
        assert_eq!(Faction::parse(""), None);
        assert_eq!(serde_json::to_string(&Faction::AetherSeekers).unwrap(), "\"Aether Seekers\"");
    }
}
