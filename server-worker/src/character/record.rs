//! What a Character stores, apart from what is told of it: the wire's sheet is made from
//! its record and the wire's invitation from the one that it keeps, so that either may come
//! to hold what the other does not. Ids, names, races and the like are spelled here as they
//! are on the wire: golden files pin both.

use crate::{row::both_ways, systems::party::record::StoredInvite};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ids::{CharacterId, LocationId, PartyId, PlayerId},
    items::{Stack, starting_goods},
    limits::CLAIM_SETTLES_AFTER,
    sheet::{Progression, Resources, Sheet, Stats, iso8601},
    text::CharacterName,
    time::Millis,
    world::{Class, Faction, Race},
};

/// A character that exists: its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Whose it is.
    pub owner: PlayerId,
    /// What it is, and where it was last.
    pub sheet: StoredSheet,
    /// What it holds, by rising item.
    #[serde(default)]
    pub items: Vec<Stack>,
    /// When the account is asked whether it lists the character: a making that
    /// was cut short leaves one that nobody does. `None` once it is known to.
    #[serde(default)]
    pub settles_at: Option<Millis>,
}

impl Record {
    /// The record of a character that is made now, with the goods of its class.
    #[must_use]
    pub fn new(owner: PlayerId, sheet: Sheet, now: Millis) -> Self {
        let items = starting_goods(sheet.class);
        Self { owner, sheet: sheet.into(), items, settles_at: Some(now + CLAIM_SETTLES_AFTER) }
    }

    /// The sheet, as clients are told it.
    #[must_use]
    pub fn told(&self) -> Sheet {
        self.sheet.clone().into()
    }
}

/// What a character is, and where it was last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSheet {
    /// Its id.
    pub id: CharacterId,
    /// Its name, unique in the realm.
    pub name: CharacterName,
    /// Always true. It is stored because builds that stored the wire's sheet cannot read a
    /// row without it.
    is_player: bool,
    /// Its race.
    pub race: Race,
    /// Its class.
    pub class: Class,
    /// Its faction.
    pub faction: Faction,
    /// Its six stats.
    pub stats: StoredStats,
    /// Health, stamina and mana.
    pub resources: StoredResources,
    /// Level, experience and souls.
    pub progression: StoredProgression,
    /// Where it was last.
    pub location_id: LocationId,
    /// When it was made (ISO 8601 in JSON).
    #[serde(with = "iso8601")]
    pub created_at: Millis,
    /// When it last changed (ISO 8601 in JSON).
    #[serde(with = "iso8601")]
    pub updated_at: Millis,
}

/// The six stats, each 3 to 20.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // Their names say it.
pub struct StoredStats {
    pub strength: u8,
    pub dexterity: u8,
    pub intelligence: u8,
    pub constitution: u8,
    pub wisdom: u8,
    pub charisma: u8,
}

/// What a character spends and regains, each 0 to its maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // Their names say it.
pub struct StoredResources {
    pub health: u32,
    pub max_health: u32,
    pub stamina: u32,
    pub max_stamina: u32,
    pub mana: u32,
    pub max_mana: u32,
}

/// What a character has gained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredProgression {
    /// The level, from 1.
    pub level: u32,
    /// Points of experience, from 0.
    pub experience: u64,
    /// The currency, from 0.
    pub souls: u64,
}

/// An invitation into a party that a character has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredInvitation {
    /// Into which.
    pub party: PartyId,
    /// What was said of it.
    pub invite: StoredInvite,
    /// The key of the request by which it was made.
    pub key: u64,
    /// Until when it is good.
    pub expires: Millis,
}

both_ways!(
    StoredSheet,
    Sheet {
        id,
        name,
        is_player,
        race,
        class,
        faction,
        stats,
        resources,
        progression,
        location_id,
        created_at,
        updated_at,
    }
);

both_ways!(StoredStats, Stats { strength, dexterity, intelligence, constitution, wisdom, charisma });
both_ways!(StoredResources, Resources { health, max_health, stamina, max_stamina, mana, max_mana });
both_ways!(StoredProgression, Progression { level, experience, souls });
