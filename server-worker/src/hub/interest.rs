//! Who is where, and who is seen from where.
//!
//! What is seen belongs to a cell of a location and is the same for everybody in it:
//! those in the cell and its neighbours, and if they are more than the cap, those
//! nearest to its centre. Everything here is a mark until the next tick: the tick
//! chooses anew what is seen from the cells around which somebody has come or gone, and
//! what was seen before is kept until it has told the difference.

use super::connection::ConnectionId;
use shardlink_shared::{
    codec::Encoding,
    ids::{CharacterId, LocationId, PartyId},
    rules::{
        interest::Cell,
        movement::{DEAD_RECKONING, walked_on},
    },
    time::Millis,
    vector::Vec3,
    world::Faction,
};

/// A character as its neighbours are told of it.
#[derive(Debug, Clone)]
pub struct Walker {
    /// Its socket.
    pub connection: ConnectionId,
    /// What its socket speaks.
    pub encoding: Encoding,
    /// Whether it is told what it sees.
    pub hears: bool,
    /// Who it is.
    pub character: CharacterId,
    /// Its faction.
    pub faction: Faction,
    /// Its party.
    pub party: Option<PartyId>,
    /// Its last accepted position.
    position: Vec3,
    /// Its last accepted velocity.
    velocity: Vec3,
    /// When those were told.
    told: Millis,
    /// The tick that tells of them.
    pub heard: u64,
    /// Whether it has moved since the last full frame.
    pub recent: bool,
    /// Whether it was in its location at the last tick: those who list it know of it.
    pub known: bool,
    /// Where it is; nowhere once it has left.
    place: Option<Place>,
    /// Where it was when it was last told what is seen from there.
    settled: Option<Place>,
}

impl Walker {
    /// Where it is at this moment, by dead reckoning.
    #[must_use]
    pub fn position(&self, now: Millis) -> Vec3 {
        if self.velocity == Vec3::ZERO {
            return self.position;
        }
        walked_on(self.position, self.velocity, now.since(self.told).min(DEAD_RECKONING))
    }

    /// How it moves at this moment: whoever has been silent for too long stands.
    #[must_use]
    pub fn velocity(&self, now: Millis) -> Vec3 {
        if self.moves(now) { self.velocity } else { Vec3::ZERO }
    }

    /// Whether it moves at this moment.
    #[must_use]
    pub fn moves(&self, now: Millis) -> bool {
        self.velocity != Vec3::ZERO && now.since(self.told) < DEAD_RECKONING
    }
}

/// A cell of a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    layer: usize,
    cell: Cell,
}

/// The cells of a location.
#[derive(Debug)]
struct Layer {
    location: LocationId,
    /// By the cell's number, the number of its group plus one; 0 where nobody is.
    groups: Box<[u16; Cell::COUNT]>,
    /// Who has come into the location since the last tick.
    arrived: Vec<u16>,
    /// Who has left it.
    departed: Vec<u16>,
}

/// Those in a cell, and what they see.
#[derive(Debug)]
pub struct Group {
    place: Place,
    /// Who is in the cell, by slot, in no order.
    pub inside: Vec<u16>,
    /// Who is seen from it, by rising slot.
    pub visible: Vec<u16>,
    /// Who was seen from it before this tick, if that has changed.
    before: Vec<u16>,
    changed: bool,
    /// Whether somebody has come into the neighbourhood or left it.
    stale: bool,
    /// Whether the next tick has something to say here.
    due: bool,
    /// Whether not all of the neighbourhood are seen.
    crowded: bool,
}

impl Group {
    /// Whether somebody came into sight or went out of it with this tick.
    #[must_use]
    pub const fn changed(&self) -> bool {
        self.changed
    }

    /// Who was seen before this tick.
    #[must_use]
    pub fn before(&self) -> &[u16] {
        if self.changed { &self.before } else { &self.visible }
    }

    /// The cell.
    #[must_use]
    pub const fn cell(&self) -> Cell {
        self.place.cell
    }
}

/// All characters of a hub on the grids of their locations.
#[derive(Debug)]
pub struct Area {
    cap: usize,
    /// By slot. Whoever has left stays here, nowhere, until its slot is given out
    /// again, so that the tick can say who has left.
    walkers: Vec<Walker>,
    layers: Vec<Layer>,
    groups: Vec<Group>,
    /// Groups that are free to be used again.
    free: Vec<u16>,
    /// Groups that the next tick has something to say in.
    due: Vec<u16>,
    /// Who was heard since the last tick.
    dirty: Vec<u16>,
    /// Who has moved since the last full frame.
    recent: Vec<u16>,
    /// The number of the last tick.
    tick: u64,
    candidates: Vec<u16>,
}

impl Area {
    /// Nobody is anywhere; from a cell at most `cap` are seen.
    #[must_use]
    pub const fn new(cap: usize) -> Self {
        Self {
            cap,
            walkers: Vec::new(),
            layers: Vec::new(),
            groups: Vec::new(),
            free: Vec::new(),
            due: Vec::new(),
            dirty: Vec::new(),
            recent: Vec::new(),
            tick: 0,
            candidates: Vec::new(),
        }
    }

    /// Puts somebody into a location, who is told what is seen from there as it was at
    /// the last tick; the rest, and the others, are told with the next.
    pub fn enter(&mut self, slot: u16, newcomer: Newcomer, now: Millis) {
        let layer = self.layer_of(newcomer.location);
        let place = Place { layer, cell: newcomer.cell };
        self.put(slot, &newcomer, place, now);
        // Before the newcomer is in the group: what is seen was seen without it.
        self.group_at(place);
        self.join(slot, place);
        let Some(layer) = self.layers.get_mut(layer) else { return };
        layer.arrived.push(slot);
        if layer.departed.contains(&slot) {
            // Gone and back since the last tick: for whoever sees it, it has just moved.
            self.mark(slot);
        } else {
            // Whoever sees it is told where it is, because it is new to them.
            self.mark_recent(slot);
        }
    }

    /// Puts those back who were here before the hub slept: everybody knows of them.
    pub fn restore(&mut self, everybody: impl IntoIterator<Item = (u16, Newcomer)>, now: Millis) {
        for (slot, one) in everybody {
            let place = Place { layer: self.layer_of(one.location), cell: one.cell };
            self.put(slot, &one, place, now);
            self.join(slot, place);
            if let Some(layer) = self.layers.get_mut(place.layer) {
                layer.arrived.push(slot);
            }
        }
        for number in 0..self.groups.len() {
            self.choose(number as u16, false);
        }
        self.settle_groups();
    }

    /// Takes somebody out of its location.
    pub fn leave(&mut self, slot: u16) {
        let Some(place) = self.walkers.get_mut(usize::from(slot)).and_then(|walker| walker.place.take()) else {
            return;
        };
        self.part(slot, place);
        if let Some(layer) = self.layers.get_mut(place.layer) {
            // Of whoever has come since the last tick nobody has been told.
            match layer.arrived.iter().position(|arrived| *arrived == slot) {
                Some(at) => drop(layer.arrived.swap_remove(at)),
                None => layer.departed.push(slot),
            }
        }
    }

    /// Somebody was heard, and the next tick tells of it. Returns the cell that it is
    /// seen in, if it is anywhere.
    pub fn walk(&mut self, slot: u16, position: Vec3, velocity: Vec3, now: Millis) -> Option<Cell> {
        let walker = self.walkers.get_mut(usize::from(slot))?;
        let place = walker.place?;
        (walker.position, walker.velocity, walker.told) = (position, velocity, now);
        let cell = place.cell.after(position);
        if cell != place.cell {
            let next = Place { cell, ..place };
            walker.place = Some(next);
            self.part(slot, place);
            self.group_at(next);
            self.join(slot, next);
        }
        self.mark(slot);
        Some(cell)
    }

    /// Somebody is told what it sees from here on, in this encoding, or is not.
    pub fn tell(&mut self, slot: u16, encoding: Encoding, hears: bool) {
        if let Some(walker) = self.walkers.get_mut(usize::from(slot)) {
            (walker.encoding, walker.hears) = (encoding, hears);
        }
    }

    /// Somebody is in this party from here on, or in none.
    pub fn joins_party(&mut self, slot: u16, party: Option<PartyId>) {
        if let Some(walker) = self.walkers.get_mut(usize::from(slot)) {
            walker.party = party;
        }
    }

    /// Whether somebody was heard, came or left since the last tick.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty() || !self.due.is_empty()
    }

    /// Whether somebody was heard since the last tick.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// Whether somebody has moved since the last full frame.
    #[must_use]
    pub fn has_moved(&self) -> bool {
        !self.recent.is_empty()
    }

    /// Somebody who is here, or whose slot has not been given out again.
    #[must_use]
    pub fn walker(&self, slot: u16) -> Option<&Walker> {
        self.walkers.get(usize::from(slot))
    }

    /// The number of the last tick.
    #[must_use]
    pub const fn tick(&self) -> u64 {
        self.tick
    }

    /// The group that somebody is in.
    #[must_use]
    pub fn group_of(&self, slot: u16) -> Option<&Group> {
        let number = self.group_number(self.walker(slot)?.place?)?;
        self.group(number)
    }

    /// A group.
    #[must_use]
    pub fn group(&self, number: u16) -> Option<&Group> {
        self.groups.get(usize::from(number))
    }

    /// Where a group is.
    #[must_use]
    pub fn location_of(&self, group: &Group) -> Option<LocationId> {
        Some(self.layers.get(group.place.layer)?.location)
    }

    /// Who came into a group's location since the last tick, and who left it.
    #[must_use]
    pub fn arrived_and_departed(&self, group: &Group) -> (&[u16], &[u16]) {
        self.layers.get(group.place.layer).map_or((&[], &[]), |layer| (&layer.arrived, &layer.departed))
    }

    /// What somebody was last told is seen from where it is: by its own cell, or by
    /// the number of the group it has come from since.
    #[must_use]
    pub fn came_from(&self, slot: u16) -> Option<u16> {
        let walker = self.walker(slot)?;
        let settled = walker.settled.filter(|settled| Some(*settled) != walker.place)?;
        self.group_number(settled)
    }

    /// Those who are listed to somebody as present, whom it has been told of with the
    /// last tick: who is seen from its cell, and whoever is always listed.
    pub fn listed_to(&self, slot: u16) -> impl Iterator<Item = &Walker> {
        let viewer = self.walker(slot);
        let place = viewer.and_then(|viewer| viewer.place);
        let eyes = viewer.map(Walker::eyes);
        let seen = self.group_of(slot).map_or(&[][..], Group::before);
        let is_here = move |one: &Walker| one.place.map(|place| place.layer) == place.map(|place| place.layer);
        self.walkers.iter().zip(0_u16..).filter_map(move |(one, other)| {
            let always = || one.known && eyes.is_some_and(|eyes| is_always_listed(one, eyes));
            let listed = other != slot && is_here(one) && (seen.binary_search(&other).is_ok() || always());
            listed.then_some(one)
        })
    }

    /// Begins a tick: chooses what is seen now, and returns how many groups have
    /// something to be told, for [`Area::due_group`].
    pub fn begin_tick(&mut self, full: bool) -> usize {
        self.tick += 1;
        let (dirty, recent) = (std::mem::take(&mut self.dirty), std::mem::take(&mut self.recent));
        // A full frame tells of all who have moved since the last one.
        for slot in dirty.iter().chain(if full { &recent[..] } else { &[] }) {
            if let Some(place) = self.walker(*slot).and_then(|walker| walker.place) {
                self.mark_around(place, false);
            }
        }
        (self.dirty, self.recent) = (dirty, recent);
        // Whoever is always listed is told of in every cell of the location.
        for number in 0..self.groups.len() as u16 {
            // One that is free has nothing to say, and must not be freed again.
            let in_use = |group: &&Group| self.group_number(group.place) == Some(number);
            let Some(group) = self.group(number).filter(in_use) else { continue };
            let (arrived, departed) = self.arrived_and_departed(group);
            if !(arrived.is_empty() && departed.is_empty()) {
                self.mark_group(number, false);
            }
        }
        for index in 0..self.due.len() {
            let Some(number) = self.due.get(index).copied() else { continue };
            if self.group(number).is_some_and(|group| group.stale || (full && group.crowded)) {
                self.choose(number, !full);
            }
        }
        self.due.len()
    }

    /// The group of this index among those that this tick has something to say in.
    #[must_use]
    pub fn due_group(&self, index: usize) -> Option<&Group> {
        self.group(*self.due.get(index)?)
    }

    /// Ends a tick: everybody has been told what is seen now.
    pub fn end_tick(&mut self, full: bool, now: Millis) {
        self.settle_groups();
        self.dirty.clear();
        if full {
            let walkers = &mut self.walkers;
            self.recent.retain(|slot| {
                let Some(walker) = walkers.get_mut(usize::from(*slot)) else { return false };
                walker.recent = walker.place.is_some() && walker.moves(now);
                walker.recent
            });
        }
    }

    fn settle_groups(&mut self) {
        for layer in &mut self.layers {
            layer.departed.clear();
            for slot in layer.arrived.drain(..) {
                if let Some(walker) = self.walkers.get_mut(usize::from(slot)) {
                    walker.known = true;
                }
            }
        }
        while let Some(number) = self.due.pop() {
            let Some(group) = self.groups.get_mut(usize::from(number)) else { continue };
            (group.changed, group.stale, group.due) = (false, false, false);
            for slot in &group.inside {
                if let Some(walker) = self.walkers.get_mut(usize::from(*slot)) {
                    walker.settled = walker.place;
                }
            }
            if group.inside.is_empty() {
                let place = group.place;
                if let Some(entry) =
                    self.layers.get_mut(place.layer).and_then(|l| l.groups.get_mut(place.cell.index()))
                {
                    *entry = 0;
                }
                self.free.push(number);
            }
        }
    }

    fn put(&mut self, slot: u16, one: &Newcomer, place: Place, now: Millis) {
        let walker = Walker {
            connection: one.connection,
            encoding: one.encoding,
            hears: one.hears,
            character: one.character,
            faction: one.faction,
            party: one.party,
            position: one.position,
            velocity: Vec3::ZERO,
            told: now,
            heard: 0,
            known: false,
            recent: self.walker(slot).is_some_and(|before| before.recent),
            place: Some(place),
            settled: Some(place),
        };
        while self.walkers.len() < usize::from(slot) {
            // A slot that nobody holds (after a sleep there may be gaps).
            self.walkers.push(Walker { place: None, settled: None, recent: false, ..walker.clone() });
        }
        match self.walkers.get_mut(usize::from(slot)) {
            Some(entry) => *entry = walker,
            None => self.walkers.push(walker),
        }
    }

    /// Marks somebody as heard since the last tick.
    fn mark(&mut self, slot: u16) {
        let next = self.tick + 1;
        let Some(walker) = self.walkers.get_mut(usize::from(slot)) else { return };
        if walker.heard != next {
            walker.heard = next;
            self.dirty.push(slot);
        }
        self.mark_recent(slot);
    }

    /// Marks somebody as moved since the last full frame.
    fn mark_recent(&mut self, slot: u16) {
        let Some(walker) = self.walkers.get_mut(usize::from(slot)) else { return };
        if !std::mem::replace(&mut walker.recent, true) {
            self.recent.push(slot);
        }
    }

    fn layer_of(&mut self, location: LocationId) -> usize {
        if let Some(layer) = self.layers.iter().position(|layer| layer.location == location) {
            return layer;
        }
        let groups = Box::new([0; Cell::COUNT]);
        self.layers.push(Layer { location, groups, arrived: Vec::new(), departed: Vec::new() });
        self.layers.len() - 1
    }

    fn group_number(&self, place: Place) -> Option<u16> {
        self.layers.get(place.layer)?.groups.get(place.cell.index())?.checked_sub(1)
    }

    /// The number of a place's group, which is made if there is none: with what is
    /// seen from there as everybody knew it at the last tick.
    fn group_at(&mut self, place: Place) -> u16 {
        if let Some(number) = self.group_number(place) {
            return number;
        }
        let fresh = Group {
            place,
            inside: Vec::new(),
            visible: Vec::new(),
            before: Vec::new(),
            changed: false,
            stale: false,
            due: false,
            crowded: false,
        };
        let number = match self.free.pop() {
            Some(number) => {
                if let Some(group) = self.groups.get_mut(usize::from(number)) {
                    group.place = place;
                    group.visible.clear();
                }
                number
            }
            None => {
                self.groups.push(fresh);
                (self.groups.len() - 1) as u16
            }
        };
        if let Some(entry) = self.layers.get_mut(place.layer).and_then(|l| l.groups.get_mut(place.cell.index())) {
            *entry = number + 1;
        }
        self.choose(number, false);
        if let Some(group) = self.groups.get_mut(usize::from(number)) {
            let walkers = &self.walkers;
            group.visible.retain(|slot| walkers.get(usize::from(*slot)).is_some_and(|walker| walker.known));
            group.changed = false;
        }
        number
    }

    fn join(&mut self, slot: u16, place: Place) {
        let number = self.group_at(place);
        if let Some(group) = self.groups.get_mut(usize::from(number)) {
            group.inside.push(slot);
        }
        self.mark_around(place, true);
    }

    fn part(&mut self, slot: u16, place: Place) {
        let group = self.group_number(place).and_then(|number| self.groups.get_mut(usize::from(number)));
        if let Some(group) = group
            && let Some(at) = group.inside.iter().position(|inside| *inside == slot)
        {
            group.inside.swap_remove(at);
        }
        self.mark_around(place, true);
    }

    /// The next tick has something to say to those around a place: somebody moved
    /// there, or (`stale`) came or left.
    fn mark_around(&mut self, place: Place, stale: bool) {
        for cell in place.cell.neighbours() {
            if let Some(number) = self.group_number(Place { cell, ..place }) {
                self.mark_group(number, stale);
            }
        }
    }

    fn mark_group(&mut self, number: u16, stale: bool) {
        let Some(group) = self.groups.get_mut(usize::from(number)) else { return };
        group.stale |= stale;
        if !group.due {
            group.due = true;
            self.due.push(number);
        }
    }

    /// Chooses who is seen from a group's cell. If they are more than the cap, with
    /// `keep` those stay in sight who are, so that it does not flicker with every step.
    fn choose(&mut self, number: u16, keep: bool) {
        let Some(place) = self.group(number).map(|group| group.place) else { return };
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.clear();
        for cell in place.cell.neighbours() {
            let group = self.group_number(Place { cell, ..place }).and_then(|number| self.group(number));
            candidates.extend(group.iter().flat_map(|group| &group.inside));
        }
        let crowded = candidates.len() > self.cap;
        if crowded {
            let seen = self.group(number).map_or(&[][..], |group| &group.visible);
            let centre = place.cell.centre();
            let distance = |slot: u16| {
                let off = self.walker(slot).map_or(Vec3::ZERO, |walker| walker.position) - centre;
                i64::from(off.x).pow(2) + i64::from(off.y).pow(2)
            };
            let rank = |slot: &u16| (!(keep && seen.binary_search(slot).is_ok()), distance(*slot), *slot);
            candidates.select_nth_unstable_by_key(self.cap, rank);
            candidates.truncate(self.cap);
        }
        candidates.sort_unstable();
        if let Some(group) = self.groups.get_mut(usize::from(number)) {
            group.crowded = crowded;
            if group.visible != candidates {
                group.before.clone_from(&group.visible);
                group.visible.clone_from(&candidates);
                group.changed = true;
            }
        }
        self.candidates = candidates;
    }
}

impl Walker {
    /// Whom it lists without seeing them.
    #[must_use]
    pub const fn eyes(&self) -> Eyes {
        Eyes { faction: self.faction, party: self.party }
    }

    /// Whether it is told what it sees, in this encoding.
    #[must_use]
    pub fn hears_in(&self, encoding: Encoding) -> bool {
        self.hears && self.encoding == encoding
    }
}

/// Somebody who comes into a location.
#[derive(Debug, Clone, Copy)]
pub struct Newcomer {
    /// Its socket.
    pub connection: ConnectionId,
    /// What its socket speaks.
    pub encoding: Encoding,
    /// Whether it is told what it sees.
    pub hears: bool,
    /// Who it is.
    pub character: CharacterId,
    /// Its faction.
    pub faction: Faction,
    /// Its party.
    pub party: Option<PartyId>,
    /// Where it comes to.
    pub location: LocationId,
    /// Where in it.
    pub position: Vec3,
    /// The cell that it is seen in.
    pub cell: Cell,
}

/// What decides whom somebody lists as present without seeing them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Eyes {
    /// Its faction.
    pub faction: Faction,
    /// Its party.
    pub party: Option<PartyId>,
}

/// Whether somebody in the same location is listed as present to others whether they see
/// it or not: to those of its faction, and to those of its party.
#[must_use]
pub fn is_always_listed(one: &Walker, to: Eyes) -> bool {
    one.faction == to.faction || (to.party.is_some() && one.party == to.party)
}
