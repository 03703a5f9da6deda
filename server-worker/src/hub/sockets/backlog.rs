//! Clients that do not read as fast as they are sent to. Positions can be skipped, and
//! the newest are as good as all of them; what cannot be skipped would pile up in the
//! server's memory, so whoever lets too much of it wait is closed, to resume.

use crate::hub::{
    logic::Hub,
    outbox::{Effect, Outbox},
    sockets::connection::ConnectionId,
};
use shardlink_shared::{
    ErrorCode,
    codec::Encoding,
    limits::{BACKLOG_SKIPS, MAX_BACKLOG},
};

impl Hub {
    /// So many bytes wait to be written to a client.
    pub(in crate::hub) fn backlog(&mut self, id: ConnectionId, bytes: usize, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id).filter(|one| one.held.is_none()) else { return };
        if bytes > MAX_BACKLOG {
            // It may come back for what it has missed.
            out.push(Effect::Close(id, ErrorCode::TooSlow));
            return self.lose(id, out);
        }
        // It has caught up when half is gone: at one number it would flap.
        let behind = bytes > if connection.behind { BACKLOG_SKIPS / 2 } else { BACKLOG_SKIPS };
        if behind == connection.behind {
            return;
        }
        connection.behind = behind;
        out.push(Effect::Attach(id));
        if self.listen(id) {
            // What it has missed is in the newest picture of where it is.
            self.welcome(id, None, out);
        }
    }

    /// Whether a connection's player is told what it sees has changed: from here on it
    /// is, or is not. Returns whether it is.
    pub(in crate::hub) fn listen(&mut self, id: ConnectionId) -> bool {
        let Some(connection) = self.connections.get(&id) else { return false };
        let Some(player) = connection.player() else { return false };
        let hears = connection.hears();
        self.area.tell(player.slot, connection.encoding, hears);
        self.ticks.forget(player.slot);
        if hears && connection.encoding == Encoding::Json {
            self.ticks.listen(player.slot, self.area.tick(), true);
        }
        hears
    }
}
