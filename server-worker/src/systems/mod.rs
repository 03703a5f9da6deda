//! **Systems**: what players do beyond walking, a folder each.
//!
//! A system is a folder that holds all of it on the server's side: which client messages are
//! its own, how each is served (a flow over [`Platform`]), what a hub keeps of a player for it,
//! and its object, if it has one. This table says which there are. A hub hands a message over
//! with who sent it, waits as the system asks, and sends what comes back; it knows the table
//! and no system.

#[macro_use]
mod table;
mod system;

pub mod chat;
pub mod emote;
pub mod party;

pub use system::{
    Asker, Batch, Fact, GroupId, Here, Lane, Local, Occasion, Players, Present, Reply, Settings, Step, System, Told,
};

use crate::{
    calls::{character::Entered, hub::Delivery},
    service::{Platform, Result},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    Refusal,
    ids::{CharacterId, PartyId},
    limits::Rate,
    protocol::ClientMessage,
    time::Millis,
};

/// A fact as it is stored: its system's number, and its bytes.
pub type Stored = (u8, Vec<u8>);

// A number is never used again: facts are stored under it.
systems! {
    1 chat Chat;
    2 party Party;
    3 emote Emote;
}

impl Facts {
    /// What a hub kept before systems kept facts of their own: attachments and rows of that
    /// time are still read.
    #[must_use]
    pub fn before(party: Option<(PartyId, u64)>, left: Vec<(PartyId, u64)>, muted: Vec<CharacterId>) -> Self {
        Self {
            party: party::fact::Membership::of(party, left),
            chat: chat::fact::Muted::of(muted),
            ..Self::default()
        }
    }
}
