//! A client and the server's rule over a link with delays, in virtual time.

use super::*;
use crate::logic::predict::{Predict, Step};
use shardlink_shared::{
    entropy::{Entropy, Seeded},
    protocol::movement::OwnMove,
    world::NEXUS,
};

const SPEED: f64 = 6.0;
const START: Millis = Millis(1_000_000);

fn at(x: f64) -> Vec3 {
    Vec3::from_metres(x, 0.0, 0.0).unwrap()
}

/// One direction of a connection: packets arrive late and in order. A lost packet arrives once
/// it has been sent again, and everything behind it waits for it.
struct Way<T> {
    packets: VecDeque<(Millis, T)>,
    latency: u64,
    jitter: u32,
    loss_in_100: u32,
}

impl<T> Way<T> {
    fn new((latency, jitter, loss_in_100): (u64, u32, u32)) -> Self {
        Self { packets: VecDeque::new(), latency, jitter, loss_in_100 }
    }

    fn send(&mut self, packet: T, now: Millis, entropy: &mut Seeded) {
        let lost = entropy.below(100) < self.loss_in_100;
        let resent = if lost { (2 * self.latency).clamp(100, 250) } else { 0 };
        let arrival = now + self.latency + u64::from(entropy.below(self.jitter + 1)) + resent;
        let last = self.packets.back().map_or(arrival, |(last, _)| *last);
        self.packets.push_back((arrival.max(last), packet));
    }

    fn arrived(&mut self, now: Millis) -> Option<T> {
        if self.packets.front()?.0 > now {
            return None;
        }
        self.packets.pop_front().map(|(_, packet)| packet)
    }
}

/// A walker, its client, and the server that judges it; a step is a millisecond.
struct World {
    now: Millis,
    entropy: Seeded,
    client: Predict,
    server: Motion,
    up: Way<OwnMove>,
    down: Way<PositionCorrection>,
    /// What the game believes, and whether it says how it moves.
    position: [f64; 2],
    heading: f64,
    speed: f64,
    says_velocity: bool,
    corrections: u32,
    refusals: u32,
    last_correction: Millis,
    last_accepted: Option<(Millis, OwnMove)>,
}

impl World {
    fn new(seed: u64, way: (u64, u32, u32)) -> Self {
        Self {
            now: START,
            entropy: Seeded::new(seed),
            client: Predict::entering(NEXUS, SPEED, START + way.0),
            server: Motion::entering(NEXUS, START),
            up: Way::new(way),
            down: Way::new(way),
            position: [0.0, 0.0],
            heading: 0.0,
            speed: SPEED,
            says_velocity: true,
            corrections: 0,
            refusals: 0,
            last_correction: Millis(0),
            last_accepted: None,
        }
    }

    fn place(&self) -> Vec3 {
        Vec3::from_metres(self.position[0], self.position[1], 0.0).unwrap()
    }

    /// A frame of the game: `turn` says by how much it turns, or that it stands.
    fn frame(&mut self, seconds: f64, turn: Option<f64>) {
        let velocity = turn.map_or([0.0, 0.0], |turn| {
            self.heading += turn;
            [self.speed * self.heading.cos(), self.speed * self.heading.sin()]
        });
        self.position = [self.position[0] + velocity[0] * seconds, self.position[1] + velocity[1] * seconds];
        let (place, now) = (self.place(), self.now);
        let velocity = Vec3::from_metres(velocity[0], velocity[1], 0.0).unwrap();
        let step =
            if self.says_velocity { self.client.walk(place, velocity, now) } else { self.client.walk_to(place, now) };
        self.take(step);
    }

    fn take(&mut self, step: Option<Step>) {
        match step {
            None => {}
            Some(Step::Send(own_move)) => self.up.send(own_move, self.now, &mut self.entropy),
            Some(Step::Refused(correction)) => {
                self.refusals += 1;
                self.stand(&correction);
            }
        }
    }

    fn stand(&mut self, correction: &PositionCorrection) {
        let [x, y, _] = correction.position.to_metres();
        self.position = [x, y];
    }

    /// Lets a millisecond pass.
    fn pass(&mut self) {
        self.now = self.now + 1;
        while let Some(own_move) = self.up.arrived(self.now) {
            match self.server.step(own_move.position, own_move.velocity, SPEED, self.now) {
                Ok(motion) => {
                    self.server = motion;
                    self.last_accepted = Some((self.now, own_move));
                }
                Err(_) => {
                    let Motion { position, velocity, .. } = self.server;
                    let correction = PositionCorrection { client_seq: own_move.client_seq, position, velocity };
                    self.down.send(correction, self.now, &mut self.entropy);
                }
            }
        }
        while let Some(correction) = self.down.arrived(self.now) {
            if let Some(standing) = self.client.correct(&correction, self.now) {
                self.corrections += 1;
                self.last_correction = self.now;
                self.stand(&standing);
            }
        }
        if self.client.due().is_some_and(|due| due <= self.now) {
            let step = self.client.poll(self.now);
            self.take(step);
        }
    }

    /// Walks about for some seconds, as a player does: straight on, in curves, turning round,
    /// standing; in frames that take as long as frames do.
    fn play(&mut self, seconds: u64) {
        let end = self.now + 1000 * seconds;
        let (mut next, mut before) = (self.now, self.now);
        let (mut mood, mut mood_ends) = (0, self.now);
        while self.now < end {
            if self.now >= mood_ends {
                mood = self.entropy.below(5);
                mood_ends = self.now + u64::from(self.entropy.below(4_000));
                if mood == 3 {
                    self.heading += 2.0;
                }
            }
            if self.now >= next {
                let seconds = self.now.since(before) as f64 / 1000.0;
                let far = self.position[0].hypot(self.position[1]) > 400.0;
                if far {
                    self.heading = (-self.position[1]).atan2(-self.position[0]);
                }
                let turn = match mood {
                    0 => None,
                    1 => Some(seconds * 1.5),
                    2 => Some(seconds * -4.0),
                    _ => Some(0.0),
                };
                self.frame(seconds, if far { Some(0.0) } else { turn });
                before = self.now;
                next = self.now + 16 + u64::from(self.entropy.below(10) / 8 * 30);
            }
            self.pass();
        }
    }

    /// Stands still until everything has come that was on its way.
    fn settle(&mut self, milliseconds: u64) {
        self.frame(0.0, None);
        for _ in 0..milliseconds {
            self.pass();
        }
    }
}

#[test]
fn an_honest_walker_is_never_corrected_whatever_the_latency_and_the_jitter() {
    for seed in 0..40 {
        for way in [(0, 0, 0), (0, 300, 0), (20, 40, 1), (150, 150, 2), (300, 0, 0), (300, 300, 0)] {
            let mut world = World::new(seed, way);
            world.says_velocity = seed % 2 == 0;
            world.play(40);
            assert_eq!((world.corrections, world.refusals), (0, 0), "seed {seed}, way {way:?}");
            world.settle(2_000);
            assert!((world.server.position - world.place()).length() < 0.1, "seed {seed}, way {way:?}");
        }
    }
}

#[test]
fn after_a_correction_both_sides_agree_within_a_round_trip() {
    let (mut corrected, mut again) = (0, 0);
    for seed in 0..40 {
        for way in [(0, 0, 0), (20, 40, 0), (100, 100, 2), (300, 0, 0), (300, 300, 1)] {
            let mut world = World::new(seed, way);
            world.says_velocity = seed % 2 == 0;
            for round in 0..6 {
                world.play(4);
                // The server knows otherwise: it woke with an older state, or put the character
                // somewhere else.
                let put = match round % 3 {
                    0 => world.server.position + Vec3 { x: 900, y: -700, z: 0 },
                    1 => world.server.position + Vec3 { x: -3_000, y: 0, z: 0 },
                    _ => at(0.0),
                };
                let before = world.corrections;
                world.server = Motion::standing(NEXUS, put, world.now);
                // The character walks on, and its client learns of this from the next move.
                let turn = Some(if seed % 3 == 0 { 0.0 } else { 0.04 });
                let mut frame = 0;
                while world.corrections == before && frame < 200 {
                    frame += 1;
                    world.frame(0.016, turn);
                    for _ in 0..16 {
                        world.pass();
                    }
                }
                if world.corrections == before {
                    continue;
                }
                corrected += 1;
                // Then it goes on walking for a round trip and the time between two moves.
                let round_trip = 2 * (way.0 + u64::from(way.1)) + if way.2 == 0 { 0 } else { 500 };
                // (How much the server had credited was not known: it may accept moves that
                // were on their way and were given up here, and then it corrects once more.)
                while world.now < world.last_correction + round_trip + 100 {
                    world.frame(0.016, turn);
                    for _ in 0..16 {
                        world.pass();
                    }
                }
                let (heard, last) = world.last_accepted.clone().unwrap();
                assert!(heard > world.last_correction, "seed {seed}, way {way:?}, round {round}");
                assert_eq!(world.server.position, last.position);
                let many = world.corrections - before;
                again += u32::from(many > 1);
                assert!(many <= 6, "{many} corrections, seed {seed}, way {way:?}, round {round}");
                // A game that does not say how its character moves is seen to stand a little
                // later.
                world.settle(round_trip + 300);
                let apart = (world.server.position - world.place()).length();
                assert!(apart < 0.1, "{apart} m apart, seed {seed}, way {way:?}, round {round}");
            }
        }
    }
    assert!(corrected > 500 && again * 10 < corrected, "{again} of {corrected}");
}

#[test]
fn who_runs_into_the_rule_agrees_with_the_server_in_the_end() {
    for seed in 0..40 {
        for way in [(20, 40, 0), (150, 150, 1), (300, 300, 0)] {
            let mut world = World::new(seed, way);
            world.speed = SPEED * 1.6;
            world.says_velocity = false;
            world.play(30);
            world.settle(3_000);
            let apart = (world.server.position - world.place()).length();
            assert!(apart < 0.1, "{apart} m apart, seed {seed}, way {way:?}");
        }
    }
}

/// Ten moves of 0.3 m, 50 ms apart.
fn ten_moves() -> Sent {
    let mut motion = Motion::entering(NEXUS, START);
    let mut sent = Sent::nothing_since(motion);
    for step in 1..=10_u32 {
        let now = START + 50 * u64::from(step);
        motion = motion.step(at(0.3 * f64::from(step)), at(SPEED), SPEED, now).unwrap();
        sent.push(step, motion, now);
    }
    sent
}

fn correction(client_seq: u32, position: Vec3) -> PositionCorrection {
    PositionCorrection { client_seq, position, velocity: Vec3::ZERO }
}

#[test]
fn what_was_walked_since_the_refused_move_is_kept() {
    let mut sent = ten_moves();
    // The fourth was refused from a place that was never told.
    let standing = sent.correct(&correction(4, at(-20.0)), at(3.0), SPEED, START + 520).unwrap();
    assert_eq!((standing.position, standing.goes_on), (at(-20.0 + 1.8), true));
    assert_eq!(standing.judged_from.position, at(-20.0));
}

#[test]
fn corrections_of_what_was_on_its_way_say_nothing_new() {
    let mut sent = ten_moves();
    assert!(sent.correct(&correction(4, at(-20.0)), at(3.0), SPEED, START + 520).is_some());
    for seq in 5..=10 {
        assert_eq!(sent.correct(&correction(seq, at(-20.0)), at(-18.2), SPEED, START + 530), None, "{seq}");
    }
    // A correction that tells of another state does say something new.
    assert!(sent.correct(&correction(10, at(-7.0)), at(-18.2), SPEED, START + 530).is_some());
}

#[test]
fn moves_behind_a_refused_one_that_will_be_accepted_leave_one_where_one_is() {
    let mut sent = ten_moves();
    let standing = sent.correct(&correction(4, at(1.3)), at(3.1), SPEED, START + 520).unwrap();
    assert_eq!((standing.position, standing.judged_from.position), (at(3.1), at(3.0)));
    // If they are refused after all, that is news.
    assert!(sent.correct(&correction(5, at(1.3)), at(3.1), SPEED, START + 570).is_some());
}

#[test]
fn a_move_sent_after_a_correction_and_refused_too_leads_to_where_the_server_says() {
    let mut sent = ten_moves();
    let standing = sent.correct(&correction(4, at(-20.0)), at(3.0), SPEED, START + 520).unwrap();
    let motion = standing.judged_from.step(standing.position, Vec3::ZERO, SPEED, START + 550).unwrap();
    sent.push(11, motion, START + 550);
    let standing = sent.correct(&correction(11, at(-20.0)), at(-17.0), SPEED, START + 800).unwrap();
    assert_eq!((standing.position, standing.goes_on), (at(-20.0), false));
}

#[test]
fn a_correction_of_a_move_that_is_not_remembered_is_believed() {
    let mut sent = Sent::nothing_since(Motion::entering(NEXUS, START));
    let standing = sent.correct(&correction(77, at(4.0)), at(9.0), SPEED, START + 100).unwrap();
    assert_eq!((standing.position, standing.goes_on), (at(4.0), false));
}
