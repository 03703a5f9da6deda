//! The last finding about the storage. Looking costs writes and anybody may ask, so few who ask
//! lead to a look.

use crate::service::Result;
use shardlink_shared::{limits::READINESS_LIFE, time::Millis};

/// While one request looks, others are told the finding before, for this many milliseconds:
/// longer than any call may take.
const STANDS_IN_FOR: u64 = 15_000;

/// What is known.
#[derive(Debug, Default)]
pub struct Readiness {
    /// When the request that is looking began to.
    looking: Option<Millis>,
    found: Option<(Millis, Result<()>)>,
}

impl Readiness {
    /// Whether the server is ready, and if not, why; `None` if that is not known, and then the
    /// caller looks.
    pub fn known(&mut self, now: Millis) -> Option<Result<()>> {
        // A moment in the future is from before the clock was set back.
        let within = |at: Millis, time: u64| now >= at && now.since(at) < time;
        let looks = self.looking.is_some_and(|since| within(since, STANDS_IN_FOR));
        let life = if looks { STANDS_IN_FOR } else { READINESS_LIFE };
        let known = self.found.as_ref().filter(|(at, _)| within(*at, life)).map(|(_, found)| found.clone());
        if known.is_none() {
            self.looking = Some(now);
        }
        known
    }

    /// Takes down what a look has found.
    pub fn found(&mut self, now: Millis, found: Result<()>) {
        (self.looking, self.found) = (None, Some((now, found)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::{ErrorCode, Refusal};

    fn damaged() -> Refusal {
        Refusal::new(ErrorCode::StorageCorrupt).saying("Restore World.")
    }

    #[test]
    fn of_a_thousand_who_ask_in_a_second_one_looks() {
        let mut readiness = Readiness::default();
        assert_eq!(readiness.known(Millis(10_000)), None);
        readiness.found(Millis(10_020), Ok(()));
        assert!((10_020..11_020).all(|now| readiness.known(Millis(now)) == Some(Ok(()))));
        assert_eq!(readiness.known(Millis(11_020)), None);
        // While that one looks, the others are told what was found last.
        assert!((11_020..21_000).all(|now| readiness.known(Millis(now)) == Some(Ok(()))));
        readiness.found(Millis(21_000), Err(damaged()));
        assert_eq!(readiness.known(Millis(21_500)), Some(Err(damaged())));
        assert_eq!(readiness.known(Millis(22_000)), None);
    }

    #[test]
    fn what_was_found_long_ago_stands_in_for_nothing() {
        let mut readiness = Readiness::default();
        readiness.found(Millis(10_000), Ok(()));
        assert_eq!(readiness.known(Millis(60_000)), None);
        assert_eq!(readiness.known(Millis(60_001)), None);
        // Whoever looked did not come back: another looks.
        readiness.found(Millis(60_002), Ok(()));
        assert_eq!(readiness.known(Millis(61_002)), None);
        assert_eq!(readiness.known(Millis(70_000)), Some(Ok(())));
        assert_eq!(readiness.known(Millis(76_100)), None);
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_hide_what_is_the_matter() {
        let mut readiness = Readiness::default();
        readiness.found(Millis(1_000_000), Ok(()));
        assert_eq!(readiness.known(Millis(10_000)), None);
        readiness.found(Millis(10_010), Err(damaged()));
        assert_eq!(readiness.known(Millis(10_020)), Some(Err(damaged())));
    }
}
