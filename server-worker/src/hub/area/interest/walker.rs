//! Somebody in the world, as the others are told of it.

use super::grid::Place;
use crate::{hub::sockets::connection::ConnectionId, systems::GroupId};
use shardlink_shared::{
    codec::Encoding,
    ids::{CharacterId, LocationId},
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
    /// Its group.
    pub group: Option<GroupId>,
    /// Its last accepted position.
    pub(super) position: Vec3,
    /// Its last accepted velocity.
    pub(super) velocity: Vec3,
    /// When those were told.
    pub(super) told: Millis,
    /// The tick that tells of them.
    pub heard: u64,
    /// Whether it has moved since the last full frame.
    pub recent: bool,
    /// Whether it was in its location at the last tick: those who list it know of it.
    pub known: bool,
    /// Where it is; nowhere once it has left.
    pub(super) place: Option<Place>,
    /// Where it was when it was last told what is seen from there.
    pub(super) settled: Option<Place>,
}

impl Walker {
    /// Where it is at this moment, by dead reckoning.
    #[must_use]
    pub fn position(&self, now: Millis) -> Vec3 {
        if self.velocity == Vec3::ZERO {
            return self.position;
        }
        let elapsed = now.since(self.told);
        if elapsed >= DEAD_RECKONING {
            return stopped(self.encoding, self.position, self.velocity);
        }
        walked_on(self.position, self.velocity, elapsed)
    }

    /// How it moves at this moment: not at all, if it has been silent for too long.
    #[must_use]
    pub fn velocity(&self, now: Millis) -> Vec3 {
        if self.moves(now) { self.velocity } else { Vec3::ZERO }
    }

    /// Whether it moves at this moment.
    #[must_use]
    pub fn moves(&self, now: Millis) -> bool {
        self.velocity != Vec3::ZERO && now.since(self.told) < DEAD_RECKONING
    }

    /// What decides whom it lists without seeing them.
    #[must_use]
    pub const fn eyes(&self) -> Eyes {
        Eyes { faction: self.faction, group: self.group }
    }

    /// Whether it is told what it sees, in this encoding.
    #[must_use]
    pub fn hears_in(&self, encoding: Encoding) -> bool {
        self.hears && self.encoding == encoding
    }
}

/// Where somebody stands who was last heard walking, at this position and velocity, and has been
/// silent for too long. A binary client says so when it stops, so a silent one has walked on
/// until it was lost. A JSON client need not know of dead reckoning: it stands where it said it
/// was.
#[must_use]
pub fn stopped(encoding: Encoding, position: Vec3, velocity: Vec3) -> Vec3 {
    match encoding {
        Encoding::Binary => walked_on(position, velocity, DEAD_RECKONING),
        Encoding::Json => position,
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
    /// Its group.
    pub group: Option<GroupId>,
    /// The location that it comes to.
    pub location: LocationId,
    /// Its position there.
    pub position: Vec3,
    /// The cell that it is seen in.
    pub cell: Cell,
}

/// What decides whom somebody lists as present without seeing them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Eyes {
    /// Its faction.
    pub faction: Faction,
    /// Its group.
    pub group: Option<GroupId>,
}

/// Whether somebody is listed as present to another in the same location, seen or not: so are
/// those of the same faction, and those of the same group.
#[must_use]
pub fn is_always_listed(one: &Walker, to: Eyes) -> bool {
    one.faction == to.faction || (to.group.is_some() && one.group == to.group)
}
