//! The Throttle: how often lately.

use serde::{Deserialize, Serialize};

/// How many Throttles there are.
pub const SHARDS: u64 = 64;

/// The Throttle that a key belongs to: one of a fixed set.
#[must_use]
pub fn object_name(key: &str) -> String {
    format!("throttle-{}", super::spread(key, SHARDS))
}

calls!("THROTTLE",
    /// What a Throttle is asked.
    ThrottleCall {
        /// Counts a key once, if it has been counted less often than `limit`
        /// in this minute. Refused with RATE_LIMITED.
        Take { key: String, limit: u32 } -> ();
        /// Holds a place among those that may be counted, for an attempt
        /// that is being judged. Refused with RATE_LIMITED where as many
        /// have been counted or are being judged.
        Begin { key: String, limit: u32 } -> ();
        /// The attempt is judged, and counts or does not.
        End { key: String, counts: bool } -> ();
    }
);
