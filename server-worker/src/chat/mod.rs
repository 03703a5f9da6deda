//! What is said, on its way through the objects: from the speaker's hub to whoever
//! brings it into one order (World, or a Party), and from there to the hubs.

pub mod fanout;
pub mod filter;
pub mod heard;
pub mod history;

use serde::{Deserialize, Serialize};
use shardlink_shared::{
    protocol::{
        RequestId, Timestamp,
        chat::{Chat, PastChat},
    },
    time::Millis,
    world::Faction,
};

/// Who hears what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// Everybody.
    Everybody,
    /// A faction.
    Faction(Faction),
    /// A party: the one whose object gives the order.
    Party,
}

/// Which request said it: what its answer needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The speaker's hub.
    pub hub: u32,
    /// The speaker's connection there.
    pub connection: u64,
    /// The speaker's own name for the request.
    pub request: Option<String>,
}

impl Origin {
    /// The request that is answered on this connection of this hub.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        self.request.as_deref().and_then(RequestId::from_text)
    }
}

/// Something said that has no place in the order yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utterance {
    /// For whom.
    pub audience: Audience,
    /// What.
    pub chat: Chat,
    /// Who wants to know.
    pub origin: Origin,
}

/// Something said, in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    /// Its number, rising.
    pub number: u64,
    /// When it was said.
    pub at: Millis,
    /// For whom.
    pub audience: Audience,
    /// What.
    pub chat: Chat,
    /// Who wants to know; nobody, in a history.
    pub origin: Option<Origin>,
}

impl Spoken {
    /// As a history has it.
    #[must_use]
    pub fn past(&self) -> PastChat {
        PastChat { number: self.number, timestamp: Timestamp(self.at), chat: self.chat.clone() }
    }
}

/// A batch of a hub's, by what tells it from others: each load of a hub is an epoch, in
/// which its batches are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BatchNumber {
    /// When the hub began to count.
    pub epoch: Millis,
    /// The batch's number, from 1.
    pub number: u64,
}
