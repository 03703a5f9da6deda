//! What becomes of a connection when a question about it is answered.

use crate::hub::post::PRESENCE_INTERVAL;
use crate::hub::{
    admission::questions::Answer,
    outbox::{Effect, Outbox},
    rows::Letter,
    sockets::connection::{ConnectionId, Held, Identity, Stage, Waiting},
    state::Hub,
};
use crate::{letters::is_lost, service::Entrance};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::Encoding,
    limits::MAX_AUTH_ATTEMPTS,
    protocol::{
        Envelope, RequestId, ServerMessage,
        account::{AuthResponse, Resumed},
        bounded::List,
        character::{CharacterList, CharacterUpdate},
    },
};

impl Hub {
    /// A question about a connection was answered.
    pub(in crate::hub) fn answered(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        answer: Result<Answer, Refusal>,
        waiting: &Waiting,
        out: &mut Outbox,
    ) {
        let Some(connection) = self.connections.get(&id) else {
            // The socket closed while the question was open: the character that entered has left
            // again.
            if let Ok(Answer::Admitted { entrance: Some(entrance), .. } | Answer::Entered(entrance)) = answer {
                let (character, location) = (entrance.sheet.id, entrance.sheet.location_id);
                self.post(Letter::Left { character, visit: id.visit(self.number), location }, out);
            }
            return;
        };
        let encoding = connection.encoding;
        let envelope = Envelope::answering(request.clone(), out.now);
        let was_pending = matches!(connection.stage, Stage::Pending { .. });
        match answer {
            Ok(Answer::Admitted { identity, token, entrance, silenced }) => {
                // What was said of the session while its account was being asked.
                let words = self.admission.tickets.since(identity.session, waiting.heard);
                if was_pending && waiting.ticket.is_none() {
                    out.push(Effect::Reserve(identity.player));
                }
                let identity = Identity { session: words.renewed.unwrap_or(identity.session), ..identity };
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.silenced = words.silenced.unwrap_or(silenced);
                }
                self.admitted(id, &envelope, identity, token, entrance, out);
                if let Some(code) = words.ended {
                    self.close(id, code, out);
                } else if let Some(character) = words.selected {
                    self.select(id, None, character, out);
                }
            }
            Ok(Answer::Stands(standing)) => self.stands(id, standing, waiting.heard, out),
            Ok(Answer::Entered(entrance)) => {
                if let Some(identity) = connection.identity() {
                    self.enter(id, identity, &entrance, out);
                    self.tell_of_itself(id, request, CharacterUpdate::of_sheet(&entrance.sheet), out);
                    self.welcome(id, None, out);
                    self.introduce(id, entrance.told, out);
                }
            }
            Ok(Answer::Characters(sheets)) => {
                let list = ServerMessage::CharacterList(CharacterList { characters: List::of(sheets) });
                out.send(id, encoding, &envelope, &list);
            }
            Ok(Answer::Inventory(inventory)) => {
                out.send(id, encoding, &envelope, &ServerMessage::Inventory(inventory));
            }
            Ok(Answer::Created(sheet)) => {
                let update = ServerMessage::CharacterUpdate(CharacterUpdate::of_sheet(&sheet));
                out.send(id, encoding, &envelope, &update);
            }
            Err(refusal) if was_pending => {
                self.does_not_stand(id, &refusal, out);
                self.not_admitted(id, &envelope, &refusal, out);
            }
            Err(refusal) => self.refuse(id, request, &refusal, out),
        }
    }

    /// Takes out what waited for an answer that has come. If a ticket was asked about, it has
    /// served.
    pub(in crate::hub) fn stop_waiting(&mut self, id: ConnectionId, awaited: bool, out: &mut Outbox) -> Waiting {
        let connection = self.connections.get_mut(&id).filter(|_| awaited);
        let waiting = connection.and_then(|connection| connection.waiting.take());
        let waiting = waiting.unwrap_or_else(|| self.waiting());
        if let Some((nonce, expires)) = waiting.ticket {
            out.push(Effect::UseTicket(nonce, expires));
        }
        waiting
    }

    /// Performs the messages that were held for an answer.
    pub(in crate::hub) fn release_held(&mut self, mut id: ConnectionId, mut held: Held, out: &mut Outbox) {
        loop {
            // The answer, or one of the messages, may have led to another question. The rest
            // waits for that, ahead of what has come since.
            match self.connections.get_mut(&id).map(|connection| connection.waiting.as_mut()) {
                Some(Some(waiting)) => {
                    held.append(&mut waiting.held);
                    waiting.held = held;
                    return;
                }
                Some(None) => {}
                None => return,
            }
            let Some((request, message)) = held.pop_front() else { return };
            self.perform(id, request, message, out);
            // What follows a resume belongs to the connection that was resumed.
            id = self.admission.succeeded.take().unwrap_or(id);
        }
    }

    fn admitted(
        &mut self,
        id: ConnectionId,
        envelope: &Envelope,
        identity: Identity,
        token: Option<String>,
        entrance: Option<Box<Entrance>>,
        out: &mut Outbox,
    ) {
        // The newest socket of a session wins.
        for older in self.of_session(identity.session) {
            if older != id {
                self.close(older, ErrorCode::SignedInElsewhere, out);
            }
        }
        if let Some(spent) = self.admission.spent.take(identity.player, out.now)
            && let Some(connection) = self.connections.get_mut(&id)
        {
            connection.allowance = spent;
        }
        if let Some(entrance) = &entrance {
            self.enter(id, identity, entrance, out);
        } else if let Some(connection) = self.connections.get_mut(&id) {
            connection.stage = Stage::Authenticated(identity);
            self.admission.pending.remove(&id);
            out.push(Effect::Attach(id));
        }
        let sheet = entrance.as_ref().map(|entrance| Box::new(entrance.sheet.clone()));
        let resume_token = self.resume_token(id);
        if let Some(connection) = self.connections.get_mut(&id) {
            let mut response = AuthResponse::accepted(identity.player, token.as_deref(), sheet, out.now);
            response.resume_token = resume_token;
            out.send(id, connection.encoding, envelope, &ServerMessage::AuthResponse(response));
            if connection.returning.take().is_some() {
                // The place that it wanted to resume was given up. This tells the client that it
                // begins anew.
                let resumed = ServerMessage::Resumed(Resumed { replayed: 0, snapshot: true });
                out.send(id, connection.encoding, &Envelope::at(out.now), &resumed);
            }
        }
        self.post.presence_at.get_or_insert(out.now + PRESENCE_INTERVAL);
        if let Some(entrance) = entrance {
            self.welcome(id, None, out);
            self.introduce(id, entrance.told, out);
        }
    }

    /// Tells a connection what it has not asked for, if its client can read that.
    pub(in crate::hub) fn tell_unasked(&self, id: ConnectionId, message: &ServerMessage, out: &mut Outbox) {
        if let Some(connection) = self.connections.get(&id).filter(|one| one.reads(message)) {
            out.send(id, connection.encoding, &Envelope::at(out.now), message);
        }
    }

    /// Tells a connection of its own character, which it has selected. A first-generation
    /// client takes every character that it is told of for a neighbour, so it is told only if it
    /// has asked.
    pub(in crate::hub) fn tell_of_itself(
        &self,
        id: ConnectionId,
        request: Option<RequestId>,
        update: CharacterUpdate,
        out: &mut Outbox,
    ) {
        let asked = request.is_some();
        if let Some(connection) = self.connections.get(&id).filter(|one| asked || !one.first_generation) {
            let envelope = Envelope::answering(request, out.now);
            out.send(id, connection.encoding, &envelope, &ServerMessage::CharacterUpdate(update));
        }
    }

    pub(in crate::hub) fn not_admitted(
        &mut self,
        id: ConnectionId,
        envelope: &Envelope,
        refusal: &Refusal,
        out: &mut Outbox,
    ) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let response = AuthResponse::refused(refusal.sentence(), out.now);
        out.send(id, connection.encoding, envelope, &ServerMessage::AuthResponse(response));
        if connection.returning.is_some() {
            let code = match refusal.code {
                // The account did not answer: the client tries again.
                _ if is_lost(refusal) => ErrorCode::Restarting,
                code if code.info().close.is_some() => code,
                _ => ErrorCode::Unauthenticated,
            };
            return self.close(id, code, out);
        }
        if let Stage::Pending { failed, .. } = &mut connection.stage {
            *failed += 1;
            // Clients that speak binary come with a ticket. It serves once, so there is no second
            // try with it.
            if *failed >= MAX_AUTH_ATTEMPTS || connection.encoding == Encoding::Binary {
                self.close(id, ErrorCode::Unauthenticated, out);
            }
        }
    }
}
