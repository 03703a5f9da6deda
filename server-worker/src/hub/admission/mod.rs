//! Who may come in, and come back: sockets that have not authenticated, tickets, resume, and what
//! became of their sessions.

pub mod answers;
pub mod coming;
pub mod pending;
pub mod questions;
pub mod resume;
pub mod standing;
pub mod tickets;

use crate::hub::sockets::connection::{Allowance, ConnectionId};
use shardlink_shared::{ids::PlayerId, limits::ABUSE_WINDOW, time::Millis};
use std::collections::{BTreeSet, VecDeque};
use tickets::Tickets;

/// The hub's memory of connections on their way in.
#[derive(Debug)]
pub(in crate::hub) struct Admission {
    /// The connections that have not authenticated.
    pub pending: BTreeSet<ConnectionId>,
    /// The connections that are lost, by when their places are given up.
    pub held: BTreeSet<(Millis, ConnectionId)>,
    pub tickets: Tickets,
    /// Until when nobody is let in, because the server stops.
    pub stopping: Option<Millis>,
    /// Connections whose sockets a crash has taken, and whose rows do not say so yet.
    pub crashed: Vec<ConnectionId>,
    /// The connection that was resumed by the socket whose frame is being read.
    pub succeeded: Option<ConnectionId>,
    pub spent: Spent,
}

/// The allowances of players who have left lately. A player who comes back on another connection
/// may send no more than before.
#[derive(Debug, Default)]
pub(in crate::hub) struct Spent(VecDeque<(Millis, PlayerId, Allowance)>);

impl Spent {
    /// The most players that are remembered: more than leave a hub in [`ABUSE_WINDOW`].
    const MOST: usize = 1_024;

    /// Remembers how much a player who leaves may still send.
    pub fn keep(&mut self, player: PlayerId, allowance: Allowance, now: Millis) {
        self.forget(now);
        self.0.retain(|(_, other, _)| *other != player);
        if self.0.len() >= Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back((now, player, allowance));
    }

    /// Gives a player who comes the allowance it left with, if that was lately.
    pub fn take(&mut self, player: PlayerId, now: Millis) -> Option<Allowance> {
        self.forget(now);
        let at = self.0.iter().position(|(_, other, _)| *other == player)?;
        self.0.remove(at).map(|(_, _, allowance)| allowance)
    }

    fn forget(&mut self, now: Millis) {
        self.0.retain(|(gone, ..)| now.since(*gone) < ABUSE_WINDOW);
    }
}
