//! Limits on what an account may make in a day: each object that is deleted leaves a little on
//! disk for good.

use serde::{Deserialize, Serialize};
use shardlink_shared::{ErrorCode, Refusal, ids::PartyId, limits::BUDGET_WINDOW, time::Millis};

/// What an account has made since a day began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// When the day began: when the first of these was made.
    pub since: Millis,
    /// The number of characters.
    pub characters: u32,
    /// The number of parties.
    pub parties: u32,
    /// The last of these parties: the call that counts it may come twice.
    pub last_party: Option<PartyId>,
}

impl Made {
    /// What counts at this time: nothing, if the day is over.
    #[must_use]
    pub(super) fn today(self, now: Millis) -> Self {
        let any = self.characters > 0 || self.parties > 0;
        if any && now.since(self.since) < BUDGET_WINDOW { self } else { Self { since: now, ..Self::default() } }
    }

    /// Refuses with RATE_LIMITED if the limit is reached, with the time until the day is over.
    pub(super) fn check(&self, now: Millis, count: u32, limit: u32) -> Result<(), Refusal> {
        if count < limit {
            return Ok(());
        }
        let left = (self.since + BUDGET_WINDOW).since(now);
        Err(Refusal::new(ErrorCode::RateLimited).after(left as f64 / 1000.0))
    }
}
