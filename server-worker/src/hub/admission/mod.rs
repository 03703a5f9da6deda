//! Who may come in, and come back: sockets that have not authenticated, tickets, resume, and what
//! became of their sessions.

pub mod answers;
pub mod coming;
pub mod pending;
pub mod questions;
pub mod resume;
pub mod standing;
pub mod tickets;

use crate::hub::sockets::connection::ConnectionId;
use shardlink_shared::time::Millis;
use std::collections::BTreeSet;
use tickets::Tickets;

/// Who is on the way in.
#[derive(Debug)]
pub(in crate::hub) struct Admission {
    /// The connections that have not authenticated.
    pub pending: BTreeSet<ConnectionId>,
    /// The connections that are lost, by when their places are given up.
    pub held: BTreeSet<(Millis, ConnectionId)>,
    pub tickets: Tickets,
    /// Until when nobody is let in, because the server stops.
    pub stopping: Option<Millis>,
    /// Places that a crash has made lost ones, and whose rows do not say so yet.
    pub crashed: Vec<ConnectionId>,
    /// Whose place the socket has taken whose frame is being read.
    pub succeeded: Option<ConnectionId>,
}
