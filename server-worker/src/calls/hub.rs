//! The Hub: sockets and who stands where.

use super::party::{Place, Word};
use crate::chat::Spoken;
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode,
    crypto::token::SessionId,
    ids::{CharacterId, PartyId},
    protocol::{
        chat::{Chat, WorldAnnouncement},
        party::{PartyInvite, PartyUpdate},
    },
    time::Millis,
};

/// What the World has to say to everybody in a hub, in its order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum News {
    /// Somebody said something.
    Spoken(Spoken),
    /// Those who run the realm announce something.
    Announced {
        /// Its number, rising with those of what is said.
        number: u64,
        /// What.
        announcement: WorldAnnouncement,
    },
}

impl News {
    /// Its number in the World's order.
    #[must_use]
    pub const fn number(&self) -> u64 {
        match self {
            Self::Spoken(spoken) => spoken.number,
            Self::Announced { number, .. } => *number,
        }
    }
}

/// A hub's object, by its number in the realm.
#[must_use]
pub fn object_name(number: u32) -> String {
    format!("{}-{number}", super::world::REALM)
}

calls!("HUB",
    /// What a Hub is asked by other objects.
    HubCall {
        /// A session has ended: its socket is closed, and the code says why.
        EndSession { session: SessionId, code: ErrorCode } -> ();
        /// Whether a character is in the world on this connection.
        Holds { character: CharacterId, connection: u64 } -> bool;
        /// A session has another token: its socket stays.
        RenewSession { old: SessionId, new: SessionId } -> ();
        /// A session has selected a character: it enters the world on the
        /// session's socket.
        EnterWorld { session: SessionId, character: CharacterId } -> ();
        /// The server stops: all sockets are closed, to resume, and none is let in for some
        /// seconds.
        Stop {} -> ();
        /// A character is in another hub now: its connection here is closed.
        Displaced { character: CharacterId, connection: u64 } -> ();
        /// What was said and announced, in the World's order.
        Broadcast { news: Vec<News> } -> ();
        /// What was said in parties.
        PartyTalk { party: PartyId, words: Vec<Word> } -> ();
        /// A party as it is now, for these who are in it or were; those of them who are
        /// not here.
        PartyChanged { update: PartyUpdate, to: Vec<Place> } -> Vec<Place>;
        /// Somebody is invited into a party. Whether it is here.
        Invited { key: u64, invite: PartyInvite, connection: u64 } -> bool;
        /// Somebody is whispered to. Whether it is here.
        Whisper { chat: Chat, connection: u64 } -> bool;
        /// A session may not speak until then, or may again.
        Silence { session: SessionId, until: Option<Millis> } -> ();
    }
);
