//! Reliable messages that go out with a tick's frames: a socket that speaks binary gets
//! one frame for both. A send costs the runtime more than what is in it.

use crate::hub::{outbox::Outbox, sockets::connection::ConnectionId};
use std::ops::Range;

/// What players are told reliably with this tick, before anything else in their frame,
/// and memory that every tick uses again.
#[derive(Debug, Default)]
pub(in crate::hub) struct Leads {
    /// Each is the bytes of the messages that some players get.
    leads: Vec<Vec<u8>>,
    /// Which of them a player gets, by slot, counted from 1; 0 for none.
    of_slot: Vec<usize>,
    /// The players who get one with this tick.
    players: Vec<(u16, ConnectionId)>,
    scratch: Vec<(usize, ConnectionId)>,
}

impl Leads {
    /// Gives these messages to these players, who have none yet.
    pub fn give(&mut self, players: impl IntoIterator<Item = (u16, ConnectionId)>, messages: Vec<u8>) {
        self.leads.push(messages);
        for (slot, id) in players {
            let index = usize::from(slot);
            if self.of_slot.len() <= index {
                self.of_slot.resize(index + 1, 0);
            }
            if let Some(lead) = self.of_slot.get_mut(index) {
                *lead = self.leads.len();
                self.players.push((slot, id));
            }
        }
    }

    fn take(&mut self, slot: u16) -> usize {
        self.of_slot.get_mut(usize::from(slot)).map(std::mem::take).unwrap_or(0)
    }

    /// Sends a frame that lies in the outbox to these players. In front of it each gets its own
    /// messages.
    pub fn share(&mut self, to: impl Iterator<Item = (u16, ConnectionId)>, frame: Range<usize>, out: &mut Outbox) {
        if self.leads.is_empty() || frame.is_empty() {
            return out.share(to.map(|(_, id)| id), 0, frame);
        }
        self.scratch.clear();
        for (slot, id) in to {
            let lead = self.take(slot);
            self.scratch.push((lead, id));
        }
        self.send(frame, out);
    }

    /// Sends their messages to those who have had no frame.
    pub fn finish(&mut self, out: &mut Outbox) {
        if self.leads.is_empty() {
            return;
        }
        self.scratch.clear();
        while let Some((slot, id)) = self.players.pop() {
            let lead = self.take(slot);
            if lead != 0 {
                self.scratch.push((lead, id));
            }
        }
        self.send(0..0, out);
        self.leads.clear();
    }

    fn send(&mut self, frame: Range<usize>, out: &mut Outbox) {
        self.scratch.sort_unstable();
        for alike in self.scratch.chunk_by(|one, other| one.0 == other.0) {
            let receivers = alike.iter().map(|(_, id)| *id);
            let lead = alike.first().and_then(|(lead, _)| self.leads.get(lead.checked_sub(1)?));
            let Some(lead) = lead else {
                out.share(receivers, 0, frame.clone());
                continue;
            };
            let start = out.bytes.len();
            out.bytes.extend_from_slice(lead);
            out.bytes.extend_from_within(frame.clone());
            out.share(receivers, lead.len(), start..out.bytes.len());
        }
    }
}
