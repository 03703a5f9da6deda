//! How bots walk.

use crate::sent::{Quantised, quantised};
use serde::Deserialize;
use shardlink_shared::{
    entropy::Entropy,
    vector::{UNITS_PER_METRE, Vec3},
};
use std::{collections::VecDeque, f64::consts::TAU};

/// How fast bots walk, in metres a second: every character may walk this fast.
const SPEED: f64 = 6.0;

/// How far from the entrance those of [`Model::Fixed`] walk, in metres on each
/// axis: near enough for all to see all.
const NEAR: f64 = 20.0;

/// How far from the middle waypoints lie, in metres on each axis.
const FAR: f64 = 450.0;

/// Velocities in a row of [`Model::Fixed`] that all differ: as many sends as
/// are remembered.
const DISTINCT: usize = 63;

/// Which way of walking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// Standing, and saying nothing of it.
    Still,
    /// Near the entrance, turning at every step; every step is sent.
    Fixed,
    /// Straight to a random point of the location, and on to the next; the
    /// client's logic decides what is sent.
    Waypoint,
}

/// Where a bot is and how it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// In metres.
    pub position: Vec3,
    /// In metres a second.
    pub velocity: Vec3,
}

/// A bot's walk.
#[derive(Debug)]
pub struct Walk {
    model: Model,
    at: (f64, f64),
    velocity: (f64, f64),
    /// When the waypoint is reached, in microseconds.
    arrives: u64,
    since: u64,
    recent: VecDeque<Quantised>,
}

impl Walk {
    /// A walk from the entrance.
    pub fn new(model: Model) -> Self {
        let (at, velocity) = ((0.0, 0.0), (0.0, 0.0));
        Self { model, at, velocity, arrives: 0, since: 0, recent: VecDeque::new() }
    }

    /// The server knows better where it is.
    pub fn corrected(&mut self, position: Vec3, micros: u64) {
        let [x, y, _] = position.to_metres();
        (self.at, self.velocity, self.arrives, self.since) = ((x, y), (0.0, 0.0), 0, micros);
    }

    /// The next step, at this moment.
    pub fn step(&mut self, micros: u64, entropy: &mut dyn Entropy) -> Option<Step> {
        let seconds = if self.since == 0 { 0.0 } else { micros.saturating_sub(self.since) as f64 / 1e6 };
        self.since = micros;
        if self.model == Model::Still {
            return None;
        }
        self.at = (self.at.0 + self.velocity.0 * seconds, self.at.1 + self.velocity.1 * seconds);
        if self.model == Model::Fixed {
            self.turn(entropy);
        } else if micros >= self.arrives {
            self.next_waypoint(micros, entropy);
        }
        Some(Step { position: vector(self.at)?, velocity: vector(self.velocity)? })
    }

    /// Another direction, a velocity that none of the last sends had.
    fn turn(&mut self, entropy: &mut dyn Entropy) {
        for _ in 0..32 {
            let (angle, speed) = (share(entropy) * TAU, 2.0 + share(entropy) * (SPEED - 2.0));
            let rounded = |n: f64| (n * 10.0).round() / 10.0;
            self.velocity = (rounded(angle.cos() * speed), rounded(angle.sin() * speed));
            // Whoever is at the edge turns back.
            let leads_out = |at: f64, velocity: f64| at.abs() > NEAR && at * velocity > 0.0;
            if leads_out(self.at.0, self.velocity.0) {
                self.velocity.0 = -self.velocity.0;
            }
            if leads_out(self.at.1, self.velocity.1) {
                self.velocity.1 = -self.velocity.1;
            }
            let velocity = quantised(vector(self.velocity).unwrap_or_default());
            if !self.recent.contains(&velocity) {
                self.recent.push_back(velocity);
                break;
            }
        }
        while self.recent.len() > DISTINCT {
            self.recent.pop_front();
        }
    }

    /// Off to another point. The velocity stays as it is until it is reached, as a
    /// player's does who holds a key down.
    fn next_waypoint(&mut self, micros: u64, entropy: &mut dyn Entropy) {
        let mut coordinate = || (share(entropy) * 2.0 - 1.0) * FAR;
        let (x, y) = (coordinate() - self.at.0, coordinate() - self.at.1);
        let far = x.hypot(y).max(1.0);
        // Rounded as it is told, so that who is walked on by it comes to the same place.
        let rounded = |n: f64| (n * UNITS_PER_METRE).round() / UNITS_PER_METRE;
        self.velocity = (rounded(x / far * SPEED), rounded(y / far * SPEED));
        self.arrives = micros + (far / SPEED * 1e6) as u64;
    }
}

/// A number from 0 to 1.
pub fn share(entropy: &mut dyn Entropy) -> f64 {
    f64::from(entropy.below(1 << 24)) / f64::from(1 << 24)
}

fn vector((x, y): (f64, f64)) -> Option<Vec3> {
    Vec3::from_metres(x, y, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::{entropy::Seeded, rules::movement::Motion, time::Millis, world::NEXUS};
    use std::collections::HashSet;

    /// The steps of a walk, each judged by the server's rule.
    fn walk(model: Model, steps: u64, milliseconds: u64) -> Vec<Step> {
        let (mut walk, mut entropy) = (Walk::new(model), Seeded::new(7));
        let mut motion = Motion::entering(NEXUS, Millis(0));
        (1..=steps)
            .map(|n| {
                let step = walk.step(n * milliseconds * 1000, &mut entropy).unwrap();
                motion = motion.step(step.position, step.velocity, SPEED, Millis(n * milliseconds)).unwrap();
                step
            })
            .collect()
    }

    #[test]
    fn of_64_fixed_steps_in_a_row_no_two_have_the_same_velocity() {
        let steps = walk(Model::Fixed, 2_000, 100);
        for window in steps.windows(64) {
            let velocities: HashSet<Quantised> = window.iter().map(|step| quantised(step.velocity)).collect();
            assert_eq!(velocities.len(), 64);
        }
    }

    #[test]
    fn who_walks_fixed_stays_near_the_entrance() {
        let reach =
            walk(Model::Fixed, 5_000, 100).iter().map(|step| step.position.x.abs().max(step.position.y.abs())).max();
        assert!(reach.unwrap() < 2_200, "{reach:?}");
    }

    #[test]
    fn who_walks_by_waypoints_goes_straight_at_full_speed_and_far() {
        let steps = walk(Model::Waypoint, 12_000, 50);
        assert!(steps.iter().all(|step| (step.velocity.length() - SPEED).abs() < 0.02));
        assert!(steps.iter().any(|step| step.position.x.abs() > 20_000));
        // Ten minutes at 6 m/s are 3.6 km, and waypoints lie some 470 m apart.
        let turns = steps.windows(2).filter(|pair| pair[0].velocity != pair[1].velocity).count();
        assert!((4..20).contains(&turns), "{turns}");
    }

    #[test]
    fn who_stands_takes_no_step() {
        assert_eq!(Walk::new(Model::Still).step(1, &mut Seeded::new(1)), None);
    }

    #[test]
    fn who_was_corrected_walks_on_from_there() {
        let (mut walk, mut entropy) = (Walk::new(Model::Waypoint), Seeded::new(3));
        walk.step(1_000_000, &mut entropy);
        walk.corrected(Vec3 { x: 500, y: -500, z: 0 }, 1_050_000);
        let step = walk.step(1_100_000, &mut entropy).unwrap();
        assert!((step.position - Vec3 { x: 500, y: -500, z: 0 }).length() < 0.5);
    }
}
