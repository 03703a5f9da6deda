//! Points in metres, for showing: finer than the hundredths of the wire, so that a slow walk at
//! 60 frames a second does not look like steps.

use serde::Serialize;
use shardlink_shared::{codec::table::Wire, vector::Vec3};

/// A point in metres, or a velocity in metres a second.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Wire)]
pub struct Point {
    /// East.
    pub x: f64,
    /// South.
    pub y: f64,
    /// Up.
    pub z: f64,
}

impl Point {
    /// Where something at this point and of this velocity is after some milliseconds.
    #[must_use]
    pub fn after(self, velocity: Self, milliseconds: u64) -> Self {
        let seconds = milliseconds as f64 / 1000.0;
        self.zip(velocity, |at, speed| at + speed * seconds)
    }

    /// The point this share (0 to 1) of the way to another.
    #[must_use]
    pub fn towards(self, other: Self, share: f64) -> Self {
        self.zip(other, |from, to| from + (to - from) * share)
    }

    /// The way from another point to this.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.zip(other, |to, from| to - from)
    }

    /// The point that lies this share of a way further.
    #[must_use]
    pub fn plus(self, way: Self, share: f64) -> Self {
        self.zip(way, |from, way| from + way * share)
    }

    /// The length in metres.
    #[must_use]
    pub fn length(self) -> f64 {
        (self.x * self.x + self.y * self.y + self.z * self.z).sqrt()
    }

    fn zip(self, other: Self, with: impl Fn(f64, f64) -> f64) -> Self {
        Self { x: with(self.x, other.x), y: with(self.y, other.y), z: with(self.z, other.z) }
    }
}

impl From<Vec3> for Point {
    fn from(vector: Vec3) -> Self {
        let [x, y, z] = vector.to_metres();
        Self { x, y, z }
    }
}
