//! How often positions may come in. A hub takes a limited number of messages a second
//! (`MESSAGE_BUDGET`). Above [`BUDGET_SHARE`] of that, all its clients are told a lower rate for
//! their positions. It is the same for each, so that a client that sends little is not touched,
//! and nobody's chat waits. When there is room again, the rate is raised. The positions that a
//! client sends above a rate it has known for a second are dropped: its next one says as much. A
//! hub does not sleep before everybody has the full rate again, which takes some seconds of rest,
//! so a sleep forgets nothing.

use shardlink_shared::{
    limits::{BUDGET_SHARE, MOVE_RATE, Rate},
    time::Millis,
};

/// How long messages are counted before the pace is set again, in milliseconds.
pub(in crate::hub) const WINDOW: u64 = 1_000;

/// How many windows in a row must have had room before the rate is raised: after a quiet moment
/// alone it would have to be lowered again at once.
const ROOMY: u8 = 3;

/// The rate that nobody needs to be told.
pub(in crate::hub) const FULL: u8 = MOVE_RATE.per_second as u8;

/// The pace of a hub.
#[derive(Debug)]
pub(in crate::hub) struct Pace {
    /// Positions a second that each client may send.
    pub(in crate::hub) rate: u8,
    /// The rate that they are held to: the higher of `rate` and the one before it, because a
    /// client has to hear of a new rate first.
    pub(in crate::hub) enforced: u8,
    pub(in crate::hub) since: Millis,
    /// All messages that came in since.
    pub(in crate::hub) heard: u32,
    /// Windows in a row that had room for more.
    pub(in crate::hub) roomy: u8,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rate: FULL, enforced: FULL, since: Millis(0), heard: 0, roomy: 0 }
    }
}

impl Pace {
    /// When the pace is to be looked at again, even if nothing comes in.
    pub fn due(&self) -> Option<Millis> {
        (self.rate < FULL).then(|| self.since + WINDOW)
    }

    /// A message came in.
    pub const fn count(&mut self) {
        self.heard = self.heard.saturating_add(1);
    }

    /// The rate that each client's positions are held to, if it is lower than the full rate.
    pub fn enforced(&self) -> Option<Rate> {
        let per_second = f64::from(self.enforced);
        // A stalled network delivers a few together.
        (self.enforced < FULL).then(|| Rate { per_second, burst: per_second.max(4.0) })
    }

    /// The rate for the next window. `moves` are the positions a second that each client
    /// sent in the last one, `heard` is how many messages a second came in, in all.
    pub(in crate::hub) fn next(&mut self, moves: &mut [u32], heard: u32, budget: u32) -> u8 {
        let target = (f64::from(budget) * BUDGET_SHARE) as u32;
        let of_moves: u32 = moves.iter().sum();
        if heard > target {
            self.roomy = 0;
            return share(moves, target.saturating_sub(heard.saturating_sub(of_moves))).clamp(1, self.rate);
        }
        // A client that uses half of its rate might use all of a higher one.
        let eager = moves.iter().filter(|moves| **moves * 2 >= u32::from(self.rate)).count() as u32;
        let room = (target - heard).checked_div(eager).unwrap_or(u32::from(FULL));
        let most = u32::from(self.rate) * 2;
        let raised = (u32::from(self.rate) + room).min(most).min(u32::from(FULL)) as u8;
        self.roomy = if raised > self.rate { self.roomy + 1 } else { 0 };
        if self.roomy < ROOMY {
            return self.rate;
        }
        self.roomy = 0;
        raised
    }
}

/// The highest rate at which these clients together send no more than there is room for, if each
/// that wants less than the rate sends what it wants (max-min fairness).
fn share(wanted: &mut [u32], room: u32) -> u8 {
    wanted.sort_unstable();
    let (mut left, mut room) = (wanted.len() as u32, room);
    for want in wanted.iter() {
        let each = room.checked_div(left).unwrap_or(0);
        if *want > each {
            return each.min(u32::from(FULL)) as u8;
        }
        (left, room) = (left - 1, room - want);
    }
    FULL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_leaves_alone_who_wants_less() {
        for (mut wanted, room, expected) in [
            (vec![20; 100], 500, 5),
            (vec![10; 10], 100, FULL),
            // Ninety want one each; ten share what is left.
            ([vec![1; 90], vec![20; 10]].concat(), 190, 10),
            (vec![20; 100], 99, 0),
            (vec![], 0, FULL),
        ] {
            assert_eq!(share(&mut wanted, room), expected);
        }
    }

    #[test]
    fn the_rate_is_raised_only_as_far_as_all_who_might_want_it_fit() {
        let mut pace = Pace { rate: 2, enforced: 2, ..Pace::default() };
        let mut raise = |moves: &mut Vec<u32>, heard| {
            let rates: Vec<_> = (0..ROOMY).map(|_| pace.next(moves, heard, 1_000)).collect();
            pace.rate = *rates.last().unwrap();
            rates
        };
        // 700 is the most: a rate of 3 for 250 clients would be too many.
        assert_eq!(raise(&mut vec![2; 250], 500), [2, 2, 2]);
        assert_eq!(raise(&mut vec![2; 200], 450), [2, 2, 3]);
        // Clients that stand do not count. The rate is at most doubled.
        assert_eq!(raise(&mut [vec![0; 300], vec![3; 10]].concat(), 30), [3, 3, 6]);
        assert_eq!(raise(&mut vec![], 0), [6, 6, 12]);
        assert_eq!(raise(&mut vec![], 0), [12, 12, FULL]);
    }
}
