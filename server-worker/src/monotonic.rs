//! Time that never goes back, made of a clock that may: the real clock of a machine is set
//! back by its operator, by NTP's first word after a start, by a virtual machine's host.
//! `docs/decisions/time.md` says why it is made like this.

use shardlink_shared::time::Millis;

/// Between two readings no more than this counts as passed while time is ahead of the
/// real clock, in milliseconds. Hubs with players ask for the time every 25 s at least, so
/// a longer gap is either a step forward or one that nobody waited through; and no wait of
/// ours that a person sits through (a throttle's window, a place that is kept) is longer.
const LONGEST_GAP: u64 = 60_000;

/// While time is ahead of the real clock it passes slower by 1 in this: an hour is worked
/// off in 42 days of play, sooner where there are gaps. At twice what NTP slews by it is
/// far below what the rules of movement allow for clocks that drift.
const SLOWER_BY: u64 = 1_000;

/// A step of at least this many milliseconds is a jump, which is told. Below it are
/// NTP's corrections (it steps from 128 ms on), and they make no alarm late.
const JUMP: u64 = 1_000;

/// The runtime keeps the clock of an object that it has in memory from going back: after a
/// step back such an object reads the same moment again and again, while others read the
/// real clock. So many of these moments are remembered: one for each object that is busy.
const STANDING: usize = 32;

/// A stored time is believed if it is no further than this ahead of the real clock, in
/// milliseconds: ten years. What is further was not said by a server but is damage, and
/// every session and ticket would end by it.
const BELIEVED: u64 = 10 * 365 * 86_400_000;

/// A process's time. It is the real clock's while that goes forward. Where the real clock
/// is set back it goes on from what was said last, and is ahead of the real clock until
/// that has caught up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Monotonic {
    /// The last reading of the real clock; `None` before the first.
    real: Option<Millis>,
    /// The time that was said last.
    said: Millis,
    /// What has passed while time was ahead, and has not been worked off by.
    unslowed: u64,
    /// The last readings before steps back: what clocks that stand still show.
    standing: [Millis; STANDING],
    /// How many steps back there were.
    steps: usize,
}

/// What a reading says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The time.
    pub now: Millis,
    /// How the real clock has jumped since the last reading, if it has.
    pub jump: Option<Jump>,
}

/// The real clock is not where it was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// It is behind what was said by so many milliseconds more than before: alarms that were
    /// set by it would come later by as much.
    Back(u64),
    /// It has gone on by so many milliseconds without being asked: it was set forward, or
    /// the process stood still, or nobody was there.
    Forward(u64),
}

impl Monotonic {
    /// The time of a process that has not looked at the clock yet.
    pub const UNREAD: Self =
        Self { real: None, said: Millis(0), unslowed: 0, standing: [Millis(0); STANDING], steps: 0 };

    /// The time that was said last.
    #[must_use]
    pub const fn said(&self) -> Millis {
        self.said
    }

    /// The time, when the real clock shows this.
    pub fn read(&mut self, real: Millis) -> Reading {
        let last = self.real.unwrap_or(real);
        let (passed, back) = (real.since(last), last.since(real));
        if passed >= JUMP && real <= self.said && self.standing.contains(&real) {
            return Reading { now: self.said, jump: None };
        }
        if back >= JUMP {
            let index = self.steps % STANDING;
            self.standing.iter_mut().skip(index).take(1).for_each(|place| *place = last);
            self.steps = self.steps.wrapping_add(1);
        }
        let counted = if real >= self.said {
            // It has caught up: by a step to where it was before it was set back, which is
            // not time that passed, or by going there.
            self.unslowed = 0;
            passed.min(1)
        } else {
            self.slowed(passed.min(LONGEST_GAP))
        };
        self.said = real.max(self.said + counted);
        self.real = Some(real);
        let jump = match (back, passed) {
            (JUMP.., _) => Some(Jump::Back(back)),
            (_, passed) if passed > LONGEST_GAP => Some(Jump::Forward(passed)),
            _ => None,
        };
        Reading { now: self.said, jump }
    }

    /// The time, which is from now on not before one that was said in another life of the
    /// process and stored. Ask [`believes`] first.
    pub fn never_before(&mut self, real: Millis, stored: Millis) -> Reading {
        let reading = self.read(real);
        let raised = stored.since(self.said);
        self.said = self.said.max(stored);
        Reading { now: self.said, jump: if raised >= JUMP { Some(Jump::Back(raised)) } else { reading.jump } }
    }

    /// What the real clock shows at this moment to come, as far as one can say now.
    #[must_use]
    pub fn on_the_real_clock(&self, moment: Millis) -> Millis {
        moment - self.ahead()
    }

    /// By how many milliseconds time is ahead of the real clock.
    #[must_use]
    pub fn ahead(&self) -> u64 {
        self.real.map_or(0, |real| self.said.since(real))
    }

    /// How much of what has passed counts while time is worked off: all but the thousandth
    /// part, and always something, so that time does not stand still.
    fn slowed(&mut self, passed: u64) -> u64 {
        self.unslowed = self.unslowed.saturating_add(passed);
        let slower = (self.unslowed / SLOWER_BY).min(passed.saturating_sub(1));
        self.unslowed -= slower * SLOWER_BY;
        passed - slower
    }
}

/// Whether a stored time may have been said by a server, when the real clock shows this.
#[must_use]
pub fn believes(real: Millis, stored: Millis) -> bool {
    stored <= (real + BELIEVED).min(Millis::LAST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::entropy::{Entropy, Seeded};

    const START: u64 = 1_800_000_000_000;
    const HOUR: u64 = 3_600_000;

    /// A real clock that is set, the time that truly passes, and what is made of it.
    struct Machine {
        truth: u64,
        /// By how much the real clock is ahead of the truth.
        off: i64,
        time: Monotonic,
        last: Reading,
    }

    impl Machine {
        fn new() -> Self {
            let mut time = Monotonic::UNREAD;
            let last = time.read(Millis(START));
            Self { truth: START, off: 0, time, last }
        }

        fn real(&self) -> u64 {
            self.truth.checked_add_signed(self.off).unwrap()
        }

        /// So much time passes, then the clock is read: how far time went on.
        fn pass(&mut self, milliseconds: u64) -> u64 {
            let before = self.last.now;
            self.truth += milliseconds;
            self.last = self.time.read(Millis(self.real()));
            assert!(self.last.now >= before, "time went back");
            assert!(self.last.now.0 >= self.real(), "time is behind the real clock");
            self.last.now.since(before)
        }
    }

    #[test]
    fn without_jumps_it_is_the_real_clock() {
        let mut machine = Machine::new();
        let mut seed = Seeded::new(1);
        for _ in 0..10_000 {
            machine.pass(u64::from(seed.below(LONGEST_GAP as u32)));
            assert_eq!(machine.last, Reading { now: Millis(machine.truth), jump: None });
        }
    }

    #[test]
    fn set_back_an_hour_it_goes_on_at_once_from_what_was_said_last() {
        let mut machine = Machine::new();
        machine.off -= HOUR as i64;
        assert_eq!(machine.pass(10), 0);
        assert_eq!(machine.last.jump, Some(Jump::Back(HOUR - 10)));
        assert_eq!(machine.pass(50), 50);
        assert_eq!(machine.last.jump, None);
        assert_eq!(machine.pass(25_000), 25_000 - 25);
        assert_eq!(machine.time.on_the_real_clock(machine.last.now + 7), Millis(machine.real() + 7));
    }

    #[test]
    fn a_clock_that_goes_forward_is_believed_and_the_gap_is_told() {
        let mut machine = Machine::new();
        machine.off += HOUR as i64;
        assert_eq!(machine.pass(10), HOUR + 10);
        assert_eq!(machine.last.jump, Some(Jump::Forward(HOUR + 10)));
        assert_eq!(machine.time.ahead(), 0);
    }

    #[test]
    fn what_it_is_ahead_is_worked_off_in_play_without_standing_still() {
        let mut machine = Machine::new();
        machine.off -= HOUR as i64;
        machine.pass(0);
        let mut seconds = 0;
        while machine.time.ahead() > 1_000 {
            for gap in [1_u64, 49, 950] {
                let went = machine.pass(gap);
                assert!(went == gap || went == gap - 1 && gap > 1, "{went} of {gap}");
            }
            seconds += 1;
        }
        assert_eq!(seconds, HOUR - 1_000, "a millisecond in each second");
        // What is less than a reading's gap goes with the next.
        machine.pass(1_001);
        assert_eq!(machine.time.ahead(), 0);
    }

    #[test]
    fn a_realm_without_players_is_back_at_the_true_time_after_a_little_more_than_the_step() {
        let mut machine = Machine::new();
        machine.off -= HOUR as i64;
        machine.pass(0);
        for _ in 0..6 {
            assert_eq!(machine.pass(10 * 60_000 + 7), LONGEST_GAP - 60, "what somebody may have waited for counts");
        }
        machine.pass(10 * 60_000);
        assert_eq!(machine.time.ahead(), 0);
    }

    /// Forth and back between two clocks, whichever came first, and however long each is
    /// believed.
    #[test]
    fn a_clock_that_flaps_adds_no_more_than_the_jump_once() {
        for (seed, by) in (0..200).flat_map(|seed| [HOUR as i64, 90_000, 40_000, 2_000].map(|by| (seed, by))) {
            let mut dice = Seeded::new(seed);
            let mut machine = Machine::new();
            machine.off = if seed % 2 == 0 { by } else { 0 };
            for flap in 0..20 {
                for _ in 0..dice.below(20) {
                    let longest = if dice.below(10) == 0 { 25_000 } else { 100 };
                    machine.pass(u64::from(dice.below(longest)));
                    let ahead = machine.last.now.since(Millis(machine.truth));
                    assert!(ahead <= by.unsigned_abs(), "seed {seed}, flap {flap}: {ahead} ahead of the truth");
                }
                machine.off = by - machine.off;
            }
        }
    }

    #[test]
    fn over_any_walk_of_jumps_it_rises_with_the_clock_and_is_ahead_in_bounds() {
        for seed in 0..500 {
            let mut dice = Seeded::new(seed);
            let mut machine = Machine::new();
            // The furthest that the clock ever was ahead of the truth; steps forward, of
            // which each may seem time that passed, as far as a gap may.
            let (mut furthest, mut steps) = (0, 0);
            for _ in 0..500 {
                if dice.below(10) == 0 {
                    let size = [2_000, 30_000, 600_000, 5 * HOUR as u32][dice.below(4) as usize];
                    let step = i64::from(dice.below(size)) - i64::from(size / 2);
                    machine.off += step;
                    steps += i64::from(step > 0);
                }
                let longest = if dice.below(20) == 0 { 120_000 } else { 60 };
                let gap = u64::from(dice.below(longest));
                let last = machine.time.real.unwrap();
                let went = machine.pass(gap);
                assert!(went > 0 || machine.real() <= last.0, "seed {seed}: it stands still");
                furthest = furthest.max(machine.off);
                let ideal = machine.truth.checked_add_signed(furthest).unwrap();
                let over = machine.last.now.since(Millis(ideal));
                assert!(over <= steps as u64 * LONGEST_GAP, "seed {seed}: {over} over, after {steps} steps");
            }
        }
    }

    /// As workerd has it: objects in memory read the moment before the step until the real
    /// clock is there again, and whoever comes anew reads the real clock.
    #[test]
    fn objects_whose_clocks_stand_still_count_a_step_once_each_and_nothing_twice() {
        for by in [20_000, HOUR, 24 * HOUR] {
            let mut machine = Machine::new();
            let standing: Vec<u64> = (0..20).map(|n| machine.real() - n * 400).collect();
            let said = machine.last.now;
            machine.off -= by as i64;
            let mut dice = Seeded::new(by);
            for step in 0..1_000_u64 {
                machine.pass(u64::from(dice.below(20)));
                let shown = standing[dice.below(20) as usize].max(machine.real());
                let reading = machine.time.read(Millis(shown));
                assert!(reading.now >= machine.last.now, "step {step}");
                machine.last = reading;
            }
            let (went, passed) = (machine.last.now.since(said), machine.truth - START);
            assert!(went <= passed + 20 * by.min(LONGEST_GAP), "{by}: {went} ms of {passed}");
        }
        // An object that stands still learns nothing of what passes, and invents nothing.
        let mut time = Monotonic::UNREAD;
        let frozen = Millis(START);
        for _ in 0..100 {
            assert_eq!(time.read(frozen), Reading { now: frozen, jump: None });
        }
        // An alarm is set by the real clock as soon as anybody has read it.
        time.read(frozen - HOUR);
        let due = time.said() + 5_000;
        assert_eq!(time.on_the_real_clock(due), frozen - HOUR + 5_000);
        time.read(frozen);
        assert_eq!(
            time.on_the_real_clock(due),
            frozen - HOUR + 5_000,
            "which an object that stands still does not spoil"
        );
    }

    #[test]
    fn after_a_restart_it_is_not_before_what_was_stored() {
        let mut time = Monotonic::UNREAD;
        let stored = Millis(START + HOUR);
        assert_eq!(time.never_before(Millis(START), stored), Reading { now: stored, jump: Some(Jump::Back(HOUR)) });
        assert_eq!(time.read(Millis(START + 40)).now, stored + 40);
        // Another object's is older, or a little newer.
        assert_eq!(time.never_before(Millis(START + 50), stored - 5_000).jump, None);
        assert_eq!(time.never_before(Millis(START + 50), stored + 60), Reading { now: stored + 60, jump: None });
        // The clock is set right: what was stored is where it is again.
        assert_eq!(time.read(stored + 100).now, stored + 100);
        assert_eq!(time.ahead(), 0);
    }

    #[test]
    fn a_stored_time_that_no_server_can_have_said_is_not_believed() {
        let real = Millis(START);
        assert!(believes(real, real + 9 * 365 * 86_400_000));
        assert!(!believes(real, real + 11 * 365 * 86_400_000));
        assert!(!believes(Millis::LAST, Millis::LAST + 1) && !believes(real, Millis(u64::MAX)));
    }
}
