//! Who is where, and who is seen from where.
//!
//! What is seen belongs to a cell of a location and is the same for everybody in it:
//! those in the cell and its neighbours, and if they are more than the cap, those
//! nearest to its centre. Everything here is a mark until the next tick: the tick
//! chooses anew what is seen from the cells around which somebody has come or gone, and
//! what was seen before is kept until the tick has told the difference. `grid.rs` has the cells
//! and chooses, `walker.rs` has those who are seen.

mod grid;
mod walker;

use self::grid::{Layer, Place};
pub use self::{
    grid::Group,
    walker::{Eyes, Newcomer, Walker, is_always_listed, stopped},
};
use crate::systems::GroupId;
use shardlink_shared::{codec::Encoding, ids::LocationId, rules::interest::Cell, time::Millis, vector::Vec3};

/// All characters of a hub on the grids of their locations.
#[derive(Debug)]
pub struct Area {
    cap: usize,
    /// By slot. Somebody who has left stays here, without a place, until its slot is given out
    /// again, so that the tick can say who has left.
    walkers: Vec<Walker>,
    layers: Vec<Layer>,
    groups: Vec<Group>,
    /// Groups that are free to be used again.
    free: Vec<u16>,
    /// Groups that the next tick has something to say in.
    due: Vec<u16>,
    /// Who was heard since the last tick: a step of theirs was accepted.
    dirty: Vec<u16>,
    /// Who has moved since the last full frame.
    recent: Vec<u16>,
    /// The number of the last tick.
    tick: u64,
    candidates: Vec<u16>,
}

impl Area {
    /// An area with nobody in it. From a cell at most `cap` are seen.
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

    /// Puts somebody into a location. The newcomer is shown what was seen from there at the last
    /// tick; it hears the rest, and the others hear of it, with the next tick.
    pub fn enter(&mut self, slot: u16, newcomer: Newcomer, now: Millis) {
        let layer = self.layer_of(newcomer.location);
        let place = Place { layer, cell: newcomer.cell };
        self.put(slot, &newcomer, place, now);
        // This comes before the newcomer joins the group: at the last tick it was not seen there.
        self.group_at(place);
        self.join(slot, place);
        let Some(layer) = self.layers.get_mut(layer) else { return };
        layer.arrived.push(slot);
        if layer.departed.contains(&slot) {
            // It has gone and come back since the last tick: to those who see it, it has just
            // moved.
            self.mark(slot);
        } else {
            // Those who see it are told where it is anyway, because it is new to them.
            self.mark_recent(slot);
        }
    }

    /// Puts back those who were here before the hub slept: everybody knows of them.
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
            // Nobody has been told of somebody who came after the last tick.
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

    /// From here on somebody is told what it sees, in this encoding, or is not told.
    pub fn tell(&mut self, slot: u16, encoding: Encoding, hears: bool) {
        if let Some(walker) = self.walkers.get_mut(usize::from(slot)) {
            (walker.encoding, walker.hears) = (encoding, hears);
        }
    }

    /// Somebody is in this group from here on, or in none.
    pub fn joins_group(&mut self, slot: u16, group: Option<GroupId>) {
        if let Some(walker) = self.walkers.get_mut(usize::from(slot)) {
            walker.group = group;
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

    /// The number of the group that somebody was in when it was last told what it sees, if it has
    /// come to another cell since.
    #[must_use]
    pub fn came_from(&self, slot: u16) -> Option<u16> {
        let walker = self.walker(slot)?;
        let settled = walker.settled.filter(|settled| Some(*settled) != walker.place)?;
        self.group_number(settled)
    }

    /// Those who are listed to somebody as present, by the last tick: those who are seen from its
    /// cell, and those who are always listed to it.
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

    /// Those who see somebody, by the last tick.
    pub fn seen_by(&self, slot: u16) -> impl Iterator<Item = u16> {
        let place = self.walker(slot).and_then(|walker| walker.place);
        let cells =
            place.into_iter().flat_map(|place| place.cell.neighbours().map(move |cell| Place { cell, ..place }));
        let groups = cells.filter_map(|place| self.group(self.group_number(place)?));
        let sees = move |group: &&Group| group.before().binary_search(&slot).is_ok();
        groups.filter(sees).flat_map(|group| &group.inside).copied().filter(move |other| *other != slot)
    }

    /// Begins a tick: chooses what is seen now, and returns how many groups have
    /// something to be told, for [`Area::due_group`].
    pub fn begin_tick(&mut self, full: bool, now: Millis) -> usize {
        self.stop_the_silent(now);
        self.tick += 1;
        let (dirty, recent) = (std::mem::take(&mut self.dirty), std::mem::take(&mut self.recent));
        // A full frame tells of all who have moved since the last one.
        for slot in dirty.iter().chain(if full { &recent[..] } else { &[] }) {
            if let Some(place) = self.walker(*slot).and_then(|walker| walker.place) {
                self.mark_around(place, false);
            }
        }
        (self.dirty, self.recent) = (dirty, recent);
        // Somebody who is always listed is told of in every cell of its location.
        for number in 0..self.groups.len() as u16 {
            // A free group has nothing to say, and must not be freed again.
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

    /// Stops JSON clients that have been silent for longer than dead reckoning goes on: they
    /// stand where they said they were, and the tick that begins tells of it.
    fn stop_the_silent(&mut self, now: Millis) {
        for index in 0..self.recent.len() {
            let Some(slot) = self.recent.get(index).copied() else { break };
            let Some(walker) = self.walkers.get_mut(usize::from(slot)) else { continue };
            if walker.encoding == Encoding::Json && walker.velocity != Vec3::ZERO && !walker.moves(now) {
                walker.velocity = Vec3::ZERO;
                if walker.place.is_some() {
                    self.mark(slot);
                }
            }
        }
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
            group: one.group,
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
}
