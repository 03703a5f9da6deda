//! What an account may make in a day: what is deleted leaves a little on disk for good.

use serde::{Deserialize, Serialize};
use shardlink_shared::{ErrorCode, Refusal, ids::PartyId, limits::BUDGET_WINDOW, time::Millis};

/// What an account has made since a day began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// When the day began: with the first that was made.
    pub since: Millis,
    /// How many characters.
    pub characters: u32,
    /// How many parties.
    pub parties: u32,
    /// The last of these: the call that counted it may come twice.
    pub last_party: Option<PartyId>,
}

impl Made {
    /// What counts at this time: a day that is over does not.
    #[must_use]
    pub(super) fn today(self, now: Millis) -> Self {
        let any = self.characters > 0 || self.parties > 0;
        if any && now.since(self.since) < BUDGET_WINDOW { self } else { Self { since: now, ..Self::default() } }
    }

    /// Refuses what is more than a day's, with the time until the day is over.
    pub(super) fn check(&self, now: Millis, count: u32, limit: u32) -> Result<(), Refusal> {
        if count < limit {
            return Ok(());
        }
        let left = (self.since + BUDGET_WINDOW).since(now);
        Err(Refusal::new(ErrorCode::RateLimited).after(left as f64 / 1000.0))
    }
}
