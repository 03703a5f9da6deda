//! Counting within a minute: decided from a key's row and the call.

use crate::{
    calls::throttle::{GiveBack, Take, ThrottleCall},
    effect::{Reply, reply},
};
use shardlink_shared::{ErrorCode, Refusal, limits::THROTTLE_WINDOW, time::Millis};
use std::net::IpAddr;

/// A key's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// When its minute began.
    pub since: Millis,
    /// How often since.
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

/// Answers a call.
///
/// # Errors
/// The storage's.
pub fn answer<C: Counts>(counts: &C, now: Millis, call: ThrottleCall) -> Result<Reply, C::Fault> {
    Ok(match call {
        ThrottleCall::Take(call) => {
            let row = counts.find(&call.key)?;
            let allowed = check(now, row, call.limit);
            if allowed.is_ok() {
                counts.put(&call.key, count(now, row))?;
            }
            reply::<Take>(allowed)
        }
        ThrottleCall::GiveBack(call) => {
            if let Some(row) = counts.find(&call.key)? {
                counts.put(&call.key, Count { count: row.count.saturating_sub(1), ..row })?;
            }
            reply::<GiveBack>(Ok(()))
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

/// The row after one more.
#[must_use]
pub fn count(now: Millis, row: Option<Count>) -> Count {
    match row.filter(|row| now.since(row.since) < THROTTLE_WINDOW) {
        Some(row) => Count { count: row.count.saturating_add(1), ..row },
        None => Count { since: now, count: 1 },
    }
}

/// What an address is counted as: itself, or the /64 network of an IPv6 address,
/// which is what one household or machine has. `None` for what is no address.
#[must_use]
pub fn network_of(address: &str) -> Option<String> {
    match address.trim_start_matches('[').trim_end_matches(']').parse().ok()? {
        IpAddr::V4(address) => Some(address.to_string()),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Some(format!("{a:x}:{b:x}:{c:x}:{d:x}::/64"))
        }
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
    fn an_ipv6_address_counts_as_its_network() {
        assert_eq!(network_of("203.0.113.9").as_deref(), Some("203.0.113.9"));
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), network_of("[2001:db8:1:2::9]"));
        assert_ne!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
        assert_eq!(network_of("somewhere"), None);
        assert_eq!(network_of(""), None);
    }
}
