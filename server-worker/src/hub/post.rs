//! What a hub has to tell other objects, and when.

use super::rows::Letter;
use crate::letters::Letters;
use shardlink_shared::time::Millis;

/// Letters and reports.
#[derive(Debug)]
pub(in crate::hub) struct Post {
    pub letters: Letters<Letter>,
    /// When World is told how many are here.
    pub report_at: Option<Millis>,
    /// When World is told that the hub lives.
    pub presence_at: Option<Millis>,
}

/// How often a hub with players tells World that it lives, in milliseconds: twice
/// before World forgets it. The alarm for it also wakes a hub after a crash, which keeps its
/// places for a minute from then on: so a crash leaves nobody online for more than 90 s.
pub const PRESENCE_INTERVAL: u64 = 25_000;
