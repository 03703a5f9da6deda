//! Counts within a minute: decided from a key's row and the call.

use crate::{
    calls::throttle::{Begin, End, Take, ThrottleCall},
    effect::{Reply, reply},
};
use shardlink_shared::{ErrorCode, Refusal, limits::THROTTLE_WINDOW, time::Millis};
use std::collections::{HashMap, VecDeque};

/// An attempt that has not ended after this many milliseconds never will: its client left, or
/// the process that judged it crashed.
const ABANDONED_AFTER: u64 = 30_000;

/// A key's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// When its minute began.
    pub since: Millis,
    /// How often the key was counted since then.
    pub count: u32,
}

/// Where the rows are.
pub trait Counts {
    /// Why a row cannot be read or written.
    type Fault;

    /// A key's row.
    ///
    /// # Errors
    /// The storage's.
    fn find(&self, key: &str) -> Result<Option<Count>, Self::Fault>;

    /// Stores a changed row.
    ///
    /// # Errors
    /// The storage's.
    fn put(&self, key: &str, count: Count) -> Result<(), Self::Fault>;
}

/// The attempts that are being judged, by key. They have no rows: an object that is being asked
/// does not leave memory, and an attempt that a crash forgets is not judged any more.
#[derive(Debug, Default)]
pub struct Judging(HashMap<String, VecDeque<Millis>>);

impl Judging {
    /// How many of a key there are.
    fn count(&mut self, key: &str, now: Millis) -> u32 {
        let Some(since) = self.0.get_mut(key) else { return 0 };
        while since.front().is_some_and(|since| now.since(*since) >= ABANDONED_AFTER) {
            since.pop_front();
        }
        since.len() as u32
    }

    fn begin(&mut self, key: String, now: Millis) {
        self.0.entry(key).or_default().push_back(now);
    }

    fn end(&mut self, key: &str) {
        if let Some(since) = self.0.get_mut(key) {
            since.pop_front();
            if since.is_empty() {
                self.0.remove(key);
            }
        }
    }
}

/// Answers a call.
///
/// # Errors
/// The storage's.
pub fn answer<C: Counts>(
    counts: &C,
    judging: &mut Judging,
    now: Millis,
    call: ThrottleCall,
) -> Result<Reply, C::Fault> {
    Ok(match call {
        ThrottleCall::Take(call) => {
            let row = counts.find(&call.key)?;
            let allowed = check(now, row, call.limit);
            if allowed.is_ok() {
                counts.put(&call.key, count(now, row))?;
            }
            reply::<Take>(allowed)
        }
        ThrottleCall::Begin(call) => {
            let left = call.limit.saturating_sub(judging.count(&call.key, now));
            let allowed = check(now, counts.find(&call.key)?, left);
            let allowed = match left {
                // This refusal is not counted: all places are held by attempts that are still
                // being judged.
                0 => Err(Refusal::new(ErrorCode::RateLimited).after(1.0)),
                _ => allowed,
            };
            if allowed.is_ok() {
                judging.begin(call.key, now);
            }
            reply::<Begin>(allowed)
        }
        ThrottleCall::End(call) => {
            judging.end(&call.key);
            if call.counts {
                counts.put(&call.key, count(now, counts.find(&call.key)?))?;
            }
            reply::<End>(Ok(()))
        }
    })
}

/// Whether a key has not reached its limit in this minute.
///
/// # Errors
/// RATE_LIMITED, with the seconds until the minute is over.
pub fn check(now: Millis, row: Option<Count>, limit: u32) -> Result<(), Refusal> {
    match row.filter(|row| now.since(row.since) < THROTTLE_WINDOW) {
        Some(row) if row.count >= limit => {
            let left = (row.since + THROTTLE_WINDOW).since(now);
            Err(Refusal::new(ErrorCode::RateLimited).after(left as f64 / 1000.0))
        }
        _ => Ok(()),
    }
}

/// The row after one more was counted.
#[must_use]
pub fn count(now: Millis, row: Option<Count>) -> Count {
    match row.filter(|row| now.since(row.since) < THROTTLE_WINDOW) {
        Some(row) => Count { count: row.count.saturating_add(1), ..row },
        None => Count { since: now, count: 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_within_a_minute_waits_for_its_end() {
        let mut row = None;
        for n in 0..10 {
            assert!(check(Millis(n * 1_000), row, 10).is_ok());
            row = Some(count(Millis(n * 1_000), row));
        }
        let refusal = check(Millis(20_000), row, 10).unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after), (ErrorCode::RateLimited, Some(40.0)));
        assert!(check(Millis(60_000), row, 10).is_ok());
        assert_eq!(count(Millis(60_000), row), Count { since: Millis(60_000), count: 1 });
    }

    #[test]
    fn of_many_attempts_at_once_no_more_are_judged_than_may_be_wrong() {
        struct Rows(std::cell::RefCell<HashMap<String, Count>>);
        impl Counts for Rows {
            type Fault = std::convert::Infallible;
            fn find(&self, key: &str) -> Result<Option<Count>, Self::Fault> {
                Ok(self.0.borrow().get(key).copied())
            }
            fn put(&self, key: &str, count: Count) -> Result<(), Self::Fault> {
                self.0.borrow_mut().insert(key.to_owned(), count);
                Ok(())
            }
        }
        let (rows, mut judging) = (Rows(Default::default()), Judging::default());
        let mut ask = |now, call| {
            let Ok(Reply(text)) = answer(&rows, &mut judging, Millis(now), call);
            text.starts_with(r#"{"Ok""#)
        };
        let begin = || ThrottleCall::Begin(Begin { key: "aria".into(), limit: 4 });
        let end = |counts| ThrottleCall::End(End { key: "aria".into(), counts });
        assert_eq!((0..10).filter(|n| ask(*n, begin())).count(), 4);
        // Three were wrong, one was right: there is one place.
        assert!(ask(20, end(true)) && ask(20, end(true)) && ask(20, end(true)) && ask(20, end(false)));
        assert!(ask(21, begin()) && !ask(21, begin()));
        // It never ends, and its place is free again; the three count for their minute.
        assert!(!ask(30_020, begin()) && ask(30_021, begin()));
        assert_eq!((0..10).filter(|n| ask(60_100 + n, begin())).count(), 4);
    }
}
