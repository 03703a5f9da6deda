//! Heartbeats: a text frame `ping`, answered `pong`, by which a client knows that its
//! connection is alive. While the hub is quiet the runtime answers them without waking it.
//! The runtime does not count the heartbeats that it answers, and a flood of them would slow
//! everybody down. So while anybody says anything else the hub answers them itself and counts
//! them. A flood at a quiet hub costs the runtime's answers and disturbs nobody in that hub.
//!
//! The price is a message for each heartbeat while others play (one in 25 s for each of our
//! clients), and that a hub falls asleep [`ACTIVE_FOR`] later.

use shardlink_shared::time::Millis;

/// A client's heartbeat: no message of the protocol, but a whole text frame.
pub const PING: &str = "ping";

/// What it is answered.
pub const PONG: &str = "pong";

/// A hub is quiet when nobody has said anything but heartbeats for this long, in
/// milliseconds: longer than a client that walks is silent.
const ACTIVE_FOR: u64 = 2_500;

/// Who answers heartbeats.
#[derive(Debug, Default)]
pub(in crate::hub) struct Heartbeats {
    pub(in crate::hub) active_until: Millis,
    /// Whether the runtime was told to answer them; it is told anew whenever the hub is loaded.
    pub(in crate::hub) by_runtime: Option<bool>,
}

impl Heartbeats {
    /// Somebody has said something that is no heartbeat.
    pub fn active(&mut self, now: Millis) {
        self.active_until = now + ACTIVE_FOR;
    }
}
