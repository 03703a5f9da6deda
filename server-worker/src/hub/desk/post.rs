//! What a hub must tell Characters: stored, and sent until it is answered.

use crate::calls::character::Visit;
use crate::hub::{
    logic::Hub,
    outbox::{Effect, Outbox},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    Refusal,
    ids::{CharacterId, LocationId},
};

/// What a Character must learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Letter {
    /// It has left the world from this location.
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

impl Hub {
    /// Writes a letter, and sends it once it is stored.
    pub(in crate::hub) fn post(&mut self, says: Letter, out: &mut Outbox) {
        let (number, letter) = self.letters.post(out.now, says);
        out.push(Effect::Post(number, letter));
        self.carry(out);
    }

    /// Sends the letters that are due.
    pub(in crate::hub) fn carry(&mut self, out: &mut Outbox) {
        for (number, letter) in self.letters.take_due(out.now) {
            out.push(Effect::Carry(number, letter.says));
        }
    }

    /// A letter was answered, or did not arrive.
    pub(in crate::hub) fn carried(&mut self, number: u64, answer: &Result<(), Refusal>, out: &mut Outbox) {
        if self.letters.answered(number, out.now, answer) {
            out.push(Effect::Done(number));
        }
    }
}
