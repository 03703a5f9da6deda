//! Who comes into the world, and who goes: characters, connections, and what is refused them.

use crate::{
    hub::{
        admission::questions::Question,
        outbox::{Effect, Outbox},
        post::PRESENCE_INTERVAL,
        rows::Letter,
        sockets::connection::{ConnectionId, Identity, Player, Stage},
        state::{Hub, newcomer},
    },
    service::Entrance,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::Encoding,
    ids::CharacterId,
    protocol::{Envelope, RequestId, ServerMessage, error::ErrorMessage},
};

impl Hub {
    pub(in crate::hub) fn select(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        character: CharacterId,
        out: &mut Outbox,
    ) {
        let Some(connection) = self.connections.get(&id) else { return };
        let Some(identity) = connection.identity() else { return };
        if let Some(player) = connection.player().filter(|player| player.character == character) {
            // Selected again, for example over REST and here: it is in the world already.
            let update = player.seen_at(player.motion.position);
            return self.tell_of_itself(id, request, update, out);
        }
        self.ask(id, request, Question::Select(identity, character), out);
    }

    /// Puts a character into the world.
    pub(in crate::hub) fn enter(
        &mut self,
        id: ConnectionId,
        identity: Identity,
        entrance: &Entrance,
        out: &mut Outbox,
    ) {
        let sheet = &entrance.sheet;
        // The player may be here already: as another character, or on another socket.
        self.leave_world(id, out);
        if let Some(other) = self.characters.get(&sheet.id).copied() {
            self.close(other, ErrorCode::SignedInElsewhere, out);
        }
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let slot = self.map.slots.take(out.now);
        let player = Box::new(Player::entering(identity, sheet, slot, out.now));
        self.map.area.enter(slot, newcomer(connection, &player), out.now);
        if connection.encoding == Encoding::Json && connection.hears() {
            self.map.ticks.listen(slot, self.map.area.tick(), true);
        }
        connection.stage = Stage::Playing(player);
        connection.since = self.stream.log.last();
        self.admission.pending.remove(&id);
        self.characters.insert(sheet.id, id);
        self.post.presence_at.get_or_insert(out.now + PRESENCE_INTERVAL);
        self.population_changed(out.now);
        out.push(Effect::Attach(id));
        out.push(Effect::Place(id));
    }

    /// Takes a connection's character out of the world, if it has one there.
    pub(in crate::hub) fn leave_world(&mut self, id: ConnectionId, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(identity) = connection.player().map(|player| player.identity) else { return };
        let before = std::mem::replace(&mut connection.stage, Stage::Authenticated(identity));
        if let Stage::Playing(player) = before {
            self.characters.remove(&player.character);
            self.map.slots.give_back(player.slot, out.now);
            self.map.area.leave(player.slot);
            self.map.ticks.forget(player.slot);
            let location = player.motion.location;
            self.post(Letter::Left { character: player.character, visit: id.visit(self.number), location }, out);
            out.push(Effect::Place(id));
            self.population_changed(out.now);
        }
    }

    pub(in crate::hub) fn remove(&mut self, id: ConnectionId, out: &mut Outbox) {
        self.leave_world(id, out);
        self.admission.pending.remove(&id);
        self.desk.latest.left(id);
        if let Some(connection) = self.connections.remove(&id) {
            if let Some(identity) = connection.identity() {
                self.admission.spent.keep(identity.player, connection.allowance.clone(), out.now);
            }
            if let Some(until) = connection.held {
                self.admission.held.remove(&(until, id));
            }
            if let Some((nonce, expires)) = connection.waiting.and_then(|waiting| waiting.ticket) {
                out.push(Effect::UseTicket(nonce, expires));
            }
            self.population_changed(out.now);
        }
    }

    pub(in crate::hub) fn close(&mut self, id: ConnectionId, code: ErrorCode, out: &mut Outbox) {
        self.deliver_now(out);
        out.push(Effect::Close(id, code));
        self.remove(id, out);
    }

    pub(in crate::hub) fn refuse(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        refusal: &Refusal,
        out: &mut Outbox,
    ) {
        let Some(connection) = self.connections.get(&id) else { return };
        let message = ServerMessage::Error(ErrorMessage::from(refusal));
        if let Some(request) = request.clone().filter(|_| {
            // A refusal above the rate is not stored, or a flood would cost writes; and where
            // nobody has asked, nobody waits for a refusal.
            connection.player().is_some() && refusal.code != ErrorCode::RateLimited
        }) {
            return self.send_reliably(vec![id], Some((id, request)), &message, out);
        }
        out.send(id, connection.encoding, &Envelope::answering(request, out.now), &message);
    }
}
