//! Time as an argument: the caller of a rule says what time it is.

use crate::wrapping;
use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};

/// A moment: milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// The last moment that the wire can say: the end of the year 9999.
    pub const LAST: Self = Self(253_402_300_799_999);

    /// Seconds since the Unix epoch, as the wire's timestamps count.
    #[must_use]
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Milliseconds from `earlier` to this moment; 0 if it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The server's clock as position frames carry it: milliseconds since the Unix
/// epoch modulo 2^32, so that it begins again every 49 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct FrameTime(pub u32);

impl FrameTime {
    /// This moment.
    #[must_use]
    pub const fn of(moment: Millis) -> Self {
        Self(moment.0 as u32)
    }

    /// Whether this was after the other.
    #[must_use]
    pub const fn is_newer(self, than: Self) -> bool {
        wrapping::is_newer(self.0, than.0)
    }

    /// Milliseconds from the other to this, negative if this was before it.
    #[must_use]
    pub const fn since(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }
}

impl Add<u64> for Millis {
    type Output = Self;

    fn add(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }
}

impl Sub<u64> for Millis {
    type Output = Self;

    fn sub(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_sub(milliseconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frames_time_goes_on_where_it_wraps() {
        let last = FrameTime::of(Millis((7 << 32) - 1));
        let next = FrameTime::of(Millis((7 << 32) + 49));
        assert_eq!((last.0, next.0), (u32::MAX, 49));
        assert!(next.is_newer(last) && !last.is_newer(next) && !last.is_newer(last));
        assert_eq!((next.since(last), last.since(next)), (50, -50));
    }
}
