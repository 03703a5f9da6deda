//! The known positions and velocities of one player, and where it is shown by them.
//!
//! A sender is silent while its last velocity leads to within 0.1 m of the truth, and speaks
//! at least every [`KEEPALIVE`](shardlink_shared::rules::movement::KEEPALIVE) while it walks.
//! So a player is walked on along its velocity for that long, and for 250 ms more, because
//! news may be late; after that the connection is in trouble and the player stands.
//! ([`DEAD_RECKONING`] is the sum, and the hub reckons by it too.) Stopping after 250 ms
//! altogether would freeze a player that walks straight on.

use super::News;
use crate::logic::point::Point;
use shardlink_shared::{rules::movement::DEAD_RECKONING, time::Millis, vector::Vec3, world::LOCATION_REACH};
use std::collections::VecDeque;

/// Between two samples a player walks on by the earlier one until this long before the later
/// one, in milliseconds, and straight to the later one from there: what dead reckoning had not
/// foreseen happened only just before the later sample told it.
const TURN: u64 = 250;

/// A shown position eases to where news puts it over this time, in milliseconds.
const EASE: u64 = 150;

/// News this close to what was known already changes nothing, in metres.
const FORESEEN: f64 = 1e-3;

/// A player farther than this from where it is shown leaps there, in metres: no walk leads
/// this far unheard.
const LEAP: f64 = 20.0;

/// Samples kept of a player: those of [`LONGEST_DELAY`](super::LONGEST_DELAY) at 20 Hz,
/// and those around them.
pub(super) const MAX_SAMPLES: usize = 24;

/// How players are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// They are shown as they were this many milliseconds before.
    pub delay: u64,
    /// Whether the game has looked lately: what nobody saw need not be continued.
    pub lately: bool,
}

/// The samples of a player.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// By rising time.
    pub(super) samples: VecDeque<Sample>,
    /// How far the shown position is off the known one, and since when.
    off: Point,
    off_since: Millis,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    at: Millis,
    position: Vec3,
    velocity: Vec3,
}

impl Track {
    /// Whether nothing is known yet.
    pub(super) fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// As it was last told.
    pub(super) fn last_velocity(&self) -> Vec3 {
        self.samples.back().map_or(Vec3::ZERO, |last| last.velocity)
    }

    /// Takes in a sample, after which what is shown goes on from where it was.
    pub(super) fn place(&mut self, position: Vec3, velocity: Vec3, news: News, look: Look) {
        let sample = Sample { at: news.due, position, velocity };
        let shown = news.came - look.delay;
        let knew = (look.lately && !self.samples.is_empty()).then(|| self.known(shown).0);
        // Of two samples of the same time the one that came later counts.
        while self.samples.back().is_some_and(|last| last.at >= sample.at) {
            self.samples.pop_back();
        }
        // Samples before the one that is shown from will not be needed again.
        while self.samples.len() == MAX_SAMPLES || self.samples.get(1).is_some_and(|second| second.at <= shown) {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        let Some(knew) = knew else {
            self.off = Point::default();
            return;
        };
        // News that was foreseen does not disturb an easing that goes on.
        let known = self.known(shown).0;
        if known.minus(knew).length() > FORESEEN {
            let off = self.eased(knew, news.came).minus(known);
            self.off = if off.length() > LEAP { Point::default() } else { off };
            self.off_since = news.came;
        }
    }

    /// Where it is shown at this moment, and its velocity.
    pub(super) fn shown(&self, now: Millis, delay: u64) -> (Point, Point) {
        let (position, velocity) = self.known(now - delay);
        (self.eased(position, now), velocity)
    }

    /// Where a player at this known position is shown.
    fn eased(&self, position: Point, now: Millis) -> Point {
        let eased = now.since(self.off_since);
        if eased >= EASE {
            return position;
        }
        position.plus(self.off, 1.0 - eased as f64 / EASE as f64)
    }

    /// Where it was at this moment, as far as that is known, and its velocity.
    pub(super) fn known(&self, at: Millis) -> (Point, Point) {
        let mut newer: Option<&Sample> = None;
        for sample in self.samples.iter().rev() {
            if sample.at <= at {
                return newer.map_or_else(|| sample.on_at(at), |next| sample.before(next, at));
            }
            newer = Some(sample);
        }
        // Seen for less than the delay: it stands where it was first seen.
        newer.map_or_else(Default::default, |first| (first.position.into(), Point::default()))
    }
}

impl Sample {
    /// Where it is after this sample, when nothing newer is known.
    fn on_at(&self, at: Millis) -> (Point, Point) {
        let beyond = at.since(self.at);
        if beyond > DEAD_RECKONING || self.velocity == Vec3::ZERO {
            return (self.walked_on(beyond), Point::default());
        }
        (self.walked_on(beyond), self.velocity.into())
    }

    /// As [`shardlink_shared::rules::movement::walked_on`], but not rounded to hundredths of a
    /// metre.
    fn walked_on(&self, beyond: u64) -> Point {
        let walked = Point::from(self.position).after(self.velocity.into(), beyond.min(DEAD_RECKONING));
        let within = |n: f64| n.clamp(-LOCATION_REACH, LOCATION_REACH);
        Point { x: within(walked.x), y: within(walked.y), z: walked.z }
    }

    /// Where it is between this sample and the next one.
    fn before(&self, next: &Self, at: Millis) -> (Point, Point) {
        let turn = (next.at - TURN).max(self.at);
        if at <= turn {
            return self.on_at(at);
        }
        let (from, _) = self.on_at(turn);
        let to = Point::from(next.position);
        let span = next.at.since(turn) as f64;
        let velocity = Point::default().plus(to.minus(from), 1000.0 / span);
        (from.towards(to, at.since(turn) as f64 / span), velocity)
    }
}
