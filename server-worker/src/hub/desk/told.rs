//! Which deliveries have been told, so that one that comes twice is told once.

use crate::calls::hub::{Key, WORLD_STATE};
use std::collections::{BTreeMap, VecDeque};

/// How many deliveries with a random key are remembered, so that a repetition is recognised.
const REMEMBERED_KEYS: usize = 1_024;

/// How many senders are remembered, each with its last number.
const REMEMBERED_SENDERS: usize = 1_000;

/// Which deliveries have been told.
#[derive(Debug, Default)]
pub(in crate::hub) struct AlreadyTold {
    last: BTreeMap<u64, u64>,
    once: VecDeque<u64>,
}

impl AlreadyTold {
    /// Whether a delivery has not been told yet. From here on it counts as told.
    pub(in crate::hub) fn is_new(&mut self, key: Key) -> bool {
        match key {
            Key::Unkeyed => true,
            Key::Once(key) => {
                let is_new = !self.once.contains(&key);
                if is_new {
                    self.once.push_back(key);
                    if self.once.len() > REMEMBERED_KEYS {
                        self.once.pop_front();
                    }
                }
                is_new
            }
            Key::InOrder { sender, number } => {
                let is_new = self.last.get(&sender).is_none_or(|last| *last < number);
                if is_new {
                    self.last.insert(sender, number);
                    if self.last.len() > REMEMBERED_SENDERS {
                        // World speaks too often to be forgotten.
                        let others = self.last.keys().filter(|known| **known > WORLD_STATE);
                        let oldest = others.copied().find(|known| *known != sender);
                        oldest.map(|oldest| self.last.remove(&oldest));
                    }
                }
                is_new
            }
        }
    }
}
