//! Connections that are lost and come back. A player whose socket is lost stands where it stood
//! for a while: nobody sees it leave, and what is said to it is kept. A socket that shows the
//! connection's token takes its place, under the same number.

use crate::hub::{
    admission::questions::Question,
    outbox::{Effect, Outbox},
    sockets::connection::{ConnectionId, Identity},
    state::Hub,
    stream::disbelief::highest_believable,
};
use crate::systems::Occasion;
use shardlink_shared::{
    ErrorCode,
    limits::PLACE_LIFE,
    protocol::{Envelope, RequestId, ServerMessage, account::Resumed},
    time::Millis,
    vector::Vec3,
};

/// A server that is told to stop has stopped within this time, in milliseconds; one that
/// has not lets players in again.
const STOPPING: u64 = 10_000;

impl Hub {
    /// A socket is lost. A player's place is kept.
    pub(in crate::hub) fn lose(&mut self, id: ConnectionId, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id).filter(|one| one.held.is_none()) else { return };
        if connection.player().is_none() {
            return self.remove(id, out);
        }
        let until = out.now + PLACE_LIFE;
        (connection.held, connection.behind) = (Some(until), false);
        self.admission.held.insert((until, id));
        self.listen(id);
        self.population_changed(out.now);
        out.push(Effect::Place(id));
    }

    /// The server stops: everybody is sent away, to resume when it is back.
    pub(in crate::hub) fn stop(&mut self, out: &mut Outbox) {
        self.admission.stopping = Some(out.now + STOPPING);
        // What has been said is delivered first, or nobody would be told it and it would not be
        // stored.
        self.deliver_now(out);
        let sockets = self.connections.values().filter(|one| one.held.is_none());
        let sockets: Vec<_> = sockets.map(|one| one.id).collect();
        for id in sockets {
            out.push(Effect::Close(id, ErrorCode::Restarting));
            self.lose(id, out);
        }
    }

    /// Whether the server is about to stop.
    #[must_use]
    pub fn is_stopping(&self, now: Millis) -> bool {
        self.admission.stopping.is_some_and(|until| now < until)
    }

    /// Gives up the places whose time is over: their players leave.
    pub(in crate::hub) fn give_up_places(&mut self, out: &mut Outbox) {
        while let Some((_, id)) = self.admission.held.first().filter(|(until, _)| *until <= out.now).copied() {
            self.remove(id, out);
        }
    }

    /// Stores the places of players who have moved.
    pub(in crate::hub) fn store_places(&mut self, out: &mut Outbox) {
        if self.map.places_due.is_none_or(|due| due > out.now) {
            return;
        }
        self.map.places_due = None;
        for (id, connection) in &mut self.connections {
            if connection.player_mut().is_some_and(|player| std::mem::take(&mut player.unstored)) {
                out.push(Effect::Attach(*id));
                out.push(Effect::Place(*id));
            }
        }
    }

    /// `resume`, on a socket that has shown a token.
    pub(in crate::hub) fn resume(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        last_seq: u64,
        out: &mut Outbox,
    ) {
        let Some(token) = self.connections.get(&id).and_then(|one| one.returning.clone()) else { return };
        // A client that knows a number that no hub can have given would ignore every message
        // below it, so it begins anew. A lower number that has not been given yet says no more
        // than the last one.
        let beyond = last_seq > highest_believable(out.now);
        let last_seq = last_seq.min(self.stream.log.last());
        let Some(stream) = self.place_of(&token).filter(|stream| !beyond && *stream != id) else {
            let identity = Identity { session: token.session, player: token.player };
            return self.ask(id, request, Question::Admit(identity, None), out);
        };
        if !self.may_resume(id, request.as_ref(), &token, last_seq, out) {
            return;
        }
        let Some(newcomer) = self.connections.remove(&id) else { return };
        self.admission.pending.remove(&id);
        let Some(connection) = self.connections.get_mut(&stream) else { return };
        let spoke = connection.encoding;
        (connection.encoding, connection.address, connection.behind) = (newcomer.encoding, newcomer.address, false);
        connection.first_generation = newcomer.first_generation;
        connection.acked = connection.acked.max(Some(last_seq));
        let forgotten = connection.forgotten > last_seq;
        if let Some(until) = connection.held.take() {
            self.admission.held.remove(&(until, stream));
        }
        if let Some(player) = connection.player_mut() {
            // Its client may count its steps anew.
            player.step = None;
            if spoke != newcomer.encoding && player.motion.velocity != Vec3::ZERO {
                // Where a silent walker stops depends on the encoding that it spoke as it walked,
                // which is not known from here on. So it stands where it last said it was.
                player.motion.velocity = Vec3::ZERO;
                let position = player.motion.position;
                player.cell = self.map.area.walk(player.slot, position, Vec3::ZERO, out.now).unwrap_or(player.cell);
            }
        }
        let encoding = newcomer.encoding;
        self.admission.succeeded = Some(stream);
        self.population_changed(out.now);
        out.push(Effect::Rebind(id, stream));
        out.push(Effect::Attach(stream));
        out.push(Effect::Place(stream));
        let Some(connection) = self.connections.get(&stream) else { return };
        // Messages that have not been delivered yet are not replayed: this connection gets them
        // together with the others.
        let missed = self.stream.log.missed(connection, last_seq);
        let resumed = Resumed { replayed: missed.count, snapshot: missed.cut || forgotten };
        out.send(stream, encoding, &Envelope::answering(request, out.now), &ServerMessage::Resumed(resumed));
        for frame in missed.frames {
            out.push(Effect::Send(vec![stream], frame));
        }
        self.ask_unasked(stream, Occasion::Resumed, out);
        self.desk.latest.came(stream);
        if self.listen(stream) {
            self.welcome(stream, None, out);
        }
    }
}
