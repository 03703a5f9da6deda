//! The World: what all hubs share.

use crate::calls::{BatchNumber, hub::Delivery};
use crate::systems::chat::{Scope, Utterance};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ids::{PartyId, PlayerId},
    protocol::{
        chat::{PastChat, WorldAnnouncement},
        world::WorldState,
    },
    time::Millis,
    world::Faction,
};

/// The one realm there is.
pub const REALM: &str = "main";

/// The realm's object.
#[must_use]
pub fn object_name() -> String {
    REALM.to_owned()
}

/// Who is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Population {
    /// Characters in the world.
    pub players: u32,
    /// Open sockets.
    pub sockets: u32,
}

/// The realm as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// When the realm began.
    pub started: Millis,
    /// Who is in all hubs together.
    pub population: Population,
}

/// Something that happened in the realm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// What kind of event it is.
    pub event_type: String,
    /// What it is called.
    pub title: String,
    /// What happened.
    pub description: String,
    /// When.
    pub at: Millis,
    /// The faction it is about.
    pub faction: Option<Faction>,
}

/// What was said before a hub began to listen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histories {
    /// The last number that was given; what has a higher one is sent to the hub.
    pub number: u64,
    /// The last words of each channel, the oldest first.
    pub channels: Vec<(Scope, Vec<PastChat>)>,
}

calls!("WORLD",
    /// What the World is asked.
    WorldCall {
        /// A hub with room, where each holds `capacity` players, by its number: the one
        /// where the party's others are, if it has room. The place is kept for `who`;
        /// for a stranger none is.
        Place { capacity: u32, party: Option<PartyId>, near: Option<u32>, who: Option<PlayerId> } -> u32;
        /// A player who was not sent to a hub has signed in there: a place is kept for it
        /// until the hub reports it, in the stead of any other.
        Reserve { hub: u32, who: PlayerId } -> ();
        /// A hub's storage is damaged: nobody is sent there any more.
        Retire { hub: u32 } -> ();
        /// The numbers of the hubs where somebody is.
        GetHubs {} -> Vec<u32>;
        /// A hub says who is there, whether it is awake, and whether a player misses what the realm
        /// is like. It is answered what its players are to be told, if that is news to the hub.
        Report { hub: u32, population: Population, is_awake: bool, misses: bool } -> Vec<Delivery>;
        /// A hub wants to know what was said, and hears what is said from here on.
        Listen { hub: u32 } -> Histories;
        /// Players in a hub say something to everybody or to their factions.
        Say { hub: u32, batch: BatchNumber, utterances: Vec<Utterance> } -> ();
        /// Those who run the realm announce something; `key` tells it from others.
        Announce { key: u64, announcement: WorldAnnouncement } -> ();
        /// The realm as a whole.
        GetStatus {} -> Status;
        /// What the realm is like now.
        GetState {} -> WorldState;
        /// Stores something: answered once it is on disk.
        CheckStorage {} -> ();
        /// What happened, the newest first: at most `limit` events, older
        /// than the one of the number `before`.
        GetEvents { before: Option<u64>, limit: u32 } -> Vec<(u64, Happening)>;
    }
);
