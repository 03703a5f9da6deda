//! The Character: a sheet, and where it is.

use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ids::{CharacterId, LocationId, PartyId, PlayerId},
    protocol::{party::PartyInvite, trade::Inventory},
    sheet::Sheet,
    text::CharacterName,
    time::Millis,
};

/// A character's object.
#[must_use]
pub fn object_name(character: CharacterId) -> String {
    character.to_string()
}

/// One stay in the world: what tells it from the stays before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Visit {
    /// The hub.
    pub hub: u32,
    /// The hub's connection, which is random.
    pub connection: u64,
}

/// Somebody's place in the world.
pub type Place = (CharacterId, Visit);

/// Where a character is, and how new that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Presence {
    /// Rises with every change.
    pub number: u64,
    /// Its stay in the world.
    pub visit: Option<Visit>,
}

/// A character that has claimed a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joiner {
    /// Who.
    pub character: CharacterId,
    /// Its name.
    pub name: CharacterName,
    /// Where it is.
    pub presence: Presence,
}

/// A character that enters the world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entered {
    /// Its sheet.
    pub sheet: Sheet,
    /// Its party.
    pub party: Option<PartyId>,
    /// Whom it does not want to hear.
    pub muted: Vec<CharacterId>,
    /// The invitations that it has.
    pub invited: Vec<PartyInvite>,
}

/// What others may know of a character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Its name.
    pub name: CharacterName,
    /// Its stay in the world, by the last word of it.
    pub visit: Option<Visit>,
    /// Its party.
    pub party: Option<PartyId>,
}

/// A seat in a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Which party.
    pub party: PartyId,
    /// The key of the request by which it was taken.
    pub key: u64,
}

/// An invitation into a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// Into which.
    pub party: PartyId,
    /// As it is told, again to whoever enters the world anew.
    pub invite: PartyInvite,
    /// The key of the request by which it was made.
    pub key: u64,
    /// Until when it is good.
    pub expires: Millis,
}

/// The parties that a character may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parties {
    /// Its own.
    pub seat: Option<Seat>,
    /// Those it is invited into.
    pub invited: Vec<Invited>,
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
        /// It enters the world. Its party is told before this is answered.
        Enter { owner: PlayerId, visit: Visit } -> Entered;
        /// It has come to another location.
        Travel { visit: Visit, location: LocationId } -> ();
        /// Where it is in the world, by the last word of it: the hub knows
        /// whether that still holds.
        Whereabouts { owner: PlayerId } -> Option<Visit>;
        /// It has left the world, from this location.
        Leave { visit: Visit, location: LocationId } -> ();
        /// What it holds.
        GetInventory { owner: PlayerId } -> Inventory;
        /// What others may know of it. Refused with NOT_FOUND.
        Find {} -> Found;
        /// The parties that it may name.
        GetParties { owner: PlayerId } -> Parties;
        /// It wants to invite somebody into its party; `key` is its request. Refused with
        /// NOT_IN_PARTY, or RATE_LIMITED if it has invited too often lately.
        BeginInvite { owner: PlayerId, party: PartyId, key: u64 } -> ();
        /// It wants a seat in a party; `key` is its request to join. Refused with
        /// ALREADY_IN_PARTY.
        Claim { owner: PlayerId, party: PartyId, key: u64 } -> Joiner;
        /// It has the seat that it claimed.
        Seated { key: u64 } -> ();
        /// It has this seat no more.
        Release { seat: u64 } -> ();
        /// A hub did not find it on this visit, or did not answer: it asks.
        Doubt { visit: Visit } -> ();
        /// It is invited into a party.
        Invite { key: u64, expires: Millis, invite: PartyInvite } -> ();
        /// An invitation is good no more.
        Uninvite { key: u64 } -> ();
        /// It does not want to hear another, or wants to again. Refused with
        /// TOO_MANY_MUTED.
        Mute { owner: PlayerId, character: CharacterId, muted: bool } -> ();
        /// It is deleted. Refused with CHARACTER_ONLINE or ALREADY_IN_PARTY, unless it
        /// goes with its whole account.
        Delete { owner: PlayerId, even_online: bool } -> ();
    }
);
