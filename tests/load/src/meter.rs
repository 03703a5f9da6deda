//! What all bots of a run count together.

use crate::{
    latencies::{Latencies, Summary},
    sent::Sent,
};
use serde::Serialize;
use shardlink_shared::{time::Millis, vector::Vec3};

/// The counts of a run. Bots are known by their numbers, from 0.
#[derive(Debug)]
pub struct Meter {
    open: bool,
    sent: Vec<Sent>,
    counts: Counts,
    position: Latencies,
    chat: Latencies,
    join: Latencies,
}

/// What is counted while the meter is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Moves that bots sent.
    pub moves: u64,
    /// Entries about another player that reached a bot.
    pub entries: u64,
    /// Those of them that told of a send for the first time.
    pub updates: u64,
    /// Entries whose velocity none of their player's last sends had.
    pub unmatched: u64,
    /// Chats that reached a bot that had not said them.
    pub chats: u64,
    /// Bytes of WebSocket payload that bots sent.
    pub bytes_out: u64,
    /// Bytes of WebSocket payload that bots received.
    pub bytes_in: u64,
    /// Those of them that told of positions.
    pub position_bytes: u64,
    /// Frames that bots received.
    pub frames_in: u64,
    /// Times that the server put a bot back.
    pub corrections: u64,
    /// Connections that ended without the bot's doing.
    pub lost: u64,
    /// Players in sight of a bot, summed over [`Self::censuses`].
    pub neighbours: u64,
    /// How often a bot counted who is in sight.
    pub censuses: u64,
}

/// How long things took.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Times {
    /// From sending a position to its arrival.
    pub position: Option<Summary>,
    /// From saying something to its arrival.
    pub chat: Option<Summary>,
    /// From opening a connection to standing in the world.
    pub join: Option<Summary>,
}

impl Meter {
    /// For so many bots, closed.
    pub fn new(bots: usize) -> Self {
        let (position, chat, join) = Default::default();
        Self { open: false, sent: vec![Sent::default(); bots], counts: Counts::default(), position, chat, join }
    }

    /// From here on what happens counts.
    pub fn open(&mut self) {
        self.open = true;
    }

    /// From here on nothing counts any more.
    pub fn close(&mut self) {
        self.open = false;
    }

    /// Whether what happens counts.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// What was counted.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// How long it took.
    pub fn times(&self) -> Times {
        Times { position: self.position.summary(), chat: self.chat.summary(), join: self.join.summary() }
    }

    /// Counts something, if the meter is open.
    pub fn count(&mut self, count: impl FnOnce(&mut Counts)) {
        if self.open {
            count(&mut self.counts);
        }
    }

    /// A bot stands in the world. Counts always: joining comes before the window.
    pub fn joined(&mut self, micros: u64) {
        self.join.add(micros);
    }

    /// How long joining took up to now does not count.
    pub fn forget_joins(&mut self) {
        self.join = Latencies::default();
    }

    /// A bot sends a move.
    pub fn moved(&mut self, bot: usize, velocity: Vec3, now: u64) {
        if let Some(sent) = self.sent.get_mut(bot) {
            sent.record(velocity, now);
        }
        self.count(|counts| counts.moves += 1);
    }

    /// An entry about a bot, of the server's tick `tick` if it says so, reached another,
    /// which had last heard of the bot's send number `heard`; nothing if the bot has just
    /// come into sight: what it sent before was not on its way to there.
    pub fn entry(&mut self, bot: usize, velocity: Vec3, tick: Option<Millis>, heard: &mut Option<u32>, now: u64) {
        let found = self.sent.get(bot).and_then(|sent| sent.find(velocity));
        self.count(|counts| counts.entries += 1);
        match (found, *heard) {
            (_, None) => *heard = Some(found.map_or(0, |(number, _)| number)),
            (Some((number, sent)), Some(before)) if number > before => {
                *heard = Some(number);
                let of_bot = self.sent.get_mut(bot);
                if tick.is_none_or(|tick| of_bot.is_some_and(|of_bot| of_bot.is_told_by(number, tick))) {
                    self.update(now.saturating_sub(sent));
                }
            }
            (Some(_), Some(_)) => {}
            (None, Some(_)) => self.count(|counts| counts.unmatched += 1),
        }
    }

    /// A send reached another bot for the first time, after this time.
    pub fn update(&mut self, micros: u64) {
        if self.open {
            self.counts.updates += 1;
            self.position.add(micros);
        }
    }

    /// A chat reached another bot, after this time.
    pub fn chat(&mut self, micros: u64) {
        if self.open {
            self.counts.chats += 1;
            self.chat.add(micros);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn velocity(x: i32) -> Vec3 {
        Vec3 { x, y: 0, z: 0 }
    }

    #[test]
    fn a_send_is_an_update_once_for_each_who_hears_of_it() {
        let mut meter = Meter::new(2);
        meter.open();
        meter.moved(0, velocity(100), 1_000);
        let (mut one, mut another) = (Some(0), Some(0));
        meter.entry(0, velocity(100), None, &mut one, 31_000);
        meter.entry(0, velocity(100), None, &mut one, 61_000);
        meter.entry(0, velocity(100), None, &mut another, 31_000);
        let counts = meter.counts();
        assert_eq!((counts.moves, counts.entries, counts.updates, counts.unmatched), (1, 3, 2, 0));
        let position = meter.times().position.unwrap();
        assert_eq!((position.count, position.max), (2, 30.1));
    }

    #[test]
    fn what_happens_before_the_window_does_not_count_and_is_remembered() {
        let mut meter = Meter::new(1);
        meter.moved(0, velocity(100), 1_000);
        meter.open();
        let mut heard = Some(0);
        meter.entry(0, velocity(100), None, &mut heard, 2_000);
        meter.close();
        meter.moved(0, velocity(200), 3_000);
        meter.entry(0, velocity(200), None, &mut heard, 4_000);
        assert_eq!((meter.counts().moves, meter.counts().updates, heard), (0, 1, Some(2)));
    }

    #[test]
    fn what_somebody_sent_before_it_came_into_sight_was_not_late() {
        let mut meter = Meter::new(1);
        meter.open();
        meter.moved(0, velocity(100), 1_000);
        let mut heard = None;
        meter.entry(0, velocity(100), None, &mut heard, 9_000_000);
        assert_eq!((meter.counts().entries, meter.counts().updates, heard), (1, 0, Some(1)));
        meter.moved(0, velocity(200), 9_100_000);
        meter.entry(0, velocity(200), None, &mut heard, 9_130_000);
        assert_eq!(meter.times().position.unwrap().max, 30.1);
    }

    #[test]
    fn what_a_tick_tells_again_to_whoever_comes_back_into_sight_was_not_late() {
        let mut meter = Meter::new(2);
        meter.open();
        meter.moved(0, velocity(100), 1_000);
        let (mut there, mut back) = (Some(0), Some(0));
        meter.entry(0, velocity(100), Some(Millis(30)), &mut there, 31_000);
        meter.entry(0, velocity(100), Some(Millis(1_530)), &mut back, 1_531_000);
        assert_eq!((meter.counts().entries, meter.counts().updates, back), (2, 1, Some(1)));
        assert_eq!(meter.times().position.unwrap().max, 30.1);
    }

    #[test]
    fn an_entry_that_no_send_explains_is_unmatched() {
        let mut meter = Meter::new(1);
        meter.open();
        meter.entry(0, velocity(70), None, &mut Some(0), 1);
        meter.entry(9, velocity(70), None, &mut Some(0), 1);
        assert_eq!((meter.counts().entries, meter.counts().updates, meter.counts().unmatched), (2, 0, 2));
    }
}
