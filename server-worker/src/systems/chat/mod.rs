//! **Chat**: what players say, what was said lately, and whom each does not want to hear.
//!
//! - Owns: nothing by itself. World brings what is said to everybody and to factions into one
//!   order and keeps the last words; a Party does so for its own; a Character keeps whom it has
//!   muted.
//! - Serves: `chat`, `whisper`, `party_chat`, `faction_chat`, `chat_history`, `mute`.
//! - Keeps of a player in a hub: whom it does not hear (`fact.rs`). Keeps in a hub's memory: a
//!   copy of World's last words (`memory.rs`).
//! - Invariant: chat is sent once and has one order. A hub passes on what is said in batches,
//!   the next one when the last was answered; the speaker's own copy comes back the same way and
//!   answers the request. Nobody learns that it was muted.

pub mod fact;
pub mod fanout;
pub mod heard;
pub mod history;
pub mod memory;
mod requests;
pub mod said;

#[cfg(test)]
pub(crate) use requests::whisper;
pub use requests::{Chat, MEMORY, Request, WORLD, Whispered, lane_of};

use crate::calls::hub::{Audience, Delivery, Key, Origin, Telling};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    protocol::{
        ServerMessage, Timestamp,
        chat::{self, PastChat},
    },
    time::Millis,
    world::Faction,
};

/// Who hears what is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Everybody.
    Everybody,
    /// A faction.
    Faction(Faction),
    /// A party: the one whose object gives the order.
    Party,
}

/// Something said that has no place in the order yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utterance {
    /// Who is to hear it.
    pub audience: Scope,
    /// What was said.
    pub chat: chat::Chat,
    /// The request that it comes from, which its copy answers.
    pub origin: Origin,
}

/// Something said, in its place in the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    /// Its number, rising.
    pub number: u64,
    /// When it was said.
    pub at: Millis,
    /// Who is to hear it.
    pub audience: Scope,
    /// What was said.
    pub chat: chat::Chat,
    /// The request that it comes from, which its copy answers; none, in a history.
    pub origin: Option<Origin>,
}

impl Spoken {
    /// As a history has it.
    #[must_use]
    pub fn past(&self) -> PastChat {
        PastChat { number: self.number, timestamp: Timestamp(self.at), chat: self.chat.clone() }
    }

    /// The delivery by which hubs are told of it. `sender` is the number of the sender whose
    /// order it is in.
    #[must_use]
    pub fn delivery(self, sender: u64, to: Audience) -> Delivery {
        Delivery {
            key: Key::InOrder { sender, number: self.number },
            to,
            from: Some(self.chat.sender_id),
            answers: self.origin,
            message: ServerMessage::chat(self.chat),
            telling: Telling::Reliably,
            change: None,
        }
    }
}
