//! Movement within a hub: what becomes of a step. Others are told of it with the next tick
//! ([`super::tick`]).

use crate::config::MovementCheck;
use crate::hub::{
    area::evidence::{Evidence, Violation},
    area::interest::{Area, Group},
    area::tick::append_frame,
    outbox::{Effect, Outbox},
    rows::Letter,
    sockets::connection::{ConnectionId, Player, Stage},
    state::{Hub, newcomer},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::{Encoded, Encoding, binary, snapshot::Entries},
    ids::LocationId,
    limits::{ATTACHMENT_INTERVAL, PLACES_INTERVAL},
    protocol::{
        Envelope, RequestId, ServerMessage,
        bounded::List,
        movement::{LocationUpdate, Move, MoveRequest, OwnMove, PlayerHere, PositionCorrection},
    },
    rules::{
        interest::Cell,
        movement::{Motion, highest_speed},
    },
    vector::Vec3,
    world::find_location,
    wrapping::is_newer,
};

/// A step within the location.
#[derive(Debug, Clone, Copy)]
pub(in crate::hub) struct Step {
    /// The number that its client gave it, if the client numbers its steps.
    number: Option<u32>,
    position: Vec3,
    velocity: Vec3,
}

impl From<&OwnMove> for Step {
    fn from(step: &OwnMove) -> Self {
        Self { number: Some(step.client_seq), position: step.position, velocity: step.velocity }
    }
}

/// Whether a step was accepted, or the client was told the last good state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::hub) enum Walked {
    Accepted,
    Corrected,
}

/// Whose step it is, and how its client is told where it stands.
#[derive(Debug)]
pub(in crate::hub) struct Teller {
    /// Its connection.
    pub id: ConnectionId,
    /// What it speaks.
    pub encoding: Encoding,
    /// Whether its client is of the first generation.
    pub first_generation: bool,
    /// The request that a correction answers.
    pub request: Option<RequestId>,
}

impl Teller {
    /// Tells a client where its character stands. A first-generation client cannot read a
    /// correction: it is told as it is of any other character.
    fn correct(self, player: &Player, number: Option<u32>, out: &mut Outbox) {
        let Motion { position, velocity, .. } = player.motion;
        let correction = PositionCorrection { client_seq: number.unwrap_or(0), position, velocity };
        let message = if self.first_generation {
            ServerMessage::CharacterUpdate(player.seen_at(position))
        } else {
            ServerMessage::PositionCorrection(correction)
        };
        out.send(self.id, self.encoding, &Envelope::answering(self.request, out.now), &message);
    }
}

/// Judges a step within the location. One that is accepted is marked for the next tick.
///
/// # Errors
/// MOVE_REJECTED with the time to wait, if there were too many impossible moves lately: then the
/// step is corrected without being judged.
pub(in crate::hub) fn walk(
    teller: Teller,
    player: &mut Player,
    step: &Step,
    area: &mut Area,
    check: MovementCheck,
    out: &mut Outbox,
) -> Result<Walked, Refusal> {
    let Step { number, position, velocity } = *step;
    let before = player.motion;
    if let Err(refusal) = refused_for_a_while(player, out) {
        // The client is told where its character stands, or it would show it walking all the
        // while. What answers the request is the refusal, not the correction.
        Teller { request: None, ..teller }.correct(player, number, out);
        return Err(refusal);
    }
    let stepped = before.step(position, velocity, player.speed, out.now);
    let in_order = number.is_none_or(|number| player.step.is_none_or(|last| is_newer(number, last)));
    let motion = match stepped {
        Ok(motion) if in_order => motion,
        _ => {
            let violation = if in_order { Violation::Step } else { Violation::Order };
            note(player, violation, position, check, out);
            let accepted = match check {
                MovementCheck::Enforce => None,
                MovementCheck::Shadow => stepped.or_else(|_| before.moved_to(position, velocity, out.now)).ok(),
            };
            let Some(motion) = accepted else {
                teller.correct(player, number, out);
                return Ok(Walked::Corrected);
            };
            motion
        }
    };
    player.motion = motion;
    if in_order {
        player.step = number.or(player.step);
    }
    player.cell = area.walk(player.slot, position, velocity, out.now).unwrap_or(player.cell);
    (player.unsaved, player.unstored) = (true, true);
    if out.now.since(player.attached) >= ATTACHMENT_INTERVAL {
        (player.attached, player.unsaved) = (out.now, false);
        out.push(Effect::Attach(teller.id));
    }
    Ok(Walked::Accepted)
}

/// A player who has made too many impossible moves waits before another move is judged.
fn refused_for_a_while(player: &Player, out: &Outbox) -> Result<(), Refusal> {
    match player.conduct.refused_for(out.now) {
        Some(left) => Err(Refusal::new(ErrorCode::MoveRejected).after(left as f64 / 1000.0)),
        None => Ok(()),
    }
}

/// Counts an impossible move, and logs them where there are too many.
fn note(player: &mut Player, violation: Violation, to: Vec3, check: MovementCheck, out: &mut Outbox) {
    let enforced = check == MovementCheck::Enforce;
    if let Some(count) = player.conduct.count(enforced, out.now) {
        let motion = &player.motion;
        out.push(Effect::Evidence(Box::new(Evidence {
            character: player.character,
            location: motion.location,
            violation,
            from: motion.position,
            to,
            seconds: out.now.since(motion.since()) as f64 / 1000.0,
            speed: highest_speed(player.speed, find_location(motion.location)),
            count,
            enforced,
        })));
    }
}

impl Hub {
    /// `move`: a step within the location or to another.
    pub(in crate::hub) fn step(
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
        let velocity = step.velocity.unwrap_or_default();
        if let Some(to) = step.to_location_id.filter(|to| *to != here) {
            self.travel(id, request, to, out)?;
            // The request may also say where in the new location its character comes to. That is
            // a step from the entrance. If it is too far it is corrected, but the request has
            // been answered already.
            if let Some(position) = step.position {
                let _ = self.walk(id, None, &Step { number: None, position, velocity }, out);
            }
            return Ok(());
        }
        let position = step.position.unwrap_or(player.motion.position);
        match self.walk(id, None, &Step { number: None, position, velocity }, out)? {
            Walked::Corrected => Err(Refusal::new(ErrorCode::MoveRejected).at("position")),
            Walked::Accepted => {
                self.moved(id, request, position, velocity, out);
                Ok(())
            }
        }
    }

    /// `own_move`: a step of the binary client, which is refused by a correction alone.
    pub(in crate::hub) fn own_move(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        step: &OwnMove,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        if self.walk(id, request.clone(), &Step::from(step), out)? == Walked::Accepted {
            self.moved(id, request, step.position, step.velocity, out);
        }
        Ok(())
    }

    /// A step of a connection's player. `request` is what a correction answers.
    fn walk(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        step: &Step,
        out: &mut Outbox,
    ) -> Result<Walked, Refusal> {
        let Some(connection) = self.connections.get_mut(&id) else { return Err(ErrorCode::NoCharacter.into()) };
        let (encoding, first_generation) = (connection.encoding, connection.first_generation);
        let Some(player) = connection.player_mut() else { return Err(ErrorCode::NoCharacter.into()) };
        self.map.places_due.get_or_insert(out.now + PLACES_INTERVAL);
        let teller = Teller { id, encoding, first_generation, request };
        walk(teller, player, step, &mut self.map.area, self.settings.movement_check, out)
    }

    /// Answers a request by the step that was accepted.
    fn moved(&self, id: ConnectionId, request: Option<RequestId>, position: Vec3, velocity: Vec3, out: &mut Outbox) {
        let Some(connection) = self.connections.get(&id).filter(|_| request.is_some()) else { return };
        let Some(player) = connection.player() else { return };
        let moved = ServerMessage::Move(Move::to_position(player.character, position, velocity));
        out.send(id, connection.encoding, &Envelope::answering(request, out.now), &moved);
    }

    fn travel(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        to: LocationId,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let check = self.settings.movement_check;
        let Some(connection) = self.connections.get_mut(&id) else { return Err(ErrorCode::NoCharacter.into()) };
        let Stage::Playing(player) = &mut connection.stage else { return Err(ErrorCode::NoCharacter.into()) };
        refused_for_a_while(player, out)?;
        let motion = match player.motion.travel(to, out.now) {
            Ok(motion) => motion,
            Err(code) => {
                // Where the character is has not changed, and no client shows it elsewhere before
                // it is told so: the refusal is all the correction that is needed.
                note(player, Violation::Way, player.motion.position, check, out);
                return Err(Refusal::new(code).at("to_location_id"));
            }
        };
        player.motion = motion;
        player.cell = Cell::of(motion.position);
        (player.attached, player.unsaved) = (out.now, false);
        let (slot, character) = (player.slot, player.character);
        self.map.area.leave(slot);
        if let Some(connection) = self.connections.get(&id)
            && let Some(player) = connection.player()
        {
            self.map.area.enter(slot, newcomer(connection, player), out.now);
            if connection.encoding == Encoding::Json && connection.hears() {
                self.map.ticks.listen(slot, self.map.area.tick(), true);
            }
        }
        out.push(Effect::Attach(id));
        out.push(Effect::Place(id));
        self.post(Letter::Travelled { character, visit: id.visit(self.number), location: to }, out);
        self.welcome(id, request, out);
        Ok(())
    }

    /// Shows a newcomer who is here; the others are told of it with the next tick.
    pub(in crate::hub) fn welcome(&mut self, id: ConnectionId, request: Option<RequestId>, out: &mut Outbox) {
        let Some(connection) = self.connections.get(&id) else { return };
        let Some(player) = connection.player() else { return };
        let now = out.now;
        if let Some(pace) = self.pace_for_newcomer() {
            self.tell_unasked(id, &pace, out);
        }
        let location = player.motion.location;
        let here = self.map.area.listed_to(player.slot).filter_map(|walker| {
            let other = self.connections.get(&walker.connection)?.player()?;
            Some((other, walker.position(now)))
        });
        let here: Vec<(&Player, Vec3)> = here.collect();
        let players = List::of(here.iter().map(|(other, position)| PlayerHere {
            character_id: other.character,
            character_name: other.name.clone(),
            position: *position,
            faction: other.faction,
            level: other.level,
            slot: other.slot,
        }));
        let snapshot = ServerMessage::LocationUpdate(LocationUpdate { location_id: location, players });
        let envelope = Envelope::answering(request, now);
        if connection.encoding == Encoding::Json {
            out.send(id, Encoding::Json, &envelope, &snapshot);
            // First-generation clients learn of others by this message alone.
            for (other, position) in here {
                out.send_json(vec![id], &ServerMessage::CharacterUpdate(other.seen_at(position)));
            }
            return;
        }
        let mut bytes = Vec::new();
        binary::append(&mut bytes, &envelope, &snapshot);
        if let Some(group) = self.map.area.group_of(player.slot) {
            // A snapshot does not say how those in it move.
            let moving = moving(&self.map.area, group, out);
            append_frame(&mut bytes, &mut Entries::default(), location, group.cell(), false, now, moving);
        }
        out.push(Effect::Send(vec![id], Encoded::Binary(bytes)));
    }
}

/// Those seen from a cell who move.
fn moving(area: &Area, group: &Group, out: &Outbox) -> impl Iterator<Item = (u16, Vec3, Vec3)> {
    let now = out.now;
    group.visible.iter().filter_map(move |slot| {
        let walker = area.walker(*slot).filter(|walker| walker.moves(now))?;
        Some((*slot, walker.position(now), walker.velocity(now)))
    })
}
