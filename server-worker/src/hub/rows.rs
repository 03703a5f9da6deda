//! What a hub's rows hold, and the letters among them.

use super::{
    sockets::connection::{Connection, Nonce},
    stream::log::Logged,
};
use crate::{calls::character::Visit, letters};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    crypto::token::SessionId,
    ids::{CharacterId, LocationId},
    time::Millis,
};

/// What a hub's rows hold.
#[derive(Debug, Default)]
pub struct Rows {
    /// Places, each with the time until which it is kept if it had lost its socket.
    pub places: Vec<(Option<Millis>, Connection)>,
    /// Reliable messages, the oldest first.
    pub log: Vec<Logged>,
    /// Letters that have not been answered.
    pub letters: Vec<(u64, letters::Letter<Letter>)>,
    /// Tickets that have served, and until when they are good.
    pub tickets: Vec<(Nonce, Millis)>,
    /// Sessions that there was word of, and when.
    pub words: Vec<(SessionId, Millis)>,
    /// When the process that loads the rows began: there may have been a crash before that.
    pub process: Millis,
}

/// What a Character must learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Letter {
    /// It has left the world, from this location.
    Left {
        /// Who.
        character: CharacterId,
        /// Which stay has ended.
        visit: Visit,
        /// Where it was.
        location: LocationId,
    },
    /// It has come to another location.
    Travelled {
        /// Who.
        character: CharacterId,
        /// On which stay.
        visit: Visit,
        /// Where it is now.
        location: LocationId,
    },
}
