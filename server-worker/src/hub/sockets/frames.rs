//! What becomes of what clients send: decoded, counted, held back while a question about the
//! connection is open, and handed to whoever it is for.

use crate::hub::{
    admission::questions::Question,
    area::walk::{Step, Teller, walk},
    outbox::{Effect, Outbox},
    sockets::connection::{Connection, ConnectionId, Over, Stage},
    state::Hub,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::{Frame, Incoming, Rejected, binary, decode},
    limits::{
        ABUSE_WINDOW, MAX_CLIENT_FRAME, MAX_HELD_FRAMES, MAX_INVALID, MAX_PENDING_FRAME, MAX_RATE_REFUSALS,
        PLACES_INTERVAL,
    },
    protocol::{
        ClientMessage, Envelope, RequestId, ServerMessage,
        account::{Disconnect, Pong},
        error::ErrorMessage,
        movement::OwnMove,
    },
};

impl Hub {
    pub(in crate::hub) fn frame(&mut self, id: ConnectionId, frame: Frame<'_>, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if let (Frame::Binary(bytes), Stage::Playing(player), None) =
            (frame, &mut connection.stage, &connection.waiting)
            && let Some(step) = binary::read_only::<OwnMove>(bytes, OwnMove::TAG)
        {
            // Nearly every message is one of these, so it is done here, where its connection is
            // at hand.
            self.load.pace.count();
            connection.moves = connection.moves.saturating_add(1);
            match connection.allowance.take_move(self.load.pace.enforced(), out.now) {
                Ok(()) => {}
                Err(Over::Pace(_)) => return,
                Err(Over::Rate(seconds, refused)) => return self.over_rate(id, None, seconds, refused, out),
            }
            let (encoding, first_generation) = (connection.encoding, connection.first_generation);
            let teller = Teller { id, encoding, first_generation, request: None };
            let check = self.settings.movement_check;
            self.map.places_due.get_or_insert(out.now + PLACES_INTERVAL);
            if let Err(refusal) = walk(teller, player, &Step::from(&step), &mut self.map.area, check, out) {
                self.refuse(id, None, &refusal, out);
            }
            return;
        }
        let pending = matches!(connection.stage, Stage::Pending { .. });
        let max_len = if pending { MAX_PENDING_FRAME } else { MAX_CLIENT_FRAME };
        let mut id = id;
        for message in decode::<ClientMessage>(frame, max_len) {
            match message {
                Ok(incoming) => self.accept(id, incoming, out),
                Err(rejected) => self.reject(id, rejected, out),
            }
            // What follows a resume belongs to the connection that was resumed.
            id = self.admission.succeeded.take().unwrap_or(id);
        }
    }

    /// Answers and counts what could not be decoded. Too much of it closes the connection.
    pub(in crate::hub) fn reject(&mut self, id: ConnectionId, rejected: Rejected, out: &mut Outbox) {
        self.load.pace.count();
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let message = ServerMessage::InvalidMessage(ErrorMessage::from(&rejected.refusal));
        out.send(id, connection.encoding, &Envelope::answering(rejected.message_id, out.now), &message);
        if connection.allowance.invalid.count(ABUSE_WINDOW, out.now) >= MAX_INVALID {
            self.close(id, ErrorCode::Malformed, out);
        }
    }

    /// Counts a decoded message against the connection's rates, then does what it says, or holds
    /// it back while a question about the connection is open.
    pub(in crate::hub) fn accept(&mut self, id: ConnectionId, incoming: Incoming<ClientMessage>, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Incoming { envelope: Envelope { message_id: request, .. }, message } = incoming;
        self.load.pace.count();
        match connection.take(&message, self.load.pace.enforced(), out.now) {
            Ok(()) => {}
            // A first-generation client does not know the pace: it is not at fault.
            Err(Over::Pace(_)) if request.is_none() => return,
            Err(Over::Pace(seconds)) => {
                return self.refuse(id, request, &Refusal::new(ErrorCode::RateLimited).after(seconds), out);
            }
            Err(Over::Rate(seconds, refused)) => return self.over_rate(id, request, seconds, refused, out),
        }
        if let Some(waiting) = connection.waiting.as_mut() {
            if waiting.held.len() < MAX_HELD_FRAMES {
                waiting.held.push_back((request, message));
            } else {
                self.refuse(id, request, &ErrorCode::RateLimited.into(), out);
            }
            return;
        }
        self.perform(id, request, message, out);
    }

    /// Refuses what is more than the connection may send. Too much of it closes the connection.
    pub(in crate::hub) fn over_rate(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        seconds: f64,
        refused: u32,
        out: &mut Outbox,
    ) {
        self.refuse(id, request, &Refusal::new(ErrorCode::RateLimited).after(seconds), out);
        if refused >= MAX_RATE_REFUSALS {
            self.close(id, ErrorCode::RateLimited, out);
        }
    }

    pub(in crate::hub) fn perform(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        message: ClientMessage,
        out: &mut Outbox,
    ) {
        let Some(connection) = self.connections.get(&id) else { return };
        let identity = connection.identity();
        let encoding = connection.encoding;
        let refusal = match (message, identity) {
            (ClientMessage::Disconnect(_), _) => {
                // What answers its earlier requests comes first.
                self.deliver_now(out);
                out.send(
                    id,
                    encoding,
                    &Envelope::answering(request, out.now),
                    &ServerMessage::Disconnect(Disconnect::default()),
                );
                out.push(Effect::Goodbye(id));
                self.remove(id, out);
                return;
            }
            (ClientMessage::AuthRequest(auth), None) => {
                return self.ask(id, request, Question::Authenticate(auth), out);
            }
            (ClientMessage::Resume(resume), None) if connection.returning.is_some() => {
                return self.resume(id, request, resume.last_seq, out);
            }
            (_, None) => Refusal::new(ErrorCode::Unauthenticated),
            (ClientMessage::Resume(_), Some(_)) => Refusal::new(ErrorCode::AlreadyAuthenticated),
            (ClientMessage::Ack(_), Some(_)) if request.is_some() => {
                Refusal::field("message_id", "An ack has no answer: send it without a message_id.")
            }
            (ClientMessage::Ack(ack), Some(_)) => return self.acknowledge(id, ack.last_seq, out),
            (ClientMessage::AuthRequest(_), Some(_)) => Refusal::new(ErrorCode::AlreadyAuthenticated),
            (ClientMessage::Ping(_), Some(_)) => {
                let pong = ServerMessage::Pong(Pong::default());
                return out.send(id, encoding, &Envelope::answering(request, out.now), &pong);
            }
            (ClientMessage::CharacterList(_), Some(identity)) => {
                return out.ask(id, request, Question::List(identity));
            }
            (ClientMessage::CharacterCreate(create), Some(identity)) => {
                return out.ask(id, request, Question::Create(identity, create));
            }
            (ClientMessage::CharacterDelete(delete), Some(identity)) => {
                return out.ask(id, request, Question::Delete(identity, delete.character_id));
            }
            (ClientMessage::CharacterSelect(select), Some(_)) => {
                return self.select(id, request, select.character_id, out);
            }
            (message, Some(_)) => match self.play(id, request.clone(), message, out) {
                Ok(()) => return,
                Err(refusal) => refusal,
            },
        };
        self.refuse(id, request, &refusal, out);
    }

    /// What only a character in the world may do.
    pub(in crate::hub) fn play(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        message: ClientMessage,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let player = self.connections.get(&id).and_then(Connection::player).ok_or(ErrorCode::NoCharacter)?;
        if let Some(refusal) = player.facts.refuses(&message) {
            return Err(refusal);
        }
        match message {
            ClientMessage::Inventory(_) => {
                out.ask(id, request, Question::Inventory(player.identity, player.character));
                Ok(())
            }
            ClientMessage::Move(step) => self.step(id, request, &step, out),
            ClientMessage::OwnMove(step) => self.own_move(id, request, &step, out),
            // It is a system's, or a message of the protocol that this server does not serve yet.
            message => self.hand_over(id, request, message, out),
        }
    }

    /// Asks about a connection; its frames wait until the answer.
    pub(in crate::hub) fn ask(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        question: Question,
        out: &mut Outbox,
    ) {
        let waiting = self.waiting();
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.waiting.get_or_insert(waiting);
            out.ask(id, request, question);
        }
    }
}
