//! The movement rule: how far a character may have come since its last move.
//!
//! A character earns distance as time passes (its speed, with a tolerance for
//! clocks) and spends it by moving. Unspent distance is kept for
//! [`CREDIT_WINDOW`] seconds, so that moves that the network held back and
//! delivers together are accepted, and nobody is faster than their speed for
//! longer than that.

use crate::{
    ErrorCode,
    ids::LocationId,
    sheet::ENTRANCE,
    time::Millis,
    vector::{UNITS_PER_METRE, Vec3},
    world::{LOCATION_REACH, Location, are_adjacent, find_location},
};
use serde::{Deserialize, Serialize};

/// How much faster than its speed a character may seem, for clocks that drift
/// and positions that are rounded.
pub const TOLERANCE: f64 = 1.1;

/// A character earns distance for at most this many seconds. A client that walks says so at
/// least every 2 s.
pub const CREDIT_WINDOW: f64 = 2.5;

/// A client that walks on unchanged says so at least this often, in milliseconds:
/// within [`CREDIT_WINDOW`].
pub const KEEPALIVE: u64 = 2_000;

/// A character that was heard walking is walked on by dead reckoning for this long, in
/// milliseconds: until the next [`KEEPALIVE`], with a quarter second for the network. After
/// that it counts as standing.
pub const DEAD_RECKONING: u64 = KEEPALIVE + 250;

/// A first position is accepted within this distance of the entrance, in metres.
pub const ENTRANCE_RADIUS: f64 = 5.0;

/// How far above and below the ground a character may be, in metres.
pub const HEIGHT: f64 = 50.0;

/// Where a character is and how far it may go.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Motion {
    /// The location it is in.
    pub location: LocationId,
    /// Its last accepted position.
    pub position: Vec3,
    /// Its last accepted velocity.
    pub velocity: Vec3,
    /// Distance it may still cover, in metres.
    credit: f64,
    /// When the credit was last counted.
    at: Millis,
}

impl Motion {
    /// At the entrance of a location.
    #[must_use]
    pub const fn entering(location: LocationId, now: Millis) -> Self {
        Self { location, position: ENTRANCE, velocity: Vec3::ZERO, credit: ENTRANCE_RADIUS, at: now }
    }

    /// Standing at a known place, and earning distance, since the moment `since`.
    #[must_use]
    pub const fn standing(location: LocationId, position: Vec3, since: Millis) -> Self {
        Self { location, position, velocity: Vec3::ZERO, credit: 0.0, at: since }
    }

    /// When the last step was accepted.
    #[must_use]
    pub const fn since(&self) -> Millis {
        self.at
    }

    /// A step within the location: the motion after it.
    ///
    /// `speed` is the character's highest, in metres a second; the location decides how much of
    /// it counts here ([`highest_speed`]).
    ///
    /// # Errors
    /// MOVE_REJECTED where the position is out of bounds or farther than the character can
    /// have come, or the velocity above its speed. The motion before it stays in force.
    pub fn step(self, position: Vec3, velocity: Vec3, speed: f64, now: Millis) -> Result<Self, ErrorCode> {
        let speed = highest_speed(speed, find_location(self.location));
        let earned = now.since(self.at) as f64 / 1000.0 * speed * TOLERANCE;
        let credit = (self.credit + earned).min(speed * CREDIT_WINDOW).max(self.credit);
        let distance = (position - self.position).length();
        if !in_bounds(position) || distance > credit || velocity.length() > speed * TOLERANCE {
            return Err(ErrorCode::MoveRejected);
        }
        Ok(Self { location: self.location, position, velocity, credit: credit - distance, at: self.at.max(now) })
    }

    /// The motion at a position that is taken as it was told: only its bounds are checked.
    ///
    /// # Errors
    /// MOVE_REJECTED where the position is out of bounds.
    pub fn moved_to(self, position: Vec3, velocity: Vec3, now: Millis) -> Result<Self, ErrorCode> {
        if !in_bounds(position) {
            return Err(ErrorCode::MoveRejected);
        }
        Ok(Self { position, velocity, credit: 0.0, at: self.at.max(now), ..self })
    }

    /// A step to another location: the motion at its entrance.
    ///
    /// # Errors
    /// UNKNOWN_LOCATION, or NOT_ADJACENT where no way leads there from here.
    pub fn travel(self, to: LocationId, now: Millis) -> Result<Self, ErrorCode> {
        if find_location(to).is_none() {
            return Err(ErrorCode::UnknownLocation);
        }
        if !are_adjacent(self.location, to) {
            return Err(ErrorCode::NotAdjacent);
        }
        Ok(Self::entering(to, now))
    }
}

/// How fast a character of this speed may walk in a location, in metres a second.
#[must_use]
pub fn highest_speed(speed: f64, location: Option<&Location>) -> f64 {
    speed * location.map_or(1.0, |location| location.pace)
}

/// Dead reckoning: the place of a character that was at this position `elapsed` milliseconds
/// ago and has walked on since with this velocity, within the location's bounds, and on x and
/// y alone.
#[must_use]
pub fn walked_on(position: Vec3, velocity: Vec3, elapsed: u64) -> Vec3 {
    let reach = (LOCATION_REACH * UNITS_PER_METRE) as i64;
    let on = |from: i32, speed: i32| {
        // Positions and velocities are at most 10^6 and an hour 3.6 * 10^6: no overflow.
        let way = i64::from(speed) * elapsed.min(3_600_000).cast_signed() / 1000;
        (i64::from(from) + way).clamp(-reach, reach) as i32
    };
    Vec3 { x: on(position.x, velocity.x), y: on(position.y, velocity.y), z: position.z }
}

/// Whether a position lies within a location.
#[must_use]
pub fn in_bounds(position: Vec3) -> bool {
    let [x, y, z] = position.to_metres();
    x.abs() <= LOCATION_REACH && y.abs() <= LOCATION_REACH && z.abs() <= HEIGHT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::NEXUS;

    const SPEED: f64 = 6.0;

    fn at(x: f64, y: f64) -> Vec3 {
        Vec3::from_metres(x, y, 0.0).unwrap()
    }

    fn location(id: u64) -> LocationId {
        LocationId::new(id).unwrap()
    }

    #[test]
    fn a_first_position_is_accepted_within_5_metres_of_the_entrance() {
        let motion = Motion::entering(NEXUS, Millis(0));
        assert!(motion.step(at(3.0, -4.0), Vec3::ZERO, SPEED, Millis(0)).is_ok());
        assert_eq!(motion.step(at(5.1, 0.0), Vec3::ZERO, SPEED, Millis(0)), Err(ErrorCode::MoveRejected));
    }

    #[test]
    fn walking_at_full_speed_is_accepted_for_minutes() {
        let mut motion = Motion::entering(NEXUS, Millis(0));
        for tick in 1..=1_600_u64 {
            let x = SPEED * 0.05 * tick as f64;
            motion = motion.step(at(x, 0.0), at(SPEED, 0.0), SPEED, Millis(tick * 50)).unwrap();
        }
        assert_eq!(motion.position, at(480.0, 0.0));
    }

    #[test]
    fn running_twice_as_fast_is_refused_and_the_last_good_state_stands() {
        let mut motion = Motion::standing(NEXUS, Vec3::ZERO, Millis(0));
        let mut accepted = 0.0;
        for tick in 1..=100_u64 {
            let x = motion.position.to_metres()[0] + 2.0 * SPEED * 0.05;
            if let Ok(next) = motion.step(at(x, 0.0), Vec3::ZERO, SPEED, Millis(tick * 50)) {
                motion = next;
                accepted = x;
            }
        }
        assert!(accepted <= SPEED * TOLERANCE * 5.0 + 0.01, "{accepted}");
    }

    #[test]
    fn a_teleport_after_a_long_rest_is_refused() {
        let motion = Motion::standing(NEXUS, Vec3::ZERO, Millis(0));
        let later = Millis(3_600_000);
        assert!(motion.step(at(SPEED * CREDIT_WINDOW + 0.1, 0.0), Vec3::ZERO, SPEED, later).is_err());
        assert!(motion.step(at(SPEED * CREDIT_WINDOW - 0.1, 0.0), Vec3::ZERO, SPEED, later).is_ok());
    }

    #[test]
    fn moves_held_back_for_two_seconds_and_delivered_together_are_accepted() {
        let mut motion = Motion::standing(NEXUS, Vec3::ZERO, Millis(0));
        for step in 1..=40 {
            motion =
                motion.step(at(SPEED * 0.05 * f64::from(step), 0.0), at(SPEED, 0.0), SPEED, Millis(2_000)).unwrap();
        }
    }

    #[test]
    fn the_bounds_of_the_location_hold() {
        let motion = Motion::standing(NEXUS, at(499.5, 0.0), Millis(0));
        assert!(motion.step(at(500.0, 0.0), Vec3::ZERO, SPEED, Millis(1_000)).is_ok());
        assert!(motion.step(at(500.1, 0.0), Vec3::ZERO, SPEED, Millis(1_000)).is_err());
        let up = Vec3::from_metres(499.5, 0.0, 50.1).unwrap();
        assert!(motion.step(up, Vec3::ZERO, 100.0, Millis(1_000)).is_err());
    }

    #[test]
    fn a_velocity_above_the_speed_is_refused() {
        let motion = Motion::standing(NEXUS, Vec3::ZERO, Millis(0));
        assert!(motion.step(Vec3::ZERO, at(6.7, 0.0), SPEED, Millis(50)).is_err());
    }

    #[test]
    fn a_location_says_how_fast_one_walks_in_it() {
        let swamp = Location { pace: 0.5, ..*find_location(NEXUS).unwrap() };
        for (location, expected) in [(Some(&swamp), 3.0), (find_location(NEXUS), 6.0), (None, 6.0)] {
            assert_eq!(highest_speed(SPEED, location), expected);
        }
    }

    #[test]
    fn what_is_not_judged_must_still_be_in_bounds() {
        let motion = Motion::entering(NEXUS, Millis(0));
        let far = motion.moved_to(at(400.0, 0.0), Vec3::ZERO, Millis(1)).unwrap();
        assert_eq!(far.position, at(400.0, 0.0));
        assert!(far.moved_to(at(500.1, 0.0), Vec3::ZERO, Millis(2)).is_err());
    }

    #[test]
    fn one_walks_on_in_a_straight_line_up_to_the_bounds() {
        for (x, speed, elapsed, expected) in [
            (1.0, 6.0, 0, 1.0),
            (1.0, 6.0, 500, 4.0),
            (1.0, -6.0, 2_000, -11.0),
            (499.0, 6.0, 2_000, 500.0),
            (-499.0, -6.0, u64::MAX, -500.0),
            (0.0, 10_000.0, u64::MAX, 500.0),
        ] {
            assert_eq!(walked_on(at(x, 1.0), at(speed, 0.0), elapsed), at(expected, 1.0), "{x} {speed} {elapsed}");
        }
    }

    #[test]
    fn one_travels_through_the_nexus_only() {
        let motion = Motion::entering(NEXUS, Millis(0));
        let volcano = motion.travel(location(2), Millis(1)).unwrap();
        assert_eq!((volcano.location, volcano.position), (location(2), ENTRANCE));
        assert_eq!(volcano.travel(location(3), Millis(2)), Err(ErrorCode::NotAdjacent));
        assert_eq!(volcano.travel(location(2), Millis(2)), Err(ErrorCode::NotAdjacent));
        assert_eq!(volcano.travel(location(99), Millis(2)), Err(ErrorCode::UnknownLocation));
        assert!(volcano.travel(NEXUS, Millis(2)).is_ok());
    }
}
