//! Sockets that have not authenticated. Only a few strangers may wait at a time, in all and from
//! one network, or a flood of them would fill the hub. A socket that comes back to a place that
//! is kept here is no stranger: after a crash all who were here come at once, perhaps from one
//! network. At most one such socket waits for each place, so that a client with a token cannot be
//! in anybody's way.

use crate::hub::{
    admission::questions::Question,
    sockets::connection::{Identity, Waiting},
};
use crate::hub::{
    outbox::{Effect, Outbox, Shown},
    sockets::connection::{Connection, ConnectionId},
    state::Hub,
};
use crate::network::Network;
use shardlink_shared::crypto::token::Ticket;
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::Encoding,
    crypto::token::ResumeToken,
    limits::{MAX_PENDING, MAX_PENDING_PER_NETWORK},
};

impl Hub {
    /// Whether there is room for another socket.
    ///
    /// # Errors
    /// OVERLOADED if too many strangers wait here; RATE_LIMITED if too many of its network do.
    pub fn make_room(&self, address: &str, shown: &Shown) -> Result<(), Refusal> {
        if let Shown::Resume(token) = shown
            && self.place_of(token).is_some()
        {
            return Ok(());
        }
        let network = Network::of(address);
        let (mut all, mut near) = (0, 0);
        for one in self
            .admission
            .pending
            .iter()
            .filter_map(|id| self.connections.get(id))
            .filter(|one| !self.comes_back(one))
        {
            all += 1;
            near += usize::from(Network::of(&one.address) == network);
        }
        if near >= MAX_PENDING_PER_NETWORK {
            return Err(ErrorCode::RateLimited.into());
        }
        if all >= MAX_PENDING { Err(ErrorCode::Overloaded.into()) } else { Ok(()) }
    }

    /// A socket was accepted.
    pub(in crate::hub) fn opened(
        &mut self,
        id: ConnectionId,
        encoding: Encoding,
        address: String,
        shown: Shown,
        out: &mut Outbox,
    ) {
        let mut connection = Connection::pending(id, encoding, address, out.now);
        match shown {
            Shown::Nothing => {}
            Shown::FirstGeneration => connection.first_generation = true,
            Shown::Ticket(ticket) => {
                let (waiting, question) = self.redeem(&ticket);
                connection.waiting = Some(waiting);
                out.ask(id, None, question);
            }
            Shown::Resume(token) => {
                let older = self.admission.pending.iter().copied().find(|older| self.shows(*older, &token));
                if let Some(older) = older {
                    // The client has given that older socket up; if it has not, it may try again.
                    self.close(older, ErrorCode::Overloaded, out);
                }
                connection.returning = Some(token);
            }
        }
        self.connections.insert(id, connection);
        self.admission.pending.insert(id);
        out.push(Effect::Attach(id));
        self.population_changed(out.now);
    }

    /// The place that a token leads back to, if it is kept here.
    pub(in crate::hub) fn place_of(&self, token: &ResumeToken) -> Option<ConnectionId> {
        let stream = ConnectionId(token.stream);
        // The session may have a new token by now, but it still belongs to the same account.
        let identity = self.connections.get(&stream)?.identity()?;
        (identity.player == token.player).then_some(stream)
    }

    fn comes_back(&self, pending: &Connection) -> bool {
        pending.returning.as_ref().is_some_and(|token| self.place_of(token).is_some())
    }

    fn shows(&self, pending: ConnectionId, token: &ResumeToken) -> bool {
        let shown = self.connections.get(&pending).and_then(|one| one.returning.as_ref());
        shown.is_some_and(|shown| (shown.stream, shown.player) == (token.stream, token.player))
    }
}

impl Hub {
    /// Takes a ticket, and returns whether it is shown for the first time. Its row is written
    /// when the question about it has been answered: a crash before that leaves nobody inside.
    pub fn use_ticket(&mut self, ticket: &Ticket) -> bool {
        self.admission.tickets.used.insert(ticket.nonce, ticket.expires).is_none()
    }

    /// What is to be asked about whoever shows a ticket.
    pub(in crate::hub) fn redeem(&self, ticket: &Ticket) -> (Waiting, Question) {
        let identity = Identity { session: ticket.session, player: ticket.player };
        let voucher = ticket.voucher.filter(|_| self.admission.tickets.has_heard_all_of(ticket));
        let waiting = Waiting { ticket: Some((ticket.nonce, ticket.expires)), ..self.waiting() };
        (waiting, Question::Admit(identity, voucher))
    }

    /// What waits for a question that is asked now: nothing yet.
    pub(in crate::hub) fn waiting(&self) -> Waiting {
        Waiting { heard: self.admission.tickets.heard(), ..Waiting::default() }
    }
}
