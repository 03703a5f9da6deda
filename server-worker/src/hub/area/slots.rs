//! Slots: the short numbers by which position frames name a hub's players.

use shardlink_shared::time::Millis;
use std::collections::{BTreeSet, VecDeque};

/// A slot is not given out again for this long, in milliseconds: a frame or a
/// snapshot that is still on its way must not name somebody else by it.
pub const QUARANTINE: u64 = 90_000;

/// Which slots are free.
#[derive(Debug, Default)]
pub struct Slots {
    /// Given back, the longest ago first.
    returned: VecDeque<(u16, Millis)>,
    /// The lowest that was never given out.
    next: u16,
}

impl Slots {
    /// The slots of a hub whose players hold these.
    pub fn restore(held: impl IntoIterator<Item = u16>, now: Millis) -> Self {
        let held: BTreeSet<u16> = held.into_iter().collect();
        let next = held.last().map_or(0, |last| last.saturating_add(1));
        // When the others were given back has been forgotten, so they count as given back now.
        let returned = (0..next).filter(|slot| !held.contains(slot)).map(|slot| (slot, now)).collect();
        Self { returned, next }
    }

    /// A slot that nobody holds.
    pub fn take(&mut self, now: Millis) -> u16 {
        let rested = |(_, since): &(u16, Millis)| now.since(*since) >= QUARANTINE;
        // A hub would need 65,535 visits in 90 s to run out; then the oldest must do.
        if (self.returned.front().is_some_and(rested) || self.next == u16::MAX)
            && let Some((slot, _)) = self.returned.pop_front()
        {
            return slot;
        }
        let slot = self.next;
        self.next = slot.saturating_add(1);
        slot
    }

    /// Gives a slot back.
    pub fn give_back(&mut self, slot: u16, now: Millis) {
        self.returned.push_back((slot, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_rests_before_it_is_given_out_again() {
        let mut slots = Slots::default();
        assert_eq!((slots.take(Millis(0)), slots.take(Millis(0))), (0, 1));
        slots.give_back(0, Millis(10));
        assert_eq!(slots.take(Millis(QUARANTINE + 9)), 2);
        assert_eq!(slots.take(Millis(QUARANTINE + 10)), 0);
    }

    #[test]
    fn a_hub_that_wakes_gives_out_no_slot_that_is_held() {
        let mut slots = Slots::restore([3, 1], Millis(0));
        assert_eq!(slots.take(Millis(1)), 4);
        let mut later: Vec<u16> = (0..3).map(|_| slots.take(Millis(QUARANTINE))).collect();
        later.sort_unstable();
        assert_eq!(later, [0, 2, 5]);
    }
}
