//! What a hub keeps of a player for chat: whom it does not want to hear.

use crate::systems::Fact;
use serde::{Deserialize, Serialize};
use shardlink_shared::{ids::CharacterId, protocol::chat::Mute};

/// Whom a player does not want to hear, by rising id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Muted(Vec<CharacterId>);

impl Muted {
    /// These, by rising id.
    #[must_use]
    pub const fn of(these: Vec<CharacterId>) -> Self {
        Self(these)
    }
}

impl Fact for Muted {
    type Change = Mute;

    fn take(&mut self, _: CharacterId, mute: &Mute) -> bool {
        match (self.0.binary_search(&mute.character_id), mute.muted) {
            (Err(at), true) => self.0.insert(at, mute.character_id),
            (Ok(at), false) => drop(self.0.remove(at)),
            _ => return false,
        }
        true
    }

    fn hears(&self, sender: CharacterId) -> bool {
        self.0.binary_search(&sender).is_err()
    }
}
