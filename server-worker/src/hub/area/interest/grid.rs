//! The cells of the locations: who is in each, who is seen from it, and where the next
//! tick has something to say.

use super::Area;
use shardlink_shared::{ids::LocationId, rules::interest::Cell, vector::Vec3};

/// A cell of a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) layer: usize,
    pub(super) cell: Cell,
}

/// The cells of a location.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) location: LocationId,
    /// For each cell, by its number: the number of its group plus one, or 0 if it has no group.
    pub(super) groups: Box<[u16; Cell::COUNT]>,
    /// Who has come into the location since the last tick.
    pub(super) arrived: Vec<u16>,
    /// Who has left it.
    pub(super) departed: Vec<u16>,
}

/// Those in a cell, and what they see.
#[derive(Debug)]
pub struct Group {
    pub(super) place: Place,
    /// Who is in the cell, by slot, in no order.
    pub inside: Vec<u16>,
    /// Who is seen from it, by rising slot.
    pub visible: Vec<u16>,
    /// Who was seen from it before this tick, if that has changed.
    pub(super) before: Vec<u16>,
    pub(super) changed: bool,
    /// Whether somebody has come into the neighbourhood or left it.
    pub(super) stale: bool,
    /// Whether the next tick has something to say here.
    pub(super) due: bool,
    /// Whether not all of the neighbourhood are seen.
    pub(super) crowded: bool,
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

impl Area {
    pub(super) fn layer_of(&mut self, location: LocationId) -> usize {
        if let Some(layer) = self.layers.iter().position(|layer| layer.location == location) {
            return layer;
        }
        let groups = Box::new([0; Cell::COUNT]);
        self.layers.push(Layer { location, groups, arrived: Vec::new(), departed: Vec::new() });
        self.layers.len() - 1
    }

    pub(super) fn group_number(&self, place: Place) -> Option<u16> {
        self.layers.get(place.layer)?.groups.get(place.cell.index())?.checked_sub(1)
    }

    /// The number of a place's group. If there is none it is made, and sees only those whom
    /// everybody knew of at the last tick.
    pub(super) fn group_at(&mut self, place: Place) -> u16 {
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

    pub(super) fn join(&mut self, slot: u16, place: Place) {
        let number = self.group_at(place);
        if let Some(group) = self.groups.get_mut(usize::from(number)) {
            group.inside.push(slot);
        }
        self.mark_around(place, true);
    }

    pub(super) fn part(&mut self, slot: u16, place: Place) {
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
    pub(super) fn mark_around(&mut self, place: Place, stale: bool) {
        for cell in place.cell.neighbours() {
            if let Some(number) = self.group_number(Place { cell, ..place }) {
                self.mark_group(number, stale);
            }
        }
    }

    pub(super) fn mark_group(&mut self, number: u16, stale: bool) {
        let Some(group) = self.groups.get_mut(usize::from(number)) else { return };
        group.stale |= stale;
        if !group.due {
            group.due = true;
            self.due.push(number);
        }
    }

    /// Chooses who is seen from a group's cell. If there are more than the cap, `keep` has those
    /// who are in sight stay in sight, so that it does not flicker with every step.
    pub(super) fn choose(&mut self, number: u16, keep: bool) {
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
