//! Whether a session is still what its connection says. A hub is told of each change, but a crash
//! may cost it a word. So the account is asked before a place that a crash has cut off is
//! resumed, and a renewed session is not resumed with the token that it was given before.

use crate::calls::account::Standing;
use crate::hub::{
    admission::questions::Question,
    admission::tickets::Word,
    outbox::{Effect, Outbox},
    sockets::connection::{Connection, ConnectionId},
    state::Hub,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::token::{ResumeToken, SessionId},
    protocol::{
        ClientMessage, Envelope, RequestId, ServerMessage,
        account::{AuthResponse, Resume},
        bounded::Secret,
    },
};

impl Hub {
    /// The token that a connection's client may show to resume.
    pub(in crate::hub) fn resume_token(&self, id: ConnectionId) -> Option<Secret<512>> {
        let identity = self.connections.get(&id)?.identity()?;
        let (session, player) = (identity.session, identity.player);
        self.settings.seal.resume_token(&ResumeToken { session, player, hub: self.number, stream: id.0 })
    }

    /// A session has a new name, the id of its new token. Its client is given another resume
    /// token, because the one it has dies with the old name. A client that is lost cannot be
    /// told, and comes back by a ticket.
    pub(in crate::hub) fn renewed(&mut self, old: SessionId, new: SessionId, out: &mut Outbox) {
        self.admission.tickets.hear(old, Word::Renewed(new), out);
        for id in self.of_session(old) {
            self.rename(id, new, out);
            let Some(connection) = self.connections.get(&id).filter(|one| one.held.is_none()) else { continue };
            let Some(identity) = connection.identity() else { continue };
            let response = AuthResponse::renewed(identity.player, self.resume_token(id), out.now);
            out.send(id, connection.encoding, &Envelope::at(out.now), &ServerMessage::AuthResponse(response));
        }
    }

    fn rename(&mut self, id: ConnectionId, session: SessionId, out: &mut Outbox) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.renew(session);
            out.push(Effect::Attach(id));
            out.push(Effect::Place(id));
        }
    }

    /// Looks at the session of the place that a socket wants to resume, and returns whether it
    /// may do so now. If not, the socket is refused, or waits until the account has answered.
    pub(in crate::hub) fn may_resume(
        &mut self,
        id: ConnectionId,
        request: Option<&RequestId>,
        token: &ResumeToken,
        last_seq: u64,
        out: &mut Outbox,
    ) -> bool {
        let place = self.connections.get(&ConnectionId(token.stream));
        let Some((identity, doubted)) = place.and_then(|one| Some((one.identity()?, one.doubted))) else {
            return false;
        };
        if identity.session != token.session {
            let envelope = Envelope::answering(request.cloned(), out.now);
            self.not_admitted(id, &envelope, &ErrorCode::Unauthenticated.into(), out);
            return false;
        }
        if doubted {
            self.ask(id, request.cloned(), Question::Stands(identity), out);
            if let Some(waiting) = self.connections.get_mut(&id).and_then(|one| one.waiting.as_mut()) {
                // The `resume` is read again when the account has answered.
                waiting.held.push_front((request.cloned(), ClientMessage::Resume(Resume { last_seq })));
            }
        }
        !doubted
    }

    /// The account says that the session of the place that a socket wants to resume still stands.
    pub(in crate::hub) fn stands(&mut self, id: ConnectionId, standing: Standing, heard: u64, out: &mut Outbox) {
        let Some(stream) = self.returning_to(id) else { return };
        let Some(identity) = self.connections.get(&stream).and_then(Connection::identity) else { return };
        let words = self.admission.tickets.since(identity.session, heard);
        if let Some(place) = self.connections.get_mut(&stream) {
            place.doubted = false;
            place.silenced = words.silenced.unwrap_or(standing.silenced);
        }
        self.rename(stream, words.renewed.unwrap_or(standing.session), out);
    }

    /// The account has refused a socket that wanted to resume. If the session is over, its place
    /// is given up.
    pub(in crate::hub) fn does_not_stand(&mut self, id: ConnectionId, refusal: &Refusal, out: &mut Outbox) {
        let is_over = matches!(refusal.code, ErrorCode::SessionExpired | ErrorCode::SignedInElsewhere);
        let token = self.connections.get(&id).and_then(|one| one.returning.clone());
        let Some(token) = token.filter(|_| is_over) else { return };
        let stream = ConnectionId(token.stream);
        let place = self.connections.get(&stream).and_then(Connection::identity);
        if place.is_some_and(|identity| identity.session == token.session) {
            self.close(stream, refusal.code, out);
        }
    }

    fn returning_to(&self, id: ConnectionId) -> Option<ConnectionId> {
        Some(ConnectionId(self.connections.get(&id)?.returning.as_ref()?.stream))
    }
}
