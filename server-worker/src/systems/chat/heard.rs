//! Which batches of which hubs were heard: one that comes twice is heard once.

use crate::calls::BatchNumber;
use std::collections::BTreeMap;

/// The last batch of each hub.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard(BTreeMap<u32, BatchNumber>);

impl Heard {
    /// What these rows hold.
    #[must_use]
    pub const fn restore(rows: BTreeMap<u32, BatchNumber>) -> Self {
        Self(rows)
    }

    /// Whether a batch is new; from here on it is not.
    pub fn is_new(&mut self, hub: u32, batch: BatchNumber) -> bool {
        let new = self.0.get(&hub).is_none_or(|last| *last < batch);
        if new {
            self.0.insert(hub, batch);
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::time::Millis;

    #[test]
    fn a_batch_is_heard_once_and_a_new_epoch_counts_anew() {
        let batch = |epoch, number| BatchNumber { epoch: Millis(epoch), number };
        let mut heard = Heard::default();
        let asked = [batch(5, 1), batch(5, 2), batch(5, 2), batch(5, 1), batch(9, 1), batch(5, 3), batch(9, 2)];
        let new: Vec<bool> = asked.into_iter().map(|batch| heard.is_new(3, batch)).collect();
        assert_eq!(new, [true, true, false, false, true, false, true]);
        assert!(heard.is_new(4, batch(5, 1)), "hubs count for themselves");
    }
}
