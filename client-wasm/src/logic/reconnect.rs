//! Whether and when to come back after a connection is lost: exponential
//! backoff with full jitter, so that a thousand clients that a restart cut off
//! do not return in one second (Marc Brooker, "Exponential Backoff And Jitter",
//! AWS Architecture Blog, 2015).

use shardlink_shared::entropy::Entropy;

/// The first attempt comes within this time, in milliseconds.
pub const FIRST: u64 = 500;

/// Every attempt comes within this time, in milliseconds.
pub const LONGEST: u64 = 15_000;

/// A connection that held this long was a good one: the next loss starts from
/// [`FIRST`] again. In milliseconds.
pub const PROVEN_AFTER: u64 = 10_000;

/// Whether a close with this code is final: the server or the player meant it.
///
/// 4001–4004 concern the session, 4008 says that this client's messages cannot be read,
/// 1000 is the server's clean goodbye.
#[must_use]
pub const fn is_final(close_code: u16) -> bool {
    matches!(close_code, 1000 | 4001..=4004 | 4008)
}

/// Whether a close with this code is final for a connection that was to be resumed. A refused
/// resume is not: a ticket may still lead into the world.
#[must_use]
pub const fn ends_resume(close_code: u16) -> bool {
    is_final(close_code) && !refuses_resume(close_code)
}

/// Whether a close with this code says that the server does not resume.
#[must_use]
pub const fn refuses_resume(close_code: u16) -> bool {
    close_code == 4001
}

/// Whether a close with this code says that the session has ended.
#[must_use]
pub const fn ends_session(close_code: u16) -> bool {
    matches!(close_code, 4002..=4004)
}

/// Counts attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// Milliseconds to wait before the next attempt.
    pub fn next(&mut self, entropy: &mut dyn Entropy) -> u64 {
        let ceiling = FIRST.saturating_mul(1 << self.attempts.min(16)).min(LONGEST);
        self.attempts = self.attempts.saturating_add(1);
        u64::from(entropy.below(ceiling as u32 + 1))
    }

    /// The connection held: the next loss starts over.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::entropy::Seeded;

    #[test]
    fn the_ceiling_doubles_from_half_a_second_to_fifteen() {
        for seed in 0..200 {
            let mut entropy = Seeded::new(seed);
            let mut backoff = Backoff::default();
            for ceiling in [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000] {
                let wait = backoff.next(&mut entropy);
                assert!(wait <= ceiling, "{wait} > {ceiling}");
            }
            backoff.reset();
            assert!(backoff.next(&mut entropy) <= 500);
        }
    }

    #[test]
    fn waits_are_spread_over_the_whole_range() {
        let mut entropy = Seeded::new(9);
        let waits: Vec<u64> = (0..1_000).map(|_| Backoff { attempts: 9 }.next(&mut entropy)).collect();
        for fifth in 0..5 {
            let within = waits.iter().filter(|wait| **wait / 3_001 == fifth).count();
            assert!((140..260).contains(&within), "{within} in fifth {fifth}");
        }
    }

    #[test]
    fn a_close_that_was_meant_is_final_and_one_that_happened_is_not() {
        for code in [1000, 4001, 4002, 4003, 4004, 4008] {
            assert!(is_final(code), "{code}");
        }
        for code in [1001, 1005, 1006, 1011, 1012, 1013, 4012, 4029] {
            assert!(!is_final(code), "{code}");
        }
        assert!(ends_resume(1000) && ends_resume(4002) && !ends_resume(4001) && !ends_resume(4012));
        assert!(ends_session(4002) && ends_session(4004) && !ends_session(4001) && !ends_session(4008));
    }
}
