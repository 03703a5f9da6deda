//! Which send a received position comes from. The wire has no time of sending in
//! it, so a send is recognised by its velocity, which the walks make differ from
//! send to send.

use shardlink_shared::{time::Millis, vector::Vec3};

/// How many sends are remembered: at 20 a second more than three seconds.
const REMEMBERED: usize = 64;

/// A velocity as position frames carry it: x and y in steps of 0.1 m/s.
pub type Quantised = (i8, i8);

/// The last sends of a bot.
#[derive(Debug, Clone)]
pub struct Sent {
    ring: [(Quantised, u64); REMEMBERED],
    /// The server's tick that first told somebody of each.
    told: [Option<Millis>; REMEMBERED],
    count: u32,
}

impl Default for Sent {
    fn default() -> Self {
        Self { ring: [((0, 0), 0); REMEMBERED], told: [None; REMEMBERED], count: 0 }
    }
}

impl Sent {
    /// Remembers a send. One with the velocity of the last one cannot be told
    /// from it (a keepalive) and is not remembered.
    pub fn record(&mut self, velocity: Vec3, micros: u64) {
        let velocity = quantised(velocity);
        if self.count > 0 && self.at(self.count).is_some_and(|(last, _)| last == velocity) {
            return;
        }
        self.count += 1;
        let place = place(self.count);
        if let (Some(entry), Some(told)) = (self.ring.get_mut(place), self.told.get_mut(place)) {
            (*entry, *told) = ((velocity, micros), None);
        }
    }

    /// The newest send with this velocity: its number, and when it was sent.
    pub fn find(&self, velocity: Vec3) -> Option<(u32, u64)> {
        let velocity = quantised(velocity);
        let oldest = self.count.saturating_sub(REMEMBERED as u32);
        let numbers = (oldest + 1..=self.count).rev();
        numbers
            .filter_map(|number| Some((number, self.at(number)?)))
            .find_map(|(number, (of_send, micros))| (of_send == velocity).then_some((number, micros)))
    }

    /// Whether this tick is the one that tells of a send, which all hear of together who
    /// see the sender. Whom a later one tells has come into sight since.
    pub fn is_told_by(&mut self, number: u32, tick: Millis) -> bool {
        let Some(told) = self.told.get_mut(place(number)) else { return false };
        tick <= *told.get_or_insert(tick)
    }

    fn at(&self, number: u32) -> Option<(Quantised, u64)> {
        self.ring.get(place(number)).copied()
    }
}

/// What remains of a velocity in a position frame.
pub fn quantised(velocity: Vec3) -> Quantised {
    let kept = shardlink_shared::codec::snapshot::quantised(velocity);
    ((kept.x / 10) as i8, (kept.y / 10) as i8)
}

const fn place(number: u32) -> usize {
    number as usize % REMEMBERED
}

#[cfg(test)]
mod tests {
    use super::*;

    fn velocity(x: i32, y: i32) -> Vec3 {
        Vec3 { x, y, z: 0 }
    }

    #[test]
    fn a_send_is_found_by_its_velocity_as_a_frame_rounds_it() {
        let mut sent = Sent::default();
        sent.record(velocity(123, -456), 1_000);
        sent.record(velocity(250, 0), 2_000);
        assert_eq!(sent.find(velocity(120, -460)), Some((1, 1_000)));
        assert_eq!(sent.find(velocity(250, 0)), Some((2, 2_000)));
        assert_eq!(sent.find(velocity(250, 10)), None);
    }

    #[test]
    fn of_two_sends_with_one_velocity_the_newest_is_found() {
        let mut sent = Sent::default();
        for (x, micros) in [(100, 1), (200, 2), (100, 3)] {
            sent.record(velocity(x, 0), micros);
        }
        assert_eq!(sent.find(velocity(100, 0)), Some((3, 3)));
    }

    #[test]
    fn a_keepalive_is_not_taken_for_a_new_send() {
        let mut sent = Sent::default();
        sent.record(velocity(100, 0), 1);
        sent.record(velocity(100, 0), 2_000_000);
        assert_eq!(sent.find(velocity(100, 0)), Some((1, 1)));
    }

    #[test]
    fn whoever_hears_of_a_send_by_a_later_tick_than_others_has_come_into_sight() {
        let mut sent = Sent::default();
        sent.record(velocity(100, 0), 1);
        assert!(sent.is_told_by(1, Millis(50)) && sent.is_told_by(1, Millis(50)));
        assert!(!sent.is_told_by(1, Millis(100)));
        // Another send is told by another tick, also where it takes the place of the first.
        for n in 0..64 {
            sent.record(velocity(n * 10, 100), 2);
        }
        assert!(sent.is_told_by(65, Millis(150)));
    }

    #[test]
    fn the_last_64_are_remembered() {
        let mut sent = Sent::default();
        for n in 0..65 {
            sent.record(velocity(n * 10, 0), n as u64);
        }
        assert_eq!(sent.find(velocity(0, 0)), None);
        assert_eq!(sent.find(velocity(10, 0)), Some((2, 1)));
        assert_eq!(sent.find(velocity(640, 0)), Some((65, 64)));
    }

    #[test]
    fn before_the_first_send_nothing_is_found() {
        assert_eq!(Sent::default().find(Vec3::ZERO), None);
    }
}
