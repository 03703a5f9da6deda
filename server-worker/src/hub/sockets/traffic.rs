//! How much sockets send and are sent: heartbeats, the pace of positions, and clients that do
//! not read as fast as they are sent to. Positions can be skipped, and the newest are as good as
//! all of them; what cannot be skipped would pile up in the server's memory, so a client that
//! lets too much of it wait is closed, and may resume.

use crate::hub::{
    outbox::{Effect, Outbox},
    sockets::{
        connection::{Connection, ConnectionId, Stage},
        heartbeats::PONG,
        pace::{FULL, WINDOW},
    },
    state::Hub,
};
use shardlink_shared::{
    ErrorCode,
    codec::{Encoded, Encoding, encode},
    limits::{BACKLOG_SKIPS, BUDGET_SHARE, MAX_BACKLOG, MAX_RATE_REFUSALS},
    protocol::{Envelope, ServerMessage, account::Pace as TellPace},
    time::Millis,
};

impl Hub {
    /// A heartbeat that the runtime has left to the hub.
    pub(in crate::hub) fn heartbeat(&mut self, id: ConnectionId, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        match connection.allowance.take_heartbeat(out.now) {
            Ok(()) => out.push(Effect::Send(vec![id], Encoded::Text(PONG.into()))),
            // Above the rate there is no answer: it would cost as much as the heartbeat itself.
            Err(refused) if refused < MAX_RATE_REFUSALS => {}
            Err(_) => self.close(id, ErrorCode::RateLimited, out),
        }
    }

    /// Leaves heartbeats to the runtime, or takes them over, where that has changed.
    pub(in crate::hub) fn share_heartbeats(&mut self, out: &mut Outbox) {
        let by_runtime = out.now >= self.load.heartbeats.active_until;
        let before = self.load.heartbeats.by_runtime.replace(by_runtime);
        if before == Some(by_runtime) {
            return;
        }
        out.push(Effect::AutoAnswer(by_runtime));
        // World tells a hub that is awake what has changed elsewhere, and wakes none for that.
        if (before == Some(false) || !by_runtime) && self.post.report_at.is_none() && !self.characters.is_empty() {
            self.report_now(out);
        }
    }

    /// Whether the hub stays awake by itself, because somebody has just said something.
    pub(in crate::hub) fn is_awake(&self) -> bool {
        self.load.heartbeats.by_runtime == Some(false)
    }

    /// When heartbeats are left to the runtime, if nobody says anything else until then: the hub
    /// must not sleep before.
    fn quiet_due(&self) -> Option<Millis> {
        (self.load.heartbeats.by_runtime == Some(false)).then_some(self.load.heartbeats.active_until)
    }

    /// When the hub next wants to be called while it is awake; it may be past. While there is
    /// such a time, the hub must not sleep.
    #[must_use]
    pub fn next_timer(&self) -> Option<Millis> {
        self.next_tick().into_iter().chain(self.quiet_due()).chain(self.latest_due()).min()
    }
}

impl Hub {
    /// Sets the pace, once the last window is over.
    pub(in crate::hub) fn keep_pace(&mut self, out: &mut Outbox) {
        let elapsed = out.now.since(self.load.pace.since);
        if elapsed < WINDOW {
            return;
        }
        let a_second = |count: u32| (u64::from(count) * 1_000 / elapsed) as u32;
        let heard = a_second(std::mem::take(&mut self.load.pace.heard));
        self.load.pace.since = out.now;
        if self.load.pace.rate == FULL && f64::from(heard) <= f64::from(self.settings.message_budget) * BUDGET_SHARE {
            // This is nearly always so.
            self.load.pace.enforced = FULL;
            for connection in self.connections.values_mut() {
                connection.moves = 0;
            }
            return;
        }
        let playing = |one: &&mut Connection| matches!(one.stage, Stage::Playing(_)) && one.held.is_none();
        let players = self.connections.values_mut().filter(playing);
        let mut moves: Vec<u32> = players.map(|one| a_second(std::mem::take(&mut one.moves))).collect();
        let rate = self.load.pace.next(&mut moves, heard, self.settings.message_budget);
        self.set_pace(rate, out);
    }

    fn set_pace(&mut self, rate: u8, out: &mut Outbox) {
        self.load.pace.enforced = self.load.pace.rate.max(rate);
        if rate == self.load.pace.rate {
            return;
        }
        self.load.pace.rate = rate;
        let message = ServerMessage::Pace(TellPace { max_position_rate: rate });
        for encoding in [Encoding::Json, Encoding::Binary] {
            let told = |one: &&Connection| {
                one.encoding == encoding && one.player().is_some() && one.held.is_none() && one.reads(&message)
            };
            let to: Vec<_> = self.connections.values().filter(told).map(|one| one.id).collect();
            if !to.is_empty() {
                out.push(Effect::Send(to, encode(encoding, &Envelope::at(out.now), &message)));
            }
        }
    }

    /// What somebody who comes has to be told of the pace, if anything.
    pub(in crate::hub) fn pace_for_newcomer(&self) -> Option<ServerMessage> {
        let rate = self.load.pace.rate;
        (rate < FULL).then_some(ServerMessage::Pace(TellPace { max_position_rate: rate }))
    }
}

impl Hub {
    /// This many bytes wait to be written to a client.
    pub(in crate::hub) fn backlog(&mut self, id: ConnectionId, bytes: usize, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id).filter(|one| one.held.is_none()) else { return };
        if bytes > MAX_BACKLOG {
            // It may come back for what it has missed.
            out.push(Effect::Close(id, ErrorCode::TooSlow));
            return self.lose(id, out);
        }
        // It has caught up when half of that is gone: with one limit for both it would flap.
        let behind = bytes > if connection.behind { BACKLOG_SKIPS / 2 } else { BACKLOG_SKIPS };
        if behind == connection.behind {
            return;
        }
        connection.behind = behind;
        out.push(Effect::Attach(id));
        if self.listen(id) {
            // The newest picture of where it is shows all that it has missed.
            self.welcome(id, None, out);
        }
    }

    /// Applies a change of whether a connection's player is told what it sees. Returns whether it
    /// is told from here on.
    pub(in crate::hub) fn listen(&mut self, id: ConnectionId) -> bool {
        let Some(connection) = self.connections.get(&id) else { return false };
        let Some(player) = connection.player() else { return false };
        let hears = connection.hears();
        self.map.area.tell(player.slot, connection.encoding, hears);
        self.map.ticks.forget(player.slot);
        if hears && connection.encoding == Encoding::Json {
            self.map.ticks.listen(player.slot, self.map.area.tick(), true);
        }
        hears
    }
}
