//! Connections that are lost and come back. Whoever is lost stands where it stood, for
//! a while: nobody sees it leave, and what is said to it is kept. A socket that shows
//! the connection's token takes its place, under the same number.

use super::{
    connection::{Connection, ConnectionId, Identity},
    log::Logged,
    logic::Hub,
    outbox::{Delivery, Effect, Outbox, Question},
    post::Letter,
};
use crate::letters;
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::{Encoded, Encoding, binary, encode},
    limits::PLACE_LIFE,
    protocol::{Envelope, RequestId, ServerMessage, account::Resumed, error::ErrorMessage},
    time::Millis,
};
use std::rc::Rc;

/// What a hub's rows hold.
#[derive(Debug, Default)]
pub struct Rows {
    /// Places, and until when those are kept that had lost their socket.
    pub places: Vec<(Option<Millis>, Connection)>,
    /// Reliable messages, the oldest first.
    pub log: Vec<Logged>,
    /// Letters that have not been answered.
    pub letters: Vec<(u64, letters::Letter<Letter>)>,
}

impl Hub {
    /// A socket is lost. A player's place is kept.
    pub(super) fn lose(&mut self, id: ConnectionId, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id).filter(|one| one.held.is_none()) else { return };
        if connection.player().is_none() {
            return self.remove(id, out);
        }
        let until = out.now + PLACE_LIFE;
        connection.held = Some(until);
        self.held.insert((until, id));
        self.listen(id);
        self.population_changed(out.now);
        out.push(Effect::Place(id));
    }

    /// Those whose time is over leave.
    pub(super) fn give_up_places(&mut self, out: &mut Outbox) {
        while let Some((_, id)) = self.held.first().filter(|(until, _)| *until <= out.now).copied() {
            self.remove(id, out);
        }
    }

    /// Stores where those are who have moved.
    pub(super) fn store_places(&mut self, out: &mut Outbox) {
        if self.places_due.is_none_or(|due| due > out.now) {
            return;
        }
        self.places_due = None;
        for (id, connection) in &mut self.connections {
            if connection.player_mut().is_some_and(|player| std::mem::take(&mut player.unstored)) {
                out.push(Effect::Attach(*id));
                out.push(Effect::Place(*id));
            }
        }
    }

    /// `resume`, on a socket that has shown a token.
    pub(super) fn resume(&mut self, id: ConnectionId, request: Option<RequestId>, last_seq: u64, out: &mut Outbox) {
        let Some(token) = self.connections.get(&id).and_then(|one| one.returning.clone()) else { return };
        let stream = ConnectionId(token.stream);
        let place = self.connections.get(&stream).and_then(Connection::identity);
        // The session's token may be another by now: whose it is does not change.
        if stream == id || place.is_none_or(|identity| identity.player != token.player) {
            let identity = Identity { session: token.session, player: token.player };
            return self.ask(id, request, Question::Return(identity), out);
        }
        let Some(newcomer) = self.connections.remove(&id) else { return };
        self.pending.remove(&id);
        let Some(connection) = self.connections.get_mut(&stream) else { return };
        (connection.encoding, connection.address, connection.behind) = (newcomer.encoding, newcomer.address, false);
        connection.acked = connection.acked.max(Some(last_seq));
        let forgotten = connection.forgotten > last_seq;
        if let Some(until) = connection.held.take() {
            self.held.remove(&(until, stream));
        }
        if let Some(player) = connection.player_mut() {
            // Its client may count its steps anew.
            player.step = None;
        }
        let encoding = newcomer.encoding;
        self.succeeded = Some(stream);
        self.population_changed(out.now);
        out.push(Effect::Rebind(id, stream));
        out.push(Effect::Attach(stream));
        out.push(Effect::Place(stream));
        let missed = self.log.missed(stream, last_seq, encoding);
        let resumed = Resumed { replayed: missed.count, snapshot: missed.cut || forgotten };
        out.send(stream, encoding, &Envelope::answering(request, out.now), &ServerMessage::Resumed(resumed));
        for frame in missed.frames {
            out.push(Effect::Send(vec![stream], frame));
        }
        if let Some((character, party)) =
            self.player(stream).and_then(|player| Some((player.character, player.bonds.party()?)))
        {
            // A crash may have taken word of it.
            out.ask(stream, None, Question::PartyNow(character, party));
        }
        if self.listen(stream) {
            self.welcome(stream, None, out);
        }
    }

    /// Sends a reliable message, which those who are lost are told when they resume.
    /// `answers` is whose request it answers.
    pub(super) fn send_reliably(
        &mut self,
        audience: Vec<ConnectionId>,
        answers: Option<(ConnectionId, RequestId)>,
        message: &ServerMessage,
        out: &mut Outbox,
    ) {
        let seq = self.log.next(out.now);
        let envelope = Envelope { seq: Some(seq), ..Envelope::at(out.now) };
        let mut bytes = Vec::with_capacity(64);
        binary::append(&mut bytes, &envelope, message);
        let row = Rc::new(Logged { seq, at: out.now, audience, answers, bytes });
        let mut frames = Vec::with_capacity(2);
        let (mut json, mut binary) = (Vec::new(), Vec::new());
        let asker = row.answers.as_ref().map(|(asker, _)| *asker);
        for id in row.audience.iter().filter(|id| Some(**id) != asker) {
            match self.connections.get(id) {
                Some(one) if one.held.is_some() => {}
                Some(Connection { encoding: Encoding::Json, .. }) => json.push(*id),
                Some(_) => binary.push(*id),
                None => {}
            }
        }
        if !json.is_empty() {
            frames.push((json, encode(Encoding::Json, &envelope, message)));
        }
        if !binary.is_empty() {
            frames.push((binary, Encoded::Binary(row.bytes.clone())));
        }
        if let Some(connection) = asker.and_then(|asker| self.connections.get(&asker)) {
            let envelope = Envelope { reply_to: row.reply_to(connection.id), ..envelope };
            frames.push((vec![connection.id], encode(connection.encoding, &envelope, message)));
        }
        out.push(Effect::Deliver(vec![Delivery { row: Rc::clone(&row), frames }]));
        self.log.push(row);
        self.prune_log(out);
    }

    /// What could not be stored has not been said to anybody, so it has no number either:
    /// whoever asked for it is told so, by an answer that is not numbered. A refusal is
    /// that answer itself.
    pub(super) fn unstored(&mut self, rows: &[Rc<Logged>], out: &mut Outbox) {
        if let Some(first) = rows.first() {
            self.log.take_back(first.seq);
        }
        for row in rows {
            let Some((asker, request)) = row.answers.clone() else { continue };
            let Some(connection) = self.connections.get(&asker) else { continue };
            let error = match row.message() {
                Some(message @ ServerMessage::Error(_)) => message,
                _ => ServerMessage::Error(ErrorMessage::from(&Refusal::new(ErrorCode::Internal))),
            };
            out.send(asker, connection.encoding, &Envelope::answering(Some(request), out.now), &error);
        }
    }

    /// `ack`: a client has every reliable message up to this one.
    pub(super) fn acknowledge(&mut self, id: ConnectionId, last_seq: u64, out: &mut Outbox) {
        if let Some(connection) = self.connections.get_mut(&id) {
            if connection.acked.is_none() {
                // That it acknowledges at all outlives a sleep, and each number need not.
                out.push(Effect::Attach(id));
            }
            connection.acked = connection.acked.max(Some(last_seq));
        }
    }

    fn prune_log(&mut self, out: &mut Outbox) {
        let dropped = self.log.prune(out.now);
        let Some(last) = dropped.last() else { return };
        out.push(Effect::Forget(last.seq));
        for row in &dropped {
            for id in &row.audience {
                let Some(connection) = self.connections.get_mut(id) else { continue };
                // A client that never acknowledges has what was written to it, while it is there.
                let lacks = connection.acked.map_or(connection.held.is_some(), |acked| acked < row.seq);
                if lacks {
                    connection.forgotten = row.seq;
                    // Where its socket is gone the row keeps it.
                    let held = connection.held.is_some();
                    out.push(if held { Effect::Place(*id) } else { Effect::Attach(*id) });
                }
            }
        }
    }
}
