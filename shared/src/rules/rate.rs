//! Rate limits: a token bucket, and a count of misbehaviour in a window.

use crate::{limits::Rate, time::Millis};
use serde::{Deserialize, Serialize};

/// A token bucket: holds up to a burst, refills at a steady rate, and every
/// message takes one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    tokens: f64,
    filled_at: Millis,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub const fn full(rate: Rate, now: Millis) -> Self {
        Self { tokens: rate.burst, filled_at: now }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// The seconds after which there will be one.
    pub fn take(&mut self, rate: Rate, now: Millis) -> Result<(), f64> {
        let refill = now.since(self.filled_at) as f64 / 1000.0 * rate.per_second;
        self.tokens = (self.tokens + refill).min(rate.burst);
        self.filled_at = self.filled_at.max(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            Ok(())
        } else {
            Err((1.0 - self.tokens) / rate.per_second)
        }
    }
}

/// How often something happened in the current window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Strikes {
    count: u32,
    since: Millis,
}

impl Strikes {
    /// Counts one more, and returns how many there were within `window` milliseconds.
    pub fn count(&mut self, window: u64, now: Millis) -> u32 {
        if now.since(self.since) >= window {
            *self = Self { count: 0, since: now };
        }
        self.count = self.count.saturating_add(1);
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 5.0, burst: 10.0 };

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let mut bucket = Bucket::full(RATE, Millis(0));
        assert_eq!((0..20).filter(|_| bucket.take(RATE, Millis(0)).is_ok()).count(), 10);
        assert!((bucket.take(RATE, Millis(0)).unwrap_err() - 0.2).abs() < 1e-9);
        assert!(bucket.take(RATE, Millis(200)).is_ok());
        assert!(bucket.take(RATE, Millis(200)).is_err());
    }

    #[test]
    fn a_clock_that_steps_back_gives_no_tokens() {
        let mut bucket = Bucket::full(RATE, Millis(10_000));
        while bucket.take(RATE, Millis(10_000)).is_ok() {}
        assert!(bucket.take(RATE, Millis(0)).is_err());
        assert!(bucket.take(RATE, Millis(10_000)).is_err());
    }

    #[test]
    fn strikes_are_forgotten_after_their_window() {
        let mut strikes = Strikes::default();
        assert_eq!(strikes.count(10_000, Millis(50_000)), 1);
        assert_eq!(strikes.count(10_000, Millis(59_999)), 2);
        assert_eq!(strikes.count(10_000, Millis(60_000)), 1);
    }
}
