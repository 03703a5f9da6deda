//! What the operator sets for hubs, read once when a hub is loaded.

use crate::{
    chat::filter::WordList,
    config::{Config, MovementCheck},
};
use shardlink_shared::limits::{AREA_CAP, MESSAGE_BUDGET, TICK_RATE};

/// What the operator sets for a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Between two ticks, in milliseconds.
    pub tick_interval: u64,
    /// Between two deliveries of reliable messages, in milliseconds.
    pub delivery_interval: u64,
    /// Players that are seen from a cell at most.
    pub area_cap: usize,
    /// Messages a second that it takes.
    pub message_budget: u32,
    /// What becomes of impossible moves.
    pub movement_check: MovementCheck,
    /// Words that are masked in chat.
    pub word_filter: Option<WordList>,
}

impl Settings {
    /// The settings in a configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            tick_interval: interval(config.tick_rate),
            delivery_interval: interval(TICK_RATE),
            area_cap: config.area_cap as usize,
            message_budget: config.message_budget,
            movement_check: config.movement_check,
            word_filter: config.word_filter.clone(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tick_interval: interval(TICK_RATE),
            delivery_interval: interval(TICK_RATE),
            area_cap: AREA_CAP,
            message_budget: MESSAGE_BUDGET,
            movement_check: MovementCheck::Enforce,
            word_filter: None,
        }
    }
}

/// The interval of a rate in Hz, rounded up: at the rate at most.
fn interval(rate: u32) -> u64 {
    1000_u64.div_ceil(u64::from(rate.max(1)))
}
