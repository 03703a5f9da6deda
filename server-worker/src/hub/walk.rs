//! Movement within a hub: who sees whom, and what becomes of a step.

use super::{
    connection::{Connection, ConnectionId, Player, Stage},
    logic::Hub,
    outbox::{Effect, Outbox},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::Encoding,
    ids::{CharacterId, LocationId},
    limits::ATTACHMENT_INTERVAL,
    protocol::{
        Envelope, RequestId, ServerMessage,
        bounded::List,
        movement::{
            LocationUpdate, Move, MoveRequest, OwnMove, PlayerHere, PlayerJoinedArea, PlayerLeftArea,
            PositionCorrection,
        },
    },
    vector::Vec3,
};

impl Hub {
    /// `move`: a step within the location or to another.
    pub(super) fn step(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        step: &MoveRequest,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let player = self.player(id).ok_or(ErrorCode::NoCharacter)?;
        if step.character_id.is_some_and(|named| named != player.character) {
            return Err(Refusal::new(ErrorCode::NotYourCharacter).at("character_id"));
        }
        let here = player.motion.location;
        if step.from_location_id.is_some_and(|named| named != here) {
            return Err(Refusal::new(ErrorCode::NotThere).at("from_location_id"));
        }
        if let Some(to) = step.to_location_id.filter(|to| *to != here) {
            return self.travel(id, request, to, out);
        }
        let position = step.position.unwrap_or(player.motion.position);
        let velocity = step.velocity.unwrap_or_default();
        let character = player.character;
        if !self.walk(id, 0, position, velocity, out) {
            return Err(Refusal::new(ErrorCode::MoveRejected).at("position"));
        }
        if let (Some(_), Some(connection)) = (&request, self.connections.get(&id)) {
            let moved = ServerMessage::Move(Move::to_position(character, position, velocity));
            out.send(id, connection.encoding, &Envelope::answering(request, out.now), &moved);
        }
        Ok(())
    }

    /// `own_move`: a step of the binary client, which is refused by a correction alone.
    pub(super) fn own_move(&mut self, id: ConnectionId, step: &OwnMove, out: &mut Outbox) -> Result<(), Refusal> {
        self.walk(id, step.client_seq, step.position, step.velocity, out);
        Ok(())
    }

    /// Whether the step was accepted; if not, the client is told the last good state.
    fn walk(&mut self, id: ConnectionId, client_seq: u32, position: Vec3, velocity: Vec3, out: &mut Outbox) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        let encoding = connection.encoding;
        let Stage::Playing(player) = &mut connection.stage else { return false };
        let Ok(motion) = player.motion.step(position, velocity, player.speed, out.now) else {
            let correction =
                PositionCorrection { client_seq, position: player.motion.position, velocity: player.motion.velocity };
            out.send(id, encoding, &Envelope::at(out.now), &ServerMessage::PositionCorrection(correction));
            return false;
        };
        player.motion = motion;
        if out.now.since(player.attached) >= ATTACHMENT_INTERVAL {
            player.attached = out.now;
            out.push(Effect::Attach(id));
        }
        let (character, location) = (player.character, motion.location);
        let others = self.others_in(location, id);
        out.broadcast(others.into_iter(), &ServerMessage::Move(Move::to_position(character, position, velocity)));
        true
    }

    fn travel(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        to: LocationId,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let Some(Connection { stage: Stage::Playing(player), .. }) = self.connections.get_mut(&id) else {
            return Err(ErrorCode::NoCharacter.into());
        };
        let motion = player.motion.travel(to, out.now).map_err(|code| Refusal::new(code).at("to_location_id"))?;
        let from = std::mem::replace(&mut player.motion, motion).location;
        player.attached = out.now;
        let character = player.character;
        out.push(Effect::Attach(id));
        out.push(Effect::Staying(vec![(character, super::outbox::visit(self.number, id), to)]));
        self.tell_left(character, from, out);
        self.welcome(id, request, out);
        Ok(())
    }

    /// Shows a newcomer who is here, and those who are here the newcomer.
    pub(super) fn welcome(&mut self, id: ConnectionId, request: Option<RequestId>, out: &mut Outbox) {
        let Some(connection) = self.connections.get(&id) else { return };
        let Some(player) = connection.player() else { return };
        let location = player.motion.location;
        let here: Vec<&Player> = self
            .connections
            .values()
            .filter(|other| other.id != id)
            .filter_map(Connection::player)
            .filter(|other| other.motion.location == location)
            .collect();
        let players = List::of(here.iter().map(|other| PlayerHere {
            character_id: other.character,
            character_name: other.name.clone(),
            position: other.motion.position,
            faction: other.faction,
            level: other.level,
            slot: other.slot,
        }));
        let snapshot = ServerMessage::LocationUpdate(LocationUpdate { location_id: location, players });
        out.send(id, connection.encoding, &Envelope::answering(request, out.now), &snapshot);
        if connection.encoding == Encoding::Json {
            // First-generation clients learn of others by this message alone.
            for other in here {
                let update = ServerMessage::CharacterUpdate(other.seen());
                out.send(id, Encoding::Json, &Envelope::at(out.now), &update);
            }
        }
        let joined = ServerMessage::PlayerJoinedArea(PlayerJoinedArea {
            character_id: player.character,
            character_name: player.name.clone(),
            location_id: location,
            position: Some(player.motion.position),
            faction: Some(player.faction),
            level: Some(player.level),
            slot: player.slot,
        });
        let update = ServerMessage::CharacterUpdate(player.seen());
        let others = self.others_in(location, id);
        out.broadcast(others.iter().copied(), &joined);
        out.broadcast(others.into_iter().filter(|(_, encoding)| *encoding == Encoding::Json), &update);
    }

    /// Tells those in a location that somebody has left it.
    pub(super) fn tell_left(&self, character: CharacterId, location: LocationId, out: &mut Outbox) {
        let left = PlayerLeftArea { character_id: character, location_id: location };
        let there = self.connections.values().filter(|other| {
            other.player().is_some_and(|p| p.motion.location == location && p.character != character)
        });
        out.broadcast(there.map(|other| (other.id, other.encoding)), &ServerMessage::PlayerLeftArea(left));
    }

    pub(super) fn player(&self, id: ConnectionId) -> Option<&Player> {
        self.connections.get(&id).and_then(Connection::player)
    }

    fn others_in(&self, location: LocationId, except: ConnectionId) -> Vec<(ConnectionId, Encoding)> {
        self.connections
            .values()
            .filter(|other| other.id != except)
            .filter(|other| other.player().is_some_and(|player| player.motion.location == location))
            .map(|other| (other.id, other.encoding))
            .collect()
    }
}
