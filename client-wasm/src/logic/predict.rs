//! One's own motion: shown at once, told to the server at most 20 times a
//! second, by the same rule that the server judges it with.

use super::point::Point;
use shardlink_shared::{
    ids::LocationId,
    protocol::movement::{OwnMove, PositionCorrection},
    rules::movement::{HEIGHT, Motion},
    time::Millis,
    vector::Vec3,
    world::LOCATION_REACH,
};

/// Between two moves, in milliseconds: the contract's 20 a second.
pub const INTERVAL: u64 = 50;

/// Who walks on unchanged says so this often, in milliseconds: within the
/// window in which the server's rule lets distance be earned.
pub const KEEPALIVE: u64 = 2_000;

/// What has become of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is to be sent.
    Send(OwnMove),
    /// The server would refuse it: this is where one stands instead.
    Refused(PositionCorrection),
}

/// One's own character in its location.
#[derive(Debug)]
pub struct Predict {
    /// The last state the server was told, as its rule accepted it.
    told: Motion,
    told_at: Option<Millis>,
    /// The newest state, told or not.
    position: Vec3,
    velocity: Vec3,
    at: Millis,
    speed: f64,
    last_seq: u32,
    held: bool,
    /// Whether the server may have forgotten what it was told.
    unsure: bool,
}

impl Predict {
    /// At the entrance of a location; `speed` is the character's walking
    /// speed, in metres a second.
    #[must_use]
    pub fn entering(location: LocationId, speed: f64, now: Millis) -> Self {
        Self::from(Motion::entering(location, now), speed, now)
    }

    fn from(told: Motion, speed: f64, now: Millis) -> Self {
        let (position, velocity) = (told.position, told.velocity);
        Self { told, told_at: None, position, velocity, at: now, speed, last_seq: 0, held: false, unsure: false }
    }

    /// A snapshot of a location came: another one is entered at its entrance;
    /// in the same one (the connection was lost) one stands where one was, and
    /// says so, which the server corrects if it knows otherwise.
    pub fn arrive(&mut self, location: LocationId, now: Millis) {
        self.held = false;
        if location == self.told.location {
            (self.position, self.velocity) = (self.position_at(now).0, Vec3::ZERO);
            (self.at, self.unsure) = (now, true);
        } else {
            let motion = Motion::entering(location, now);
            *self = Self { last_seq: self.last_seq, ..Self::from(motion, self.speed, now) };
        }
    }

    /// Whether steps are ignored: on the way to another location they would
    /// arrive in the wrong one.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// The location one is in.
    #[must_use]
    pub const fn location(&self) -> LocationId {
        self.told.location
    }

    /// The walking speed, in metres a second.
    #[must_use]
    pub const fn speed(&self) -> f64 {
        self.speed
    }

    /// Where one is, in metres.
    #[must_use]
    pub fn shown(&self, now: Millis) -> Point {
        let ahead = Point::from(self.position).after(self.velocity.into(), now.since(self.at));
        let within = |n: f64, reach: f64| n.clamp(-reach, reach);
        Point { x: within(ahead.x, LOCATION_REACH), y: within(ahead.y, LOCATION_REACH), z: within(ahead.z, HEIGHT) }
    }

    /// The game says where its character is and how it moves.
    pub fn walk(&mut self, position: Vec3, velocity: Vec3, now: Millis) -> Option<Step> {
        if self.held {
            return None;
        }
        (self.position, self.velocity, self.at) = (position, velocity, now);
        self.poll(now)
    }

    /// Nobody is steering any more: one stands where one is.
    pub fn stop(&mut self, now: Millis) -> Option<Step> {
        if self.velocity == Vec3::ZERO {
            return None;
        }
        let (position, _) = self.position_at(now);
        self.walk(position, Vec3::ZERO, now)
    }

    /// Sends what is due.
    pub fn poll(&mut self, now: Millis) -> Option<Step> {
        if self.due().is_none_or(|due| now < due) {
            return None;
        }
        // What the game said is told as it said it; who walks on unchanged, where that has led.
        if !self.is_news() {
            (self.position, self.velocity) = self.position_at(now);
            self.at = now;
        }
        self.unsure = false;
        self.last_seq = self.last_seq.wrapping_add(1);
        let client_seq = self.last_seq;
        match self.told.step(self.position, self.velocity, self.speed, now) {
            Ok(motion) => {
                (self.told, self.told_at) = (motion, Some(now));
                Some(Step::Send(OwnMove { client_seq, position: self.position, velocity: self.velocity }))
            }
            Err(_) => {
                let correction =
                    PositionCorrection { client_seq, position: self.told.position, velocity: Vec3::ZERO };
                (self.position, self.velocity, self.at) = (self.told.position, Vec3::ZERO, now);
                Some(Step::Refused(correction))
            }
        }
    }

    /// When [`Self::poll`] has something to do.
    #[must_use]
    pub fn due(&self) -> Option<Millis> {
        let wait = if self.is_news() {
            INTERVAL
        } else if self.velocity == Vec3::ZERO {
            return None;
        } else {
            KEEPALIVE
        };
        (!self.held).then(|| self.told_at.map_or(self.at, |told_at| told_at + wait))
    }

    /// The server knows better: one stands where it says. A motion it still
    /// believes in is ended by the next step, at the latest by one of our own.
    pub fn correct(&mut self, correction: &PositionCorrection, now: Millis) {
        self.told = Motion::standing(self.told.location, correction.position, now);
        self.told.velocity = correction.velocity;
        self.unsure = false;
        (self.position, self.velocity, self.at) = (correction.position, Vec3::ZERO, now);
    }

    fn is_news(&self) -> bool {
        self.unsure || (self.position, self.velocity) != (self.told.position, self.told.velocity)
    }

    /// Position and velocity at this moment; who has walked to the end of the
    /// location stands there.
    fn position_at(&self, now: Millis) -> (Vec3, Vec3) {
        let shown = self.shown(now);
        let free = Point::from(self.position).after(self.velocity.into(), now.since(self.at));
        let velocity = if shown == free { self.velocity } else { Vec3::ZERO };
        (Vec3::from_metres(shown.x, shown.y, shown.z).unwrap_or(self.position), velocity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::world::NEXUS;

    const SPEED: f64 = 6.0;
    const START: u64 = 100_000;

    fn at(x: f64) -> Vec3 {
        Vec3::from_metres(x, 0.0, 0.0).unwrap()
    }

    fn predict() -> Predict {
        Predict::entering(NEXUS, SPEED, Millis(START))
    }

    fn sent(step: Option<Step>) -> OwnMove {
        match step {
            Some(Step::Send(own_move)) => own_move,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_walk_at_sixty_frames_a_second_is_told_twenty_times_a_second_and_its_end_always() {
        let mut predict = predict();
        let mut moves: Vec<(u64, OwnMove)> = Vec::new();
        let mut server = Motion::entering(NEXUS, Millis(START));
        let mut take = |step, now: Millis, moves: &mut Vec<_>| {
            if let Some(step) = step {
                let own_move = sent(Some(step));
                server = server.step(own_move.position, own_move.velocity, SPEED, now).unwrap();
                moves.push((now.0, own_move));
            }
        };
        for frame in 1..=120_u64 {
            let now = Millis(START + frame * 1000 / 60);
            let x = SPEED * frame as f64 / 60.0;
            take(predict.walk(at(x), at(SPEED), now), now, &mut moves);
        }
        let end = Millis(START + 2_001);
        take(predict.walk(at(12.0), Vec3::ZERO, end), end, &mut moves);
        let due = predict.due().unwrap();
        take(predict.poll(due), due, &mut moves);
        assert!((38..=42).contains(&moves.len()), "{}", moves.len());
        assert!(moves.windows(2).all(|pair| pair[1].0 - pair[0].0 >= INTERVAL));
        assert!(moves.windows(2).all(|pair| pair[1].1.client_seq == pair[0].1.client_seq + 1));
        let (_, last) = moves.last().unwrap();
        assert_eq!((last.position, last.velocity), (at(12.0), Vec3::ZERO));
        assert_eq!(predict.due(), None);
    }

    #[test]
    fn who_walks_on_unchanged_says_so_every_two_seconds() {
        let mut predict = predict();
        sent(predict.walk(at(1.0), at(SPEED), Millis(START)));
        assert_eq!(predict.due(), Some(Millis(START + KEEPALIVE)));
        assert_eq!(predict.poll(Millis(START + 1_999)), None);
        let alive = sent(predict.poll(Millis(START + KEEPALIVE)));
        assert_eq!((alive.position, alive.velocity, alive.client_seq), (at(13.0), at(SPEED), 2));
        assert_eq!(predict.due(), Some(Millis(START + 2 * KEEPALIVE)));
        assert!((predict.shown(Millis(START + 2_500)).x - 16.0).abs() < 1e-9);
    }

    #[test]
    fn who_walks_to_the_end_of_the_location_stops_there() {
        let mut predict = Predict::from(Motion::standing(NEXUS, at(495.0), Millis(START)), SPEED, Millis(START));
        sent(predict.walk(at(495.0), at(SPEED), Millis(START)));
        let stop = sent(predict.poll(Millis(START + KEEPALIVE)));
        assert_eq!((stop.position, stop.velocity), (at(500.0), Vec3::ZERO));
        assert_eq!(predict.due(), None);
    }

    #[test]
    fn saying_the_same_again_sends_nothing() {
        let mut predict = predict();
        sent(predict.walk(at(1.0), Vec3::ZERO, Millis(START)));
        assert_eq!(predict.walk(at(1.0), Vec3::ZERO, Millis(START + 500)), None);
        assert_eq!(predict.due(), None);
    }

    #[test]
    fn a_leap_is_refused_here_as_the_server_would() {
        let mut predict = predict();
        sent(predict.walk(at(2.0), Vec3::ZERO, Millis(START)));
        let refused = predict.walk(at(300.0), Vec3::ZERO, Millis(START + 100));
        let correction = PositionCorrection { client_seq: 2, position: at(2.0), velocity: Vec3::ZERO };
        assert_eq!(refused, Some(Step::Refused(correction)));
        assert!((predict.shown(Millis(START + 100)).x - 2.0).abs() < 1e-9);
        assert_eq!(predict.due(), None);
    }

    #[test]
    fn a_correction_is_where_one_walks_on_from() {
        let mut predict = predict();
        sent(predict.walk(at(3.0), at(SPEED), Millis(START)));
        predict.walk(at(3.2), at(SPEED), Millis(START + 20));
        predict
            .correct(&PositionCorrection { client_seq: 1, position: at(1.0), velocity: at(2.0) }, Millis(START + 60));
        assert!((predict.shown(Millis(START + 60)).x - 1.0).abs() < 1e-9);
        // The server still believes in a velocity: it is told that one stands.
        let stop = sent(predict.poll(predict.due().unwrap().max(Millis(START + 60))));
        assert_eq!((stop.position, stop.velocity), (at(1.0), Vec3::ZERO));
        let on = sent(predict.walk(at(1.3), at(SPEED), Millis(START + 130)));
        assert_eq!((on.position, on.client_seq), (at(1.3), 3));
    }

    #[test]
    fn nothing_is_sent_on_the_way_to_another_location() {
        let mut predict = predict();
        sent(predict.walk(at(1.0), at(SPEED), Millis(START)));
        predict.hold(true);
        assert_eq!(predict.walk(at(1.5), at(SPEED), Millis(START + 100)), None);
        assert_eq!(predict.due(), None);
        let volcano = LocationId::new(2).unwrap();
        predict.arrive(volcano, Millis(START + 200));
        assert_eq!((predict.location(), predict.shown(Millis(START + 900))), (volcano, Point::default()));
        assert_eq!(sent(predict.walk(at(0.5), Vec3::ZERO, Millis(START + 300))).client_seq, 2);
    }

    #[test]
    fn who_comes_back_stands_where_it_was_and_says_so() {
        let mut predict = predict();
        sent(predict.walk(at(3.0), at(SPEED), Millis(START)));
        predict.arrive(NEXUS, Millis(START + 500));
        assert!((predict.shown(Millis(START + 9_000)).x - 6.0).abs() < 1e-9);
        let stop = sent(predict.poll(Millis(START + 500)));
        assert_eq!((stop.position, stop.velocity), (at(6.0), Vec3::ZERO));
        // Also if nothing has changed: the server may have begun anew.
        predict.arrive(NEXUS, Millis(START + 5_000));
        assert_eq!(sent(predict.poll(Millis(START + 5_000))).position, at(6.0));
        assert_eq!(predict.due(), None);
    }

    #[test]
    fn who_is_no_longer_steered_stands() {
        let mut predict = predict();
        assert_eq!(predict.stop(Millis(START)), None);
        sent(predict.walk(at(1.0), at(SPEED), Millis(START)));
        let stop = sent(predict.stop(Millis(START + 100)));
        assert_eq!((stop.position, stop.velocity), (at(1.6), Vec3::ZERO));
    }
}
