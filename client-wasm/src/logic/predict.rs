//! The player's own motion: shown at once, and told to the server by the same rule that the
//! server judges it with.
//!
//! Other clients walk the character on by the velocity that was last told (dead reckoning).
//! So the client tells nothing while that leads to within [`TOLERATED`] of the truth. It
//! always tells a stop, and it repeats an unchanged walk every [`KEEPALIVE`]. It tells only
//! what the hub's frames can hold, so that all sides reckon with the same numbers.

mod measured;

use self::measured::Measured;
use super::{
    point::Point,
    reconcile::{Sent, Standing},
};
use shardlink_shared::{
    codec::snapshot::quantised,
    ids::LocationId,
    protocol::movement::{OwnMove, PositionCorrection},
    rules::movement::{DEAD_RECKONING, HEIGHT, KEEPALIVE, Motion, highest_speed, walked_on},
    time::Millis,
    vector::Vec3,
    world::{LOCATION_REACH, find_location},
};

/// Between two moves, in milliseconds, if the server sets no slower pace: the
/// contract's 20 a second.
pub const INTERVAL: u64 = 50;

/// Dead reckoning may be off the truth by this much, in metres.
pub const TOLERATED: f64 = 0.1;

/// What has become of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is to be sent.
    Send(OwnMove),
    /// The server would refuse it: the character stands here instead.
    Refused(PositionCorrection),
}

/// The player's own character in its location.
#[derive(Debug)]
pub struct Predict {
    /// The last state the server was told, as its rule accepted it.
    told: Motion,
    told_at: Option<Millis>,
    /// The steps that the server may not have judged yet.
    sent: Sent,
    /// The newest state, told or not.
    position: Vec3,
    velocity: Vec3,
    at: Millis,
    /// Set while the game says where it is and not how it moves.
    measured: Option<Measured>,
    speed: f64,
    interval: u64,
    last_seq: u32,
    held: bool,
    away: bool,
    /// Whether the server may believe something else than it was told.
    unsure: bool,
}

impl Predict {
    /// At the entrance of a location; `speed` is the character's walking
    /// speed, in metres a second.
    #[must_use]
    pub const fn entering(location: LocationId, speed: f64, now: Millis) -> Self {
        Self::from(Motion::entering(location, now), speed, now)
    }

    const fn from(told: Motion, speed: f64, now: Millis) -> Self {
        Self {
            told,
            told_at: None,
            sent: Sent::nothing_since(told),
            position: told.position,
            velocity: told.velocity,
            at: now,
            measured: None,
            speed,
            interval: INTERVAL,
            last_seq: 0,
            held: false,
            away: false,
            unsure: false,
        }
    }

    /// A snapshot of a location came. The character enters another location at its entrance.
    /// In the same one (the connection was lost) it stands where it was; the client says so,
    /// and the server corrects that if it knows otherwise.
    pub fn arrive(&mut self, location: LocationId, now: Millis) {
        self.held = false;
        if location == self.told.location {
            (self.position, self.velocity) = (self.position_at(now).0, Vec3::ZERO);
            (self.at, self.unsure, self.measured) = (now, true, None);
            self.sent = Sent::nothing_since(self.told);
        } else {
            let arrived = Self::from(Motion::entering(location, now), self.speed, now);
            *self = Self { last_seq: self.last_seq, interval: self.interval, away: self.away, ..arrived };
        }
    }

    /// Sets whether steps are ignored: on the way to another location they would arrive in
    /// the wrong one.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Sets whether the connection is lost: the game's steps are then taken in, and the newest
    /// is told later.
    pub fn set_away(&mut self, away: bool) {
        self.away = away;
    }

    /// The server says how many moves a second it takes at most.
    pub fn pace(&mut self, a_second: u8) {
        self.interval = INTERVAL.max(1_000_u64.div_ceil(u64::from(a_second.max(1))));
    }

    /// The location that the character is in.
    #[must_use]
    pub const fn location(&self) -> LocationId {
        self.told.location
    }

    /// How fast the character may walk here, in metres a second.
    #[must_use]
    pub fn speed(&self) -> f64 {
        highest_speed(self.speed, find_location(self.told.location))
    }

    /// Where the character is, in metres.
    #[must_use]
    pub fn shown(&self, now: Millis) -> Point {
        if self.measured.is_some() {
            return self.position.into();
        }
        let ahead = Point::from(self.position).after(self.velocity.into(), now.since(self.at));
        let within = |n: f64, reach: f64| n.clamp(-reach, reach);
        Point { x: within(ahead.x, LOCATION_REACH), y: within(ahead.y, LOCATION_REACH), z: within(ahead.z, HEIGHT) }
    }

    /// The game says where its character is and how it moves.
    pub fn walk(&mut self, position: Vec3, velocity: Vec3, now: Millis) -> Option<Step> {
        if self.held {
            return None;
        }
        (self.position, self.velocity, self.at, self.measured) = (position, velocity, now, None);
        self.tell(true, now)
    }

    /// The game says where its character is, and the client measures how it moves.
    pub fn walk_to(&mut self, position: Vec3, now: Millis) -> Option<Step> {
        if self.held {
            return None;
        }
        let mut measured = self.measured.unwrap_or_else(|| Measured::from(self.position, now));
        measured.take(position, (self.at, self.position), now);
        self.velocity = measured.velocity(position, self.speed(), now);
        (self.position, self.at, self.measured) = (position, now, Some(measured));
        self.tell(true, now)
    }

    /// Nobody is steering any more: the character stands where it is.
    pub fn stop(&mut self, now: Millis) -> Option<Step> {
        if self.velocity == Vec3::ZERO {
            return None;
        }
        let (position, _) = self.position_at(now);
        self.walk(position, Vec3::ZERO, now)
    }

    /// Sends what is due.
    pub fn poll(&mut self, now: Millis) -> Option<Step> {
        self.tell(self.measured.is_none(), now)
    }

    /// When [`Self::poll`] has something to do.
    #[must_use]
    pub fn due(&self) -> Option<Millis> {
        self.next(self.measured.is_none())
    }

    /// The server corrects the character's position. Answers where the character stands now,
    /// which is told to the server at once; `None` if it knew that already.
    pub fn correct(&mut self, correction: &PositionCorrection, now: Millis) -> Option<PositionCorrection> {
        let (position, _) = self.position_at(now);
        let Standing { judged_from, position, goes_on } = self.sent.correct(correction, position, self.speed, now)?;
        let velocity = if goes_on { self.velocity } else { Vec3::ZERO };
        (self.told, self.unsure) = (judged_from, true);
        (self.position, self.velocity, self.at) = (position, velocity, now);
        // The game goes on from here. The jump to here was no walk, so it is not measured.
        self.measured = self.measured.map(|_| Measured::from(position, now));
        Some(PositionCorrection { client_seq: correction.client_seq, position, velocity })
    }

    /// When something is to be told. Without `steered` the newest state may be a frame old and
    /// its velocity is only measured, so nothing is told of a walk before the next frame.
    fn next(&self, steered: bool) -> Option<Millis> {
        if self.held || self.away {
            return None;
        }
        let earliest = self.told_at.map_or(self.at, |told_at| told_at + self.interval);
        let moves = self.velocity != Vec3::ZERO;
        let told = (self.told.position, self.told.velocity);
        if self.unsure || (!moves && (self.position, self.velocity) != told) {
            return Some(earliest);
        }
        if !moves {
            return None;
        }
        let still = self.measured.map(Measured::still);
        if !steered {
            return still;
        }
        let keepalive = self.told_at.map_or(self.at, |told_at| told_at + KEEPALIVE);
        let due = earliest.max(self.strays().map_or(keepalive, |strays| strays.min(keepalive)));
        Some(still.map_or(due, |still| still.min(due)))
    }

    /// When dead reckoning from what was told will be too far off the newest state, if that
    /// goes on as it is: the time t where |gap + drift t| = [`TOLERATED`].
    fn strays(&self) -> Option<Millis> {
        let gap = self.position - self.reckoned(self.at);
        if gap.length() > TOLERATED {
            return Some(self.at);
        }
        let (gap, drift) = (gap.to_metres(), (self.velocity - self.told.velocity).to_metres());
        let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (a, b, c) = (dot(drift, drift), dot(gap, drift), dot(gap, gap) - TOLERATED * TOLERATED);
        if a <= 0.0 {
            return None;
        }
        let seconds = ((b * b - a * c).max(0.0).sqrt() - b) / a;
        // A millisecond later it is too far.
        Some(self.at + (seconds * 1000.0) as u64 + 1)
    }

    /// Where other clients take the character to be.
    fn reckoned(&self, now: Millis) -> Vec3 {
        let elapsed = self.told_at.map_or(0, |told_at| now.since(told_at));
        walked_on(self.told.position, self.told.velocity, elapsed.min(DEAD_RECKONING))
    }

    fn tell(&mut self, steered: bool, now: Millis) -> Option<Step> {
        if self.measured.is_some_and(|measured| now >= measured.still()) {
            self.velocity = Vec3::ZERO;
        }
        if self.next(steered).is_none_or(|due| now < due) {
            return None;
        }
        (self.position, self.velocity) = self.position_at(now);
        (self.at, self.unsure) = (now, false);
        self.last_seq = self.last_seq.wrapping_add(1);
        let client_seq = self.last_seq;
        match self.told.step(self.position, quantised(self.velocity), self.speed, now) {
            Ok(motion) => {
                (self.told, self.told_at) = (motion, Some(now));
                self.sent.push(client_seq, motion, now);
                Some(Step::Send(OwnMove { client_seq, position: motion.position, velocity: motion.velocity }))
            }
            Err(_) => {
                // The character stands where all others believe it to be.
                let position = self.reckoned(now);
                (self.position, self.velocity, self.measured) = (position, Vec3::ZERO, None);
                Some(Step::Refused(PositionCorrection { client_seq, position, velocity: Vec3::ZERO }))
            }
        }
    }

    /// Position and velocity at this moment. A character that has walked to the end of the
    /// location stands there.
    fn position_at(&self, now: Millis) -> (Vec3, Vec3) {
        if self.measured.is_some() {
            return (self.position, self.velocity);
        }
        let shown = self.shown(now);
        let free = Point::from(self.position).after(self.velocity.into(), now.since(self.at));
        let velocity = if shown == free { self.velocity } else { Vec3::ZERO };
        (Vec3::from_metres(shown.x, shown.y, shown.z).unwrap_or(self.position), velocity)
    }
}

#[cfg(test)]
mod tests;
