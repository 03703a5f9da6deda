//! Which alarm an object asks of the runtime: its one alarm follows its earliest deadline.
//! The runtime goes by the real clock, which may be set; `docs/decisions/time.md`.

use crate::monotonic::Monotonic;
use shardlink_shared::time::Millis;

/// An alarm is asked for again when it should come this many milliseconds earlier or later
/// than it was asked for.
const OFF: u64 = 1_000;

/// An alarm that was asked for and has not come yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The deadline, by the object's time.
    due: Millis,
    /// What the real clock should show when the alarm comes.
    pub at: Millis,
}

/// What the runtime is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: the alarm is as it should be.
    Keep,
    /// To set the alarm.
    Set(Asked),
    /// To delete the alarm, because it would wake the object for nothing.
    Delete,
}

/// What becomes of the alarm when this is the object's earliest deadline.
///
/// An alarm that should have come is asked for again, for now: the runtime waits by a clock
/// that nobody sets, so after the real clock was set forward an alarm comes late by as much,
/// and every later deadline of the object would wait behind it.
#[must_use]
pub fn change(asked: Option<Asked>, deadline: Option<Millis>, time: &Monotonic) -> Change {
    let Some(due) = deadline else { return if asked.is_some() { Change::Delete } else { Change::Keep } };
    let real = time.on_the_real_clock(time.said());
    let at = time.on_the_real_clock(due).max(real);
    match asked {
        Some(asked) if asked.due == due && asked.at.0.abs_diff(at.0) < OFF => Change::Keep,
        _ => Change::Set(Asked { due, at }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = Millis(1_800_000_000_000);

    fn time_at(readings: &[Millis]) -> Monotonic {
        let mut time = Monotonic::UNREAD;
        for &real in readings {
            time.read(real);
        }
        time
    }

    fn set(asked: Option<Asked>, due: Millis, time: &Monotonic) -> Asked {
        match change(asked, Some(due), time) {
            Change::Set(asked) => asked,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn it_is_asked_for_once_and_deleted_when_nothing_is_due() {
        let time = time_at(&[START]);
        let asked = set(None, START + 5_000, &time);
        assert_eq!(asked.at, START + 5_000);
        let later = time_at(&[START, START + 4_000]);
        assert_eq!(change(Some(asked), Some(START + 5_000), &later), Change::Keep);
        assert_eq!(set(Some(asked), START + 4_500, &later).at, START + 4_500, "an earlier deadline");
        assert_eq!(change(Some(asked), None, &later), Change::Delete);
        assert_eq!(change(None, None, &later), Change::Keep);
    }

    #[test]
    fn a_clock_set_back_has_it_asked_for_again_by_what_remains() {
        let asked = set(None, START + 5_000, &time_at(&[START]));
        let back = START - 3_600_000;
        let time = time_at(&[START, back]);
        assert_eq!(set(Some(asked), START + 5_000, &time).at, back + 5_000);
    }

    /// Seen: a hub's alarm of before the step hid for seconds that a socket had been silent.
    #[test]
    fn one_that_a_step_forward_has_overtaken_is_asked_for_now_and_once_a_second() {
        let due = START + 15_000;
        let asked = set(None, due, &time_at(&[START]));
        let now = START + 21_000;
        let again = set(Some(asked), due, &time_at(&[START, now]));
        assert_eq!(again.at, now);
        assert_eq!(change(Some(again), Some(due), &time_at(&[START, now + 900])), Change::Keep);
        assert_eq!(set(Some(again), due, &time_at(&[START, now + 1_000])).at, now + 1_000);
        // Likewise where time had been ahead of the real clock, of which a part comes back.
        let back = START - 20_000;
        let asked = set(None, due, &time_at(&[START, back]));
        assert_eq!(asked.at, back + 15_000);
        assert_eq!(set(Some(asked), due, &time_at(&[START, back, back + 18_000])).at, back + 18_000);
    }

    #[test]
    fn one_that_is_a_little_late_is_waited_for() {
        let due = START + 5_000;
        let asked = set(None, due, &time_at(&[START]));
        assert_eq!(change(Some(asked), Some(due), &time_at(&[START, due + 999])), Change::Keep);
    }
}
