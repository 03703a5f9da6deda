//! The Character: a sheet, and where it is.

use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ids::{CharacterId, LocationId, PlayerId},
    protocol::trade::Inventory,
    sheet::Sheet,
};

/// A character's object.
#[must_use]
pub fn object_name(character: CharacterId) -> String {
    character.to_string()
}

/// One stay in the world: what tells it from the stays before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// The hub.
    pub hub: u32,
    /// The hub's connection, which is random.
    pub connection: u64,
}

calls!("CHARACTER",
    /// What a Character is asked.
    CharacterCall {
        /// Makes the character.
        Create { owner: PlayerId, sheet: Sheet } -> ();
        /// Its account lists it: it need not ask.
        Confirm { owner: PlayerId } -> ();
        /// Its sheet.
        Get { owner: PlayerId } -> Sheet;
        /// It enters the world; its sheet.
        Enter { owner: PlayerId, visit: Visit } -> Sheet;
        /// It has come to another location.
        Travel { visit: Visit, location: LocationId } -> ();
        /// Where it is in the world, by the last word of it: the hub knows
        /// whether that still holds.
        Whereabouts { owner: PlayerId } -> Option<Visit>;
        /// It has left the world, from this location.
        Leave { visit: Visit, location: LocationId } -> ();
        /// What it holds.
        GetInventory { owner: PlayerId } -> Inventory;
        /// It is deleted. Refused with CHARACTER_ONLINE, unless it goes
        /// with its whole account.
        Delete { owner: PlayerId, even_online: bool } -> ();
    }
);
