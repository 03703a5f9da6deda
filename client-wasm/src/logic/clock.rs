//! The server's clock, and how far away the server is.
//!
//! A message that says when it was sent arrives later by the difference of the two clocks and
//! the time on the way. The least of these delays over a while belongs to a message that
//! nothing held up. [`Clock::arrival`] counts by it: what the server tells of a moment is shown
//! as if it had come that fast, so the network's jitter does not shake what is seen. The
//! difference of the clocks alone is that delay less the time of one way, which is taken to be
//! half of the shortest round trip.
//!
//! Estimates change, but what is counted by them is slewed, so it does not step back; only a
//! change above `STEP` is followed at once.

use shardlink_shared::time::{FrameTime, Millis};

/// The least delay is looked for over one to two windows of this length, in
/// milliseconds: at 100 parts in a million, clocks drift by 1.5 ms in one.
const WINDOW: u64 = 15_000;

/// How much faster or slower than the real clock a slewed one runs: a tenth, which nobody
/// sees in a character's walk.
const SLEW: f64 = 0.1;

/// A difference above this, in milliseconds, is no drift but a clock that was set; it is
/// followed at once.
const STEP: f64 = 1_000.0;

/// How much of the round trip that is shown comes from the newest measurement.
const NEWEST: f64 = 0.25;

/// How much of the shortest round trip comes from a longer one: ways change, but a
/// longer one is more likely to have been held up.
const LONGER: f64 = 0.125;

/// The server's clock, as it is known here.
#[derive(Debug, Default)]
pub struct Clock {
    /// The least delay of this window and of the one before, in milliseconds.
    least: [Option<i64>; 2],
    window: Millis,
    delay: Option<Slewed>,
    one_way: Option<Slewed>,
    round_trip: Option<f64>,
    shortest: Option<f64>,
}

impl Clock {
    /// Something was sent to the server and answered. `exact` says that it was answered at once
    /// (a heartbeat), so that the time is the round trip; otherwise the server worked on it,
    /// and the round trip is at most this long.
    pub fn answered(&mut self, asked: Millis, exact: bool, now: Millis) {
        let took = now.since(asked) as f64;
        if !exact && self.round_trip.is_some_and(|known| took > known) {
            return;
        }
        self.round_trip = Some(self.round_trip.map_or(took, |known| known + (took - known) * NEWEST));
        let shortest = self.shortest.map_or(took, |known| took.min(known + (took - known) * LONGER));
        self.shortest = Some(shortest);
        Slewed::aim(&mut self.one_way, shortest / 2.0, now);
    }

    /// A message came that the server sent at this moment of its own.
    pub fn heard(&mut self, server: Millis, now: Millis) {
        let delay = now.0.cast_signed() - server.0.cast_signed();
        let age = now.since(self.window);
        if age >= WINDOW {
            let [current, _] = self.least;
            self.least = [None, current.filter(|_| age < 2 * WINDOW)];
            self.window = now;
        }
        let [current, before] = &mut self.least;
        *current = Some(current.map_or(delay, |least| least.min(delay)));
        let least = [*current, *before].into_iter().flatten().min().unwrap_or(delay);
        Slewed::aim(&mut self.delay, least as f64, now);
    }

    /// When the server's news of the moment `server` comes here if nothing holds it up; never
    /// later than `now`, when it has come.
    #[must_use]
    pub fn arrival(&self, server: Millis, now: Millis) -> Millis {
        let delay = self.delay.map_or(0.0, |delay| delay.at(now));
        Millis(server.0.saturating_add_signed(delay as i64)).min(now)
    }

    /// The server's time at this moment, once it was heard of.
    #[must_use]
    pub fn server_time(&self, now: Millis) -> Option<Millis> {
        let delay = self.delay?.at(now);
        let one_way = self.one_way.map_or(0.0, |one_way| one_way.at(now));
        Some(Millis(now.0.saturating_add_signed((one_way - delay) as i64)))
    }

    /// The moment that a frame's time stands for: the one nearest to the server's
    /// time now, of all that are the same modulo 2^32.
    #[must_use]
    pub fn moment(&self, time: FrameTime, now: Millis) -> Millis {
        let near = self.server_time(now).unwrap_or(now);
        Millis(near.0.saturating_add_signed(time.since(FrameTime::of(near)).into()))
    }

    /// Milliseconds to the server and back, lately; `None` before it was measured.
    #[must_use]
    pub const fn round_trip(&self) -> Option<f64> {
        self.round_trip
    }
}

/// A number that moves towards its aim at the rate [`SLEW`].
#[derive(Debug, Clone, Copy)]
struct Slewed {
    from: f64,
    to: f64,
    since: Millis,
}

impl Slewed {
    fn aim(slewed: &mut Option<Self>, to: f64, now: Millis) {
        let from = slewed.map_or(to, |slewed| slewed.at(now));
        let from = if (to - from).abs() > STEP { to } else { from };
        *slewed = Some(Self { from, to, since: now });
    }

    fn at(&self, now: Millis) -> f64 {
        let most = now.since(self.since) as f64 * SLEW;
        self.from + (self.to - self.from).clamp(-most, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::entropy::{Entropy, Seeded};

    /// The clock here is this much ahead of the server's, in milliseconds.
    const AHEAD: u64 = 5_000;
    const START: u64 = 1_732_300_000_000;

    /// Ticks of 50 ms for a while over a way of 40 ms with jitter, heard in order; with a round
    /// trip of 80 ms measured at the first. `each` is given the server's time of the tick and
    /// the time here.
    fn listen(jitter: u32, ticks: u64, mut each: impl FnMut(&mut Clock, Millis, Millis)) {
        let mut clock = Clock::default();
        let mut entropy = Seeded::new(7);
        let mut last = Millis(0);
        for tick in 0..ticks {
            let server = Millis(START + 50 * tick);
            let now = (server + AHEAD + 40 + u64::from(entropy.below(jitter + 1))).max(last);
            last = now;
            clock.heard(server, now);
            if tick == 0 {
                clock.answered(now - 80, true, now);
            }
            each(&mut clock, server, now);
        }
    }

    #[test]
    fn news_is_taken_to_come_as_if_nothing_had_held_it_up() {
        listen(100, 400, |clock, server, now| {
            if server >= Millis(START + 5_000) {
                let arrival = clock.arrival(server, now);
                assert!(arrival.since(server + AHEAD) <= 45, "{arrival:?} of {server:?}");
                assert!(arrival <= now);
            }
        });
    }

    #[test]
    fn the_servers_time_is_found_within_the_asymmetry_of_the_way() {
        listen(60, 400, |clock, server, now| {
            if server >= Millis(START + 5_000) {
                let found = clock.server_time(now).unwrap();
                let truth = now - AHEAD;
                assert!(found.since(truth).max(truth.since(found)) <= 6, "{found:?} at {truth:?}");
            }
        });
    }

    #[test]
    fn time_never_steps_back_while_the_estimate_changes() {
        let mut clock = Clock::default();
        let mut entropy = Seeded::new(3);
        let (mut last, mut last_time, mut last_arrival) = (Millis(0), Millis(0), Millis(0));
        for step in 0..4_000_u64 {
            let server = Millis(START + 10 * step);
            // The way is 300 ms long at first, and is changed for good after 20 s.
            let way = if step < 2_000 { 300 } else { 30 };
            let now = Millis(START + 10 * step + AHEAD + way).max(last + 1);
            if step % 5 == 0 {
                clock.heard(server, now);
                let arrival = clock.arrival(server, now);
                assert!(arrival >= last_arrival);
                last_arrival = arrival;
            }
            if step % 500 == 0 {
                clock.answered(now - u64::from(entropy.below(200)), true, now);
            }
            let time = clock.server_time(now).unwrap();
            assert!(time >= last_time, "{time:?} after {last_time:?}");
            (last, last_time) = (now, time);
        }
    }

    #[test]
    fn a_longer_way_is_believed_when_no_shorter_one_was_seen_for_two_windows() {
        let mut clock = Clock::default();
        clock.heard(Millis(START), Millis(START + 20));
        for second in 1..=60_u64 {
            let server = Millis(START + 1_000 * second);
            clock.heard(server, server + 220);
        }
        let server = Millis(START + 61_000);
        assert_eq!(clock.arrival(server, server + 220), server + 220);
    }

    #[test]
    fn a_clock_that_was_set_is_followed_at_once() {
        let mut clock = Clock::default();
        clock.heard(Millis(START), Millis(START + 20));
        clock.heard(Millis(START + 3_600_000), Millis(START + 1_000));
        assert_eq!(clock.server_time(Millis(START + 1_000)), Some(Millis(START + 3_600_000)));
    }

    #[test]
    fn the_round_trip_is_smoothed_and_an_answer_somebody_thought_about_can_only_shorten_it() {
        let mut clock = Clock::default();
        assert_eq!(clock.round_trip(), None);
        clock.answered(Millis(0), false, Millis(300));
        assert_eq!(clock.round_trip(), Some(300.0));
        clock.answered(Millis(0), false, Millis(100));
        assert_eq!(clock.round_trip(), Some(250.0));
        clock.answered(Millis(0), false, Millis(900));
        assert_eq!(clock.round_trip(), Some(250.0));
        clock.answered(Millis(0), true, Millis(350));
        assert_eq!(clock.round_trip(), Some(275.0));
    }

    #[test]
    fn a_frames_time_is_the_nearest_moment_of_those_it_may_stand_for() {
        let mut clock = Clock::default();
        let wrap = Millis(404 << 32);
        clock.heard(wrap - 30, wrap + 1_000);
        for moment in [wrap - 1, wrap, wrap + 20] {
            assert_eq!(clock.moment(FrameTime::of(moment), wrap + 1_050), moment);
        }
        // Before the server was heard of, its clock is taken to be the one here.
        assert_eq!(Clock::default().moment(FrameTime::of(wrap), wrap + 9), wrap);
    }
}
