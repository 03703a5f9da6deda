//! Measures the velocity from the positions, for a game that says only those.

use shardlink_shared::{time::Millis, vector::Vec3};

/// A character whose game says only where it is counts as standing once it has been at one
/// place for this long, in milliseconds: a few frames of the slowest games.
pub(super) const STILL: u64 = 150;

/// A velocity is measured over one to two times this, in milliseconds: over three frames at
/// 60 a second the clock's whole milliseconds even out.
const MEASURED_OVER: u64 = 50;

/// Two earlier positions, and when the last step was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    from: (Millis, Vec3),
    next: (Millis, Vec3),
    moved: Millis,
}

impl Measured {
    /// At this position since this moment.
    pub(super) const fn from(position: Vec3, now: Millis) -> Self {
        Self { from: (now, position), next: (now, position), moved: now }
    }

    /// When the character counts as standing, unless the game says another position before.
    pub(super) fn still(self) -> Millis {
        self.moved + STILL
    }

    /// Takes in a position, where the one before it was `last`.
    pub(super) fn take(&mut self, position: Vec3, last: (Millis, Vec3), now: Millis) {
        if position != last.1 {
            // The first step after a rest began with the frame before it, and not when
            // the rest began.
            if now.since(self.moved) >= STILL {
                let since = if now.since(last.0) < STILL { last.0 } else { now };
                *self = Self::from(last.1, since);
            }
            self.moved = now;
        }
        if now.since(self.next.0) >= MEASURED_OVER {
            (self.from, self.next) = (self.next, (now, position));
        }
    }

    /// The velocity, of at most `speed`: two frames that came close together look
    /// like a leap.
    pub(super) fn velocity(&self, position: Vec3, speed: f64, now: Millis) -> Vec3 {
        let (since, from) = self.from;
        let elapsed = now.since(since) as f64 / 1000.0;
        let [x, y, z] = (position - from).to_metres();
        let length = (x * x + y * y + z * z).sqrt();
        if elapsed <= 0.0 || length <= 0.0 {
            return Vec3::ZERO;
        }
        let a_second = 1.0 / elapsed.max(length / speed);
        Vec3::from_metres(x * a_second, y * a_second, z * a_second).unwrap_or_default()
    }
}
