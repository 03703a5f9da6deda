//! The Throttle: how often lately.

use serde::{Deserialize, Serialize};

/// How many Throttles there are.
pub const SHARDS: u64 = 64;

/// Throttles that count nobody: whoever wants to know whether anything can be stored asks
/// them. Two, because one may be damaged.
pub const PROBES: [&str; 2] = ["throttle-probe", "throttle-probe-b"];

/// Which Throttle a key belongs to: one of a fixed set.
#[must_use]
pub fn shard(key: &str) -> u64 {
    super::spread(key, SHARDS)
}

/// A Throttle's object: by its first name, or by its second, which it has because no file
/// of an object can be made anew while the server runs.
#[must_use]
pub fn object_name(shard: u64, second: bool) -> String {
    let second = if second { "-b" } else { "" };
    format!("throttle-{shard}{second}")
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
