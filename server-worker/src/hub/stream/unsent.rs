//! What has been said and not been delivered, and when that is due.

use crate::hub::stream::log::Logged;
use shardlink_shared::time::Millis;
use std::rc::Rc;

/// How many deliveries need not wait, after a silence. In the long run there is at most one in
/// each interval.
pub(in crate::hub) const BURST: u64 = 10;

/// What has been said and not been delivered.
#[derive(Debug, Default)]
pub(in crate::hub) struct Unsent {
    pub(in crate::hub) rows: Vec<Rc<Logged>>,
    /// Messages that go with the next delivery and are neither stored nor numbered.
    pub(in crate::hub) once: Vec<Rc<Logged>>,
    /// When the deliveries made so far would have ended, at one in each interval (the generic
    /// cell rate algorithm, ITU-T I.371). It is never so late that the next delivery would wait
    /// longer than an interval, however many were made early.
    pub(in crate::hub) spent: Millis,
}

impl Unsent {
    /// Whether anything is to be delivered.
    pub const fn is_any(&self) -> bool {
        !(self.rows.is_empty() && self.once.is_empty())
    }

    /// When the first of them was said.
    pub fn since(&self) -> Option<Millis> {
        self.rows.first().into_iter().chain(self.once.first()).map(|row| row.at).min()
    }

    /// When the next delivery is due, if there is anything to deliver.
    pub fn due(&self, interval: u64) -> Option<Millis> {
        self.is_any().then(|| self.spent - (BURST - 1) * interval)
    }
}
