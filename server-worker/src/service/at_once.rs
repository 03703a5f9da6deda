//! Whether a password may be stretched in one piece, by the runtime's own function. That takes
//! a fifth of the CPU, but whoever else asks the server anything waits for the end of it, and
//! a request is answered in several steps, each of which may have to wait for another piece.
//!
//! (Seen on a processor without instructions for SHA-256, where a piece takes 350 ms: 48 wrong
//! sign-ins at once left one request of somebody else without an answer for 10 s.)

use shardlink_shared::time::Millis;

/// A pause disturbs nobody in a hub that has had nothing to do for this many milliseconds.
const HUBS_ARE_QUIET_AFTER: u64 = 5_000;

/// A piece that takes longer than this many milliseconds is too long for others to wait.
const LONGEST_PIECE: u64 = 120;

/// After a piece that was too long none is tried for this many milliseconds: the machine may
/// only have been busy.
const TRIED_AGAIN_AFTER: u64 = 10 * 60_000;

/// What is known of the last pieces, and of hubs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AtOnce {
    /// When a hub last had something to do.
    hubs_busy_at: Millis,
    /// When the last piece ended.
    ended: Millis,
    /// How long it took, in milliseconds.
    took: u64,
}

impl AtOnce {
    /// Nothing is known yet.
    pub const UNKNOWN: Self = Self { hubs_busy_at: Millis(0), ended: Millis(0), took: 0 };

    /// A hub has something to do now.
    pub const fn hubs_are_busy(&mut self, now: Millis) {
        self.hubs_busy_at = now;
    }

    /// How many milliseconds to wait before the next piece, so that others get as much time as
    /// the last one took; `None` if it must not be done in one piece.
    #[must_use]
    pub fn wait(&self, now: Millis) -> Option<u64> {
        let since = now.since(self.ended);
        if now.since(self.hubs_busy_at) < HUBS_ARE_QUIET_AFTER
            || (self.took > LONGEST_PIECE && since < TRIED_AGAIN_AFTER)
        {
            return None;
        }
        Some(self.took.min(LONGEST_PIECE).saturating_sub(since))
    }

    /// A piece that began then has ended.
    pub fn ended(&mut self, began: Millis, now: Millis) {
        (self.ended, self.took) = (now, now.since(began));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = Millis(1_800_000_000_000);

    #[test]
    fn others_get_as_much_time_as_a_piece_takes() {
        let mut at_once = AtOnce::UNKNOWN;
        assert_eq!(at_once.wait(START), Some(0));
        at_once.ended(START, START + 75);
        assert_eq!(at_once.wait(START + 75), Some(75));
        assert_eq!(at_once.wait(START + 100), Some(50));
        assert_eq!(at_once.wait(START + 5_000), Some(0));
    }

    #[test]
    fn where_a_piece_takes_too_long_none_is_tried_for_ten_minutes() {
        let mut at_once = AtOnce::UNKNOWN;
        at_once.ended(START, START + 350);
        assert_eq!(at_once.wait(START + 350), None);
        assert_eq!(at_once.wait(START + 349 + TRIED_AGAIN_AFTER), None);
        assert_eq!(at_once.wait(START + 350 + TRIED_AGAIN_AFTER), Some(0));
    }

    #[test]
    fn while_hubs_are_at_work_none_is_tried() {
        let mut at_once = AtOnce::UNKNOWN;
        at_once.hubs_are_busy(START);
        assert_eq!(at_once.wait(START + 4_999), None);
        assert_eq!(at_once.wait(START + 5_000), Some(0));
    }
}
