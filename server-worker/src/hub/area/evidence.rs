//! Impossible moves of a connection: counted, and when they are too many, evidence
//! for whoever runs the realm.

use shardlink_shared::{
    ids::{CharacterId, LocationId},
    limits::{EVIDENCE_INTERVAL, MAX_VIOLATIONS, MOVE_PENALTY, VIOLATION_WINDOW},
    rules::rate::Strikes,
    time::Millis,
    vector::Vec3,
};
use std::fmt;

/// What was impossible about a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// The position is farther than the character can have come, the velocity above
    /// its speed, or either out of bounds.
    Step,
    /// The step's number is not newer than the last accepted one's.
    Order,
    /// No way leads to that location from here.
    Way,
}

/// How a connection has moved lately. This does not survive a sleep: a hub sleeps only
/// after ten seconds in which nobody sent anything.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Conduct {
    violations: Strikes,
    refused_until: Millis,
    logged: Option<Millis>,
}

impl Conduct {
    /// How many milliseconds moves are still refused for, if they are.
    #[must_use]
    pub fn refused_for(&self, now: Millis) -> Option<u64> {
        Some(self.refused_until.since(now)).filter(|left| *left > 0)
    }

    /// Counts an impossible move. If there were too many lately, further moves are refused for a
    /// while (where `enforced`). Returns the count if it is to be logged, because none has been
    /// logged lately.
    pub fn count(&mut self, enforced: bool, now: Millis) -> Option<u32> {
        let count = self.violations.count(VIOLATION_WINDOW, now);
        if count < MAX_VIOLATIONS {
            return None;
        }
        if enforced {
            self.refused_until = now + MOVE_PENALTY;
        }
        let rested = self.logged.is_none_or(|last| now.since(last) >= EVIDENCE_INTERVAL);
        rested.then(|| {
            self.logged = Some(now);
            count
        })
    }
}

/// A connection whose moves were impossible too often, by the last of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Whose moves.
    pub character: CharacterId,
    /// Where.
    pub location: LocationId,
    /// What was impossible about the last one.
    pub violation: Violation,
    /// The last good position.
    pub from: Vec3,
    /// The position that was claimed.
    pub to: Vec3,
    /// The seconds between the two.
    pub seconds: f64,
    /// The highest speed of the character there, in metres a second.
    pub speed: f64,
    /// How many moves were impossible within [`VIOLATION_WINDOW`].
    pub count: u32,
    /// Whether moves are refused now, and not only watched.
    pub enforced: bool,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { character, location, violation, from, to, seconds, speed, count, enforced } = self;
        write!(
            f,
            "movement: character={character} location={location} violation={violation:?} from={:?} to={:?} \
             seconds={seconds:.3} speed={speed} count={count} refused={enforced}",
            from.to_metres(),
            to.to_metres(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_impossible_moves_in_a_minute_are_evidence_and_moves_are_refused_for_a_while() {
        let mut conduct = Conduct::default();
        let now = Millis(1_000_000);
        for _ in 1..MAX_VIOLATIONS {
            assert_eq!(conduct.count(true, now), None);
        }
        assert_eq!(conduct.refused_for(now), None);
        assert_eq!(conduct.count(true, now), Some(MAX_VIOLATIONS));
        assert_eq!(conduct.refused_for(now), Some(MOVE_PENALTY));
        assert_eq!(conduct.refused_for(now + MOVE_PENALTY), None);
    }

    #[test]
    fn evidence_is_logged_once_a_minute_at_most() {
        let mut conduct = Conduct::default();
        let logged = (0..600).filter(|n| conduct.count(true, Millis(1_000_000 + n * 200)).is_some()).count();
        // For two minutes, five times a second.
        assert_eq!(logged, 2);
    }

    #[test]
    fn impossible_moves_are_forgotten_after_a_minute() {
        let mut conduct = Conduct::default();
        for n in 0..100 {
            assert_eq!(conduct.count(true, Millis(1_000_000 + n * 3_200)), None);
        }
    }

    #[test]
    fn who_is_only_watched_is_never_refused() {
        let mut conduct = Conduct::default();
        let counts: Vec<_> = (0..40).filter_map(|_| conduct.count(false, Millis(1_000_000))).collect();
        assert_eq!((counts, conduct.refused_for(Millis(1_000_000))), (vec![MAX_VIOLATIONS], None));
    }

    #[test]
    fn evidence_says_who_where_how_far_and_in_what_time() {
        let evidence = Evidence {
            character: CharacterId::new(7).unwrap(),
            location: LocationId::new(2).unwrap(),
            violation: Violation::Step,
            from: Vec3 { x: 100, y: 0, z: 0 },
            to: Vec3 { x: 40_000, y: 0, z: 0 },
            seconds: 0.05,
            speed: 6.0,
            count: 20,
            enforced: true,
        };
        assert_eq!(
            evidence.to_string(),
            "movement: character=7 location=2 violation=Step from=[1.0, 0.0, 0.0] to=[400.0, 0.0, 0.0] \
             seconds=0.050 speed=6 count=20 refused=true"
        );
    }
}
