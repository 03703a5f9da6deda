//! Heartbeats: a text frame `ping`, answered `pong`, by which a client knows that its
//! connection is alive. While the hub is quiet the runtime answers them without waking it.
//! What the runtime answers it does not count, and a flood of them would slow everybody
//! down; so while anybody says anything else the hub answers them itself and counts them.
//! A flood at a quiet hub costs the runtime's answers and disturbs nobody in that hub.
//!
//! This costs a message for each heartbeat while others play (one in 25 s for each of our
//! clients), and that a hub sleeps [`ACTIVE_FOR`] later.

use crate::hub::{
    logic::Hub,
    outbox::{Effect, Outbox},
    sockets::connection::ConnectionId,
};
use shardlink_shared::{ErrorCode, codec::Encoded, limits::MAX_RATE_REFUSALS, time::Millis};

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
    active_until: Millis,
    /// Whether the runtime was told to; it is told anew whenever the hub is loaded.
    by_runtime: Option<bool>,
}

impl Heartbeats {
    /// Somebody has said something else.
    pub fn active(&mut self, now: Millis) {
        self.active_until = now + ACTIVE_FOR;
    }
}

impl Hub {
    /// A heartbeat that the runtime has left to the hub.
    pub(in crate::hub) fn heartbeat(&mut self, id: ConnectionId, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        match connection.allowance.take_heartbeat(out.now) {
            Ok(()) => out.push(Effect::Send(vec![id], Encoded::Text(PONG.into()))),
            // Above the rate there is no answer: it would cost as much as what was asked for.
            Err(refused) if refused < MAX_RATE_REFUSALS => {}
            Err(_) => self.close(id, ErrorCode::RateLimited, out),
        }
    }

    /// Leaves heartbeats to the runtime, or takes them over, where that has changed.
    pub(in crate::hub) fn share_heartbeats(&mut self, out: &mut Outbox) {
        let by_runtime = out.now >= self.heartbeats.active_until;
        if self.heartbeats.by_runtime.replace(by_runtime) != Some(by_runtime) {
            out.push(Effect::AutoAnswer(by_runtime));
        }
    }

    /// When heartbeats are left to the runtime, if nobody says anything until then: the hub
    /// must not sleep before.
    fn quiet_due(&self) -> Option<Millis> {
        (self.heartbeats.by_runtime == Some(false)).then_some(self.heartbeats.active_until)
    }

    /// When the hub next wants to be called while it is awake; it may be past. Until there
    /// is nothing it must not sleep.
    #[must_use]
    pub fn next_timer(&self) -> Option<Millis> {
        self.next_tick().into_iter().chain(self.quiet_due()).min()
    }
}
