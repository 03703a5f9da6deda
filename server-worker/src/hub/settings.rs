//! What the operator sets for hubs, read once when a hub is loaded.

use crate::{
    config::{Config, MovementCheck},
    systems,
};
use shardlink_shared::{
    crypto::token::ResumeToken,
    limits::{AREA_CAP, MESSAGE_BUDGET, TICK_RATE},
    protocol::bounded::Secret,
};
use std::fmt;

/// The server's secret, with which a hub seals the tokens that clients resume with. Prints as
/// `Seal(..)`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Seal(String);

impl Seal {
    /// A resume token as its client is given it.
    #[must_use]
    pub fn resume_token(&self, token: &ResumeToken) -> Option<Secret<512>> {
        Secret::parse(&token.reveal(self.0.as_bytes())).ok()
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(..)")
    }
}

/// What the operator sets for a hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The time between two ticks, in milliseconds.
    pub tick_interval: u64,
    /// The time between two deliveries of reliable messages, in milliseconds.
    pub delivery_interval: u64,
    /// The most players that are seen from a cell.
    pub area_cap: usize,
    /// How many messages a second the hub takes.
    pub message_budget: u32,
    /// What becomes of impossible moves.
    pub movement_check: MovementCheck,
    /// The settings of systems.
    pub systems: systems::Settings,
    /// What resume tokens are sealed with.
    pub seal: Seal,
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
            systems: systems::Settings::of(config),
            seal: Seal(config.server_secret.clone()),
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
            systems: systems::Settings::default(),
            seal: Seal::default(),
        }
    }
}

/// The interval of a rate in Hz, in milliseconds: rounded up, so that the rate is not exceeded.
fn interval(rate: u32) -> u64 {
    1000_u64.div_ceil(u64::from(rate.max(1)))
}
