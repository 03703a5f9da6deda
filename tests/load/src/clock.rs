//! The one clock of a run: senders and receivers live in this process, so a
//! latency is the difference of two of its readings.

use shardlink_shared::time::Millis;
use std::time::{Duration, Instant, SystemTime};

/// Counts from the moment it was started.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
    epoch: Millis,
}

impl Clock {
    /// Starts it.
    // The bots are their own runtime: this is the file that reads the clocks.
    #[allow(clippy::disallowed_methods)]
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), epoch: Millis(since_epoch.as_millis() as u64) }
    }

    /// Microseconds since the start.
    pub fn micros(&self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }

    /// The moment as the client's logic counts it.
    pub fn millis(&self, micros: u64) -> Millis {
        self.epoch + micros / 1000
    }

    /// Microseconds from the start to a moment of the client's logic.
    pub fn micros_of(&self, moment: Millis) -> u64 {
        moment.since(self.epoch) * 1000
    }

    /// The moment as timers count it.
    pub fn instant(&self, micros: u64) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.start + Duration::from_micros(micros))
    }
}
