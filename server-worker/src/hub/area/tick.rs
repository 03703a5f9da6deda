//! Ticks: what has been marked since the last one is told, once for all who see the same.
//!
//! A socket that speaks binary gets one frame at most with each tick: who came into
//! sight and who went, then where those who were heard are. Everybody in a cell sees the same, so
//! what they get is encoded once. What makes a difference is whom a player always lists as
//! present (its faction and its party), and only when somebody comes or goes. A socket that
//! speaks JSON gets the same news at the contract's lower rates.
//!
//! While nobody is heard, comes or goes there is nothing to tell and no tick: then the
//! places are written into the attachments, and the hub may sleep.

use crate::hub::area::listeners::Ticks;
use crate::hub::{area::Map, stream::Stream};
use crate::hub::{
    area::interest::{Area, Eyes, Group, Walker, is_always_listed},
    outbox::{Effect, Outbox},
    sockets::connection::{Connection, ConnectionId, Player, Stage},
    state::Hub,
};
use shardlink_shared::{
    codec::{Encoding, binary, snapshot::Entries},
    ids::LocationId,
    limits::FULL_FRAME_INTERVAL,
    protocol::{
        Envelope, ServerMessage,
        movement::{Move, PlayerJoinedArea, PlayerLeftArea, PositionFrame},
    },
    rules::interest::Cell,
    time::{FrameTime, Millis},
    vector::Vec3,
};
use std::{collections::BTreeMap, ops::Range};

impl Hub {
    /// When there is next something to tell or to deliver; it may be past.
    #[must_use]
    pub fn next_tick(&self) -> Option<Millis> {
        self.tick_due().into_iter().chain(self.delivery_due()).chain(self.load.pace.due()).min()
    }

    /// When the next tick is due, if there is anything to tell; it may be past.
    pub(in crate::hub) fn tick_due(&self) -> Option<Millis> {
        let earliest = self.map.ticks.last + self.settings.tick_interval;
        if self.map.area.is_dirty() {
            // While nobody moves, those who come and go share a tick.
            let gathers = !self.map.area.is_heard() && !self.stream.unsent.is_any();
            return Some(if gathers { earliest + self.settings.tick_interval } else { earliest });
        }
        let full = self.map.area.has_moved().then_some(self.map.ticks.last_full + FULL_FRAME_INTERVAL);
        full.into_iter().chain(self.map.ticks.listeners_due).min().map(|due| due.max(earliest))
    }

    /// A tick, if it is due.
    pub(in crate::hub) fn tick(&mut self, out: &mut Outbox) {
        if self.tick_due().is_none_or(|due| out.now < due) {
            return;
        }
        let full = self.map.area.has_moved() && out.now.since(self.map.ticks.last_full) >= FULL_FRAME_INTERVAL;
        self.map.ticks.last = out.now;
        if full {
            self.map.ticks.last_full = out.now;
        }
        self.deliver_with_tick(out);
        for index in 0..self.map.area.begin_tick(full, out.now) {
            self.tell_group(index, full, out);
        }
        self.stream.leads.finish(out);
        self.tell_listeners(out);
        self.map.area.end_tick(full, out.now);
        if self.tick_due().is_none() {
            self.save_places(out);
        }
    }

    /// Tells those in a cell what has become of those they see.
    fn tell_group(&mut self, index: usize, full: bool, out: &mut Outbox) {
        let Self { map: Map { area, ticks, .. }, connections, stream: Stream { leads, .. }, .. } = self;
        let Some(group) = area.due_group(index).filter(|group| !group.inside.is_empty()) else { return };
        let Some(location) = area.location_of(group) else { return };
        let mut binary = group.inside.iter().filter(|slot| speaks(area, **slot, Encoding::Binary));
        // Nobody needs to be told of itself. Only somebody who alone speaks binary in the cell is
        // left out: for several it is cheaper to encode one frame.
        let alone = binary.next().copied().filter(|_| binary.next().is_none());
        let news = News { area, connections, group, location, full, now: out.now, alone };
        let frame = news.append_frame(group.before(), &mut ticks.entries, out);

        ticks.viewers.clear();
        for slot in &group.inside {
            if let Some(walker) = area.walker(*slot) {
                ticks.viewers.push((area.came_from(*slot), walker.eyes(), *slot));
            }
            if let Some(listener) = ticks.listeners.get_mut(slot) {
                listener.pending = true;
            }
        }
        let (arrived, departed) = area.arrived_and_departed(group);
        let nobody_came_or_went = !group.changed() && arrived.is_empty() && departed.is_empty();
        if nobody_came_or_went && ticks.viewers.iter().all(|(from, ..)| from.is_none()) {
            return leads.share(news.speaking(&ticks.viewers, Encoding::Binary), frame, out);
        }
        ticks.viewers.sort_unstable();
        for alike in ticks.viewers.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            let Some((from, eyes, _)) = alike.first() else { continue };
            let base = from.and_then(|from| area.group(from)).map_or(group.before(), Group::before);
            let start = out.bytes.len();
            news.append_changes(base, *eyes, out);
            let mut bytes = start..out.bytes.len();
            if from.is_some() {
                // To somebody who comes from another cell, more is new than to those who were
                // here.
                bytes.end = news.append_frame(base, &mut ticks.entries, out).end;
            } else if bytes.is_empty() {
                bytes = frame.clone();
            } else {
                out.bytes.extend_from_within(frame.clone());
                bytes.end = out.bytes.len();
            }
            leads.share(news.speaking(alike, Encoding::Binary), bytes, out);
            if news.speaking(alike, Encoding::Json).next().is_some() {
                news.tell_json(base, *eyes, alike, out);
            }
        }
    }

    /// Tells those who speak JSON where their neighbours are, the nearest more often.
    fn tell_listeners(&mut self, out: &mut Outbox) {
        let Self { map: Map { area, ticks, .. }, connections, .. } = self;
        let Ticks { listeners, neighbours, news, listeners_due, .. } = ticks;
        news.clear();
        *listeners_due = None;
        for (slot, listener) in listeners.iter_mut().filter(|(_, listener)| listener.pending) {
            let due = listener.listen(*slot, area, out.now, neighbours, news);
            listener.pending = due.is_some();
            *listeners_due = [*listeners_due, due].into_iter().flatten().min();
        }
        news.sort_unstable();
        for told in news.chunk_by(|one, other| one.0 == other.0) {
            let walker = told.first().and_then(|(slot, _)| area.walker(*slot));
            let Some((walker, player)) = walker.and_then(|walker| Some((walker, player(connections, walker)?)))
            else {
                continue;
            };
            let to: Vec<_> = told.iter().filter_map(|(_, to)| Some(area.walker(*to)?.connection)).collect();
            let position = walker.position(out.now);
            let step = Move::to_position(player.character, position, walker.velocity(out.now));
            out.send_json(to.clone(), &ServerMessage::Move(step));
            out.send_json(to, &ServerMessage::CharacterUpdate(player.seen_at(position)));
        }
    }

    /// Writes the places of those who have moved into their attachments: the hub may sleep now.
    fn save_places(&mut self, out: &mut Outbox) {
        for (id, connection) in &mut self.connections {
            if let Stage::Playing(player) = &mut connection.stage
                && std::mem::take(&mut player.unsaved)
            {
                player.attached = out.now;
                out.push(Effect::Attach(*id));
            }
        }
    }
}

/// How a viewer's sight of somebody has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// It is listed no longer.
    Left,
    /// It is listed now.
    Joined,
    /// It was listed already, as one of those who always are, and is in sight now.
    Seen,
}

/// What a tick has to say in a cell.
struct News<'a> {
    area: &'a Area,
    connections: &'a BTreeMap<ConnectionId, Connection>,
    group: &'a Group,
    location: LocationId,
    full: bool,
    now: Millis,
    /// The only one in the cell who speaks binary.
    alone: Option<u16>,
}

impl News<'_> {
    /// Those among the viewers who speak this encoding, by their slots.
    fn speaking(
        &self,
        viewers: &[(Option<u16>, Eyes, u16)],
        encoding: Encoding,
    ) -> impl Iterator<Item = (u16, ConnectionId)> {
        let walkers = viewers.iter().filter_map(|(.., slot)| Some((*slot, self.area.walker(*slot)?)));
        walkers.filter(move |(_, walker)| walker.hears_in(encoding)).map(|(slot, walker)| (slot, walker.connection))
    }

    /// Appends a position frame. It tells of those in sight who were heard, or who are new to
    /// somebody who has seen `base` so far; a full one also of those who have moved since the
    /// last full one.
    fn append_frame(&self, base: &[u16], entries: &mut Entries, out: &mut Outbox) -> Range<usize> {
        let same = std::ptr::eq(base, self.group.visible.as_slice());
        let is_told = |slot: u16, walker: &Walker| {
            let is_news = walker.heard == self.area.tick()
                || (self.full && walker.recent)
                || (!same && base.binary_search(&slot).is_err());
            is_news && self.alone != Some(slot)
        };
        let players = self.group.visible.iter().filter_map(|slot| {
            let walker = self.area.walker(*slot).filter(|walker| is_told(*slot, walker))?;
            Some((*slot, walker.position(self.now), walker.velocity(self.now)))
        });
        append_frame(&mut out.bytes, entries, self.location, self.group.cell(), self.full, self.now, players)
    }

    /// What is different for those with the same eyes who have seen `base` so far.
    fn changes<'a>(&'a self, base: &'a [u16], eyes: Eyes) -> impl Iterator<Item = (Sight, &'a Walker)> {
        let (arrived, departed) = self.area.arrived_and_departed(self.group);
        let visible = &self.group.visible;
        let always = move |walker: &Walker| is_always_listed(walker, eyes);
        let walkers = |slots| walkers(self.area, slots);
        let gone = walkers(departed).filter(move |(_, walker)| always(walker));
        let unseen =
            walkers(base).filter(move |(slot, walker)| !always(walker) && visible.binary_search(slot).is_err());
        let come = walkers(arrived).filter(move |(_, walker)| always(walker));
        let seen = walkers(visible)
            .filter(move |(slot, walker)| base.binary_search(slot).is_err() && (walker.known || !always(walker)))
            .map(move |(_, walker)| (if always(walker) { Sight::Seen } else { Sight::Joined }, walker));
        let left = gone.chain(unseen).map(|(_, walker)| (Sight::Left, walker));
        left.chain(come.map(|(_, walker)| (Sight::Joined, walker))).chain(seen)
    }

    /// The message that tells of a change. Where only the position is news there is none: the
    /// position frame tells it.
    fn message(&self, sight: Sight, walker: &Walker) -> Option<ServerMessage> {
        match sight {
            Sight::Left => Some(ServerMessage::PlayerLeftArea(PlayerLeftArea {
                character_id: walker.character,
                location_id: self.location,
            })),
            Sight::Joined => player(self.connections, walker).map(|player| {
                ServerMessage::PlayerJoinedArea(PlayerJoinedArea {
                    character_id: player.character,
                    character_name: player.name.clone(),
                    location_id: self.location,
                    position: Some(walker.position(self.now)),
                    faction: Some(player.faction),
                    level: Some(player.level),
                    slot: player.slot,
                })
            }),
            Sight::Seen => None,
        }
    }

    /// Appends what has changed, in binary.
    fn append_changes(&self, base: &[u16], eyes: Eyes, out: &mut Outbox) {
        let alone = self.alone.and_then(|slot| self.area.walker(slot)).map(|walker| walker.connection);
        for (sight, walker) in self.changes(base, eyes).filter(|(_, walker)| Some(walker.connection) != alone) {
            if let Some(message) = self.message(sight, walker) {
                binary::append(&mut out.bytes, &Envelope::at(self.now), &message);
            }
        }
    }

    /// Tells the JSON clients among the viewers what has changed, but nobody of itself.
    fn tell_json(&self, base: &[u16], eyes: Eyes, viewers: &[(Option<u16>, Eyes, u16)], out: &mut Outbox) {
        for (sight, walker) in self.changes(base, eyes) {
            let others = self.speaking(viewers, Encoding::Json).map(|(_, id)| id);
            let others: Vec<_> = others.filter(|id| *id != walker.connection).collect();
            if let Some(message) = self.message(sight, walker) {
                out.send_json(others.clone(), &message);
            }
            let Some(player) = player(self.connections, walker) else { continue };
            if sight != Sight::Left {
                // First-generation clients learn of others by this message alone.
                let update = player.seen_at(walker.position(self.now));
                out.send_json(others, &ServerMessage::CharacterUpdate(update));
            } else if player.motion.location != self.location {
                // First-generation clients list others by location, so they are told where this
                // one has gone.
                let first = |id: &ConnectionId| self.connections.get(id).is_some_and(|one| one.first_generation);
                let to = others.into_iter().filter(first).collect();
                let update = player.seen_at(walker.position(self.now));
                out.send_json(to, &ServerMessage::CharacterUpdate(update));
            }
        }
    }
}

/// Appends a position frame of these players, if there are any.
pub(in crate::hub) fn append_frame(
    bytes: &mut Vec<u8>,
    entries: &mut Entries,
    location_id: LocationId,
    cell: Cell,
    full: bool,
    now: Millis,
    players: impl Iterator<Item = (u16, Vec3, Vec3)>,
) -> Range<usize> {
    let start = bytes.len();
    entries.refill(players, cell.centre());
    if !entries.is_empty() {
        let players = std::mem::take(entries);
        let frame = PositionFrame { location_id, time: FrameTime::of(now), cell, full, players };
        let message = ServerMessage::PositionFrame(frame);
        binary::append(bytes, &Envelope::default(), &message);
        if let ServerMessage::PositionFrame(PositionFrame { players, .. }) = message {
            *entries = players;
        }
    }
    start..bytes.len()
}

fn speaks(area: &Area, slot: u16, encoding: Encoding) -> bool {
    area.walker(slot).is_some_and(|walker| walker.hears_in(encoding))
}

/// Those who have these slots.
fn walkers<'a>(area: &'a Area, slots: &'a [u16]) -> impl Iterator<Item = (u16, &'a Walker)> {
    slots.iter().filter_map(|slot| Some((*slot, area.walker(*slot)?)))
}

/// The player whom a walker is, if it is still in the world.
fn player<'a>(connections: &'a BTreeMap<ConnectionId, Connection>, walker: &Walker) -> Option<&'a Player> {
    let player = connections.get(&walker.connection)?.player()?;
    (player.character == walker.character).then_some(player)
}
