//! One's own motion: shown at once, and told to the server by the same rule that the
//! server judges it with.
//!
//! Others walk one on by the velocity that was last told (dead reckoning), so nothing
//! is told while that leads to within [`TOLERATED`] of the truth; a stop always is,
//! and whoever walks on unchanged says so every [`KEEPALIVE`]. What is told is as the
//! hub's frames can hold it, so that everybody reckons with the same numbers.

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

/// Who says where it is and not how it moves is taken to stand when it has been at one
/// place for this long, in milliseconds: a few frames of the slowest games.
const STILL: u64 = 150;

/// A velocity that is not said is measured over one to two times this, in
/// milliseconds: over three frames at 60 a second the clock's milliseconds even out.
const MEASURED_OVER: u64 = 50;

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
    /// What of that it may not have judged yet.
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

/// Positions of a while ago, to measure a velocity by.
#[derive(Debug, Clone, Copy)]
struct Measured {
    from: (Millis, Vec3),
    next: (Millis, Vec3),
    moved: Millis,
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

    /// A snapshot of a location came: another one is entered at its entrance;
    /// in the same one (the connection was lost) one stands where one was, and
    /// says so, which the server corrects if it knows otherwise.
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

    /// Whether steps are ignored: on the way to another location they would
    /// arrive in the wrong one.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Whether there is nobody to tell: steps are taken, and the newest counts later.
    pub fn set_away(&mut self, away: bool) {
        self.away = away;
    }

    /// The server says how many moves a second it takes at most.
    pub fn pace(&mut self, a_second: u8) {
        self.interval = INTERVAL.max(1_000_u64.div_ceil(u64::from(a_second.max(1))));
    }

    /// The location one is in.
    #[must_use]
    pub const fn location(&self) -> LocationId {
        self.told.location
    }

    /// How fast one may walk here, in metres a second.
    #[must_use]
    pub fn speed(&self) -> f64 {
        highest_speed(self.speed, find_location(self.told.location))
    }

    /// Where one is, in metres.
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

    /// The game says where its character is, and leaves it to be seen how it moves.
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
        self.tell(self.measured.is_none(), now)
    }

    /// When [`Self::poll`] has something to do.
    #[must_use]
    pub fn due(&self) -> Option<Millis> {
        self.next(self.measured.is_none())
    }

    /// The server knows better: where one stands now, unless one knew that already.
    /// It is told at once, so that both know.
    pub fn correct(&mut self, correction: &PositionCorrection, now: Millis) -> Option<PositionCorrection> {
        let (position, _) = self.position_at(now);
        let Standing { judged_from, position, goes_on } = self.sent.correct(correction, position, self.speed, now)?;
        let velocity = if goes_on { self.velocity } else { Vec3::ZERO };
        (self.told, self.unsure) = (judged_from, true);
        (self.position, self.velocity, self.at) = (position, velocity, now);
        // The game goes on from here: the way to here was no walk.
        self.measured = self.measured.map(|_| Measured::from(position, now));
        Some(PositionCorrection { client_seq: correction.client_seq, position, velocity })
    }

    /// When something is to be told. Without `steered` the newest state may be a frame
    /// old and how it goes on is only measured: then there is nothing to tell of a walk
    /// before the next frame.
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
        let still = self.measured.map(|measured| measured.moved + STILL);
        if !steered {
            return still;
        }
        let keepalive = self.told_at.map_or(self.at, |told_at| told_at + KEEPALIVE);
        let due = earliest.max(self.strays().map_or(keepalive, |strays| strays.min(keepalive)));
        Some(still.map_or(due, |still| still.min(due)))
    }

    /// When dead reckoning by what was told is too far off the truth, as that goes on:
    /// where |gap + drift t| = [`TOLERATED`].
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

    /// Where others take one to be.
    fn reckoned(&self, now: Millis) -> Vec3 {
        let elapsed = self.told_at.map_or(0, |told_at| now.since(told_at));
        walked_on(self.told.position, self.told.velocity, elapsed.min(DEAD_RECKONING))
    }

    fn tell(&mut self, steered: bool, now: Millis) -> Option<Step> {
        if self.measured.is_some_and(|measured| now >= measured.moved + STILL) {
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
                // One stands where everybody believes one to be.
                let position = self.reckoned(now);
                (self.position, self.velocity, self.measured) = (position, Vec3::ZERO, None);
                Some(Step::Refused(PositionCorrection { client_seq, position, velocity: Vec3::ZERO }))
            }
        }
    }

    /// Position and velocity at this moment; who has walked to the end of the
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

impl Measured {
    const fn from(position: Vec3, now: Millis) -> Self {
        Self { from: (now, position), next: (now, position), moved: now }
    }

    /// Takes in a position, where the one before it was `last`.
    fn take(&mut self, position: Vec3, last: (Millis, Vec3), now: Millis) {
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
    fn velocity(&self, position: Vec3, speed: f64, now: Millis) -> Vec3 {
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

    /// A game at 60 frames a second, and what it makes the client send.
    struct Game {
        predict: Predict,
        server: Motion,
        frame: u64,
        moves: Vec<(u64, OwnMove)>,
    }

    impl Game {
        fn new() -> Self {
            Self { predict: predict(), server: Motion::entering(NEXUS, Millis(START)), frame: 0, moves: Vec::new() }
        }

        fn now(&self) -> Millis {
            Millis(START + self.frame * 1000 / 60)
        }

        fn take(&mut self, step: Option<Step>, now: Millis) {
            if let Some(step) = step {
                let own_move = sent(Some(step));
                self.server = self.server.step(own_move.position, own_move.velocity, SPEED, now).unwrap();
                self.moves.push((now.0, own_move));
            }
        }

        /// Does what is due up to this moment.
        fn poll(&mut self, until: Millis) {
            while let Some(due) = self.predict.due().filter(|due| *due <= until) {
                let step = self.predict.poll(due);
                self.take(step, due);
            }
        }

        /// A frame: the game says where it is, and how it moves if it likes to.
        fn frame(&mut self, position: Vec3, velocity: Option<Vec3>) {
            self.frame += 1;
            let now = self.now();
            self.poll(now);
            let step = match velocity {
                Some(velocity) => self.predict.walk(position, velocity, now),
                None => self.predict.walk_to(position, now),
            };
            self.take(step, now);
        }

        /// How far from where one is others take one to be.
        fn off(&self, position: Vec3) -> f64 {
            let (told_at, told) = self.moves.last().cloned().unwrap();
            (position - walked_on(told.position, told.velocity, self.now().0 - told_at)).length()
        }
    }

    fn xy(x: f64, y: f64) -> Vec3 {
        Vec3::from_metres(x, y, 0.0).unwrap()
    }

    #[test]
    fn a_straight_walk_is_told_once_and_its_end_exactly() {
        let mut game = Game::new();
        for frame in 1..=110_u64 {
            game.frame(at(SPEED * frame as f64 / 60.0), Some(at(SPEED)));
        }
        assert_eq!(game.moves.len(), 1);
        game.frame(at(11.03), Some(Vec3::ZERO));
        let (told, stop) = game.moves.last().cloned().unwrap();
        assert_eq!((told, stop.position, stop.velocity), (game.now().0, at(11.03), Vec3::ZERO));
        assert_eq!((game.moves.len(), game.predict.due()), (2, None));
    }

    #[test]
    fn a_walk_in_curves_is_told_twenty_times_a_second_at_most_and_others_are_never_far_off() {
        for (radius, most) in [(4.0, 40), (20.0, 14)] {
            let mut game = Game::new();
            let turn = SPEED / radius;
            let place = |t: f64| xy(radius * (turn * t).sin(), radius - radius * (turn * t).cos());
            for frame in 1..=120_u64 {
                let t = frame as f64 / 60.0;
                game.frame(place(t), Some(xy(SPEED * (turn * t).cos(), SPEED * (turn * t).sin())));
                // What has strayed since the last move is told when the next may be.
                assert!(game.off(place(t)) < 0.15, "{} at {t}", game.off(place(t)));
            }
            assert!(game.moves.len() <= most, "{} of a circle of {radius} m", game.moves.len());
            assert!(game.moves.windows(2).all(|pair| pair[1].0 - pair[0].0 >= INTERVAL));
            assert!(game.moves.windows(2).all(|pair| pair[1].1.client_seq == pair[0].1.client_seq + 1));
        }
    }

    #[test]
    fn a_velocity_that_frames_cannot_hold_is_told_as_they_can_and_told_again_when_that_is_off() {
        let mut game = Game::new();
        let velocity = xy(4.243, -4.243);
        for frame in 1..=110_u64 {
            let t = frame as f64 / 60.0;
            let place = xy(4.243 * t, -4.243 * t);
            game.frame(place, Some(velocity));
            assert!(game.off(place) <= TOLERATED + 0.011, "{}", game.off(place));
        }
        assert!(game.moves.iter().all(|(_, own_move)| own_move.velocity == xy(4.2, -4.2)));
        assert_eq!(game.moves.len(), 2);
    }

    #[test]
    fn a_velocity_that_is_not_said_is_measured() {
        let mut game = Game::new();
        for _ in 0..20 {
            game.frame(at(0.0), None);
        }
        assert!(game.moves.is_empty());
        for frame in 1..=120_u64 {
            let place = at(SPEED * frame as f64 / 60.0);
            game.frame(place, None);
            assert!(frame < 2 || game.off(place) < 0.25, "{} at {frame}", game.off(place));
        }
        let (_, last) = game.moves.last().unwrap();
        assert!((last.velocity.length() - SPEED).abs() <= 0.3, "{:?}", last.velocity);
        assert!(game.moves.len() <= 6, "{:?}", game.moves);
        // Where one is shown is what the game said, without guesses.
        assert_eq!(game.predict.shown(game.now() + 10), at(12.0).into());
        // And a game that says no more has stopped.
        let end = game.now();
        game.poll(end + 10_000);
        let (stopped, stop) = game.moves.last().cloned().unwrap();
        assert_eq!((stop.position, stop.velocity), (at(12.0), Vec3::ZERO));
        assert!(stopped - end.0 <= STILL + INTERVAL);
        assert_eq!(game.predict.due(), None);
    }

    #[test]
    fn who_stays_where_it_is_without_saying_so_has_stopped_too() {
        let mut game = Game::new();
        for frame in 1..=60_u64 {
            game.frame(at(SPEED * frame as f64 / 60.0), None);
        }
        for _ in 0..60 {
            game.frame(at(6.0), None);
        }
        let (_, stop) = game.moves.last().cloned().unwrap();
        assert_eq!((stop.position, stop.velocity), (at(6.0), Vec3::ZERO));
        assert_eq!(game.predict.due(), None);
    }

    #[test]
    fn a_server_that_is_busy_sets_a_slower_pace() {
        let mut game = Game::new();
        game.predict.pace(5);
        let mut last = Vec3::ZERO;
        for frame in 1..=120_u64 {
            // To and fro: news at every frame.
            last = at(if frame % 2 == 0 { 0.05 } else { 0.0 });
            game.frame(last, Some(at(if frame % 2 == 0 { 3.0 } else { -3.0 })));
        }
        assert!(game.moves.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 200));
        game.frame(last, Some(Vec3::ZERO));
        game.poll(game.now() + 1_000);
        assert_eq!(game.moves.last().unwrap().1.velocity, Vec3::ZERO);
        // A pace without sense, and one that is faster than ours, are not taken.
        for (pace, interval) in [(0, 1_000), (255, INTERVAL), (15, 67)] {
            game.predict.pace(pace);
            assert_eq!(game.predict.interval, interval);
        }
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
    fn a_leap_at_the_end_of_a_long_walk_leads_back_to_where_others_see_one() {
        let mut predict = predict();
        sent(predict.walk(at(1.0), at(SPEED), Millis(START)));
        let refused = predict.walk(at(400.0), at(SPEED), Millis(START + 1_500));
        let back = PositionCorrection { client_seq: 2, position: at(10.0), velocity: Vec3::ZERO };
        assert_eq!(refused, Some(Step::Refused(back)));
        let stop = sent(predict.poll(Millis(START + 1_501)));
        assert_eq!((stop.position, stop.velocity), (at(10.0), Vec3::ZERO));
    }

    #[test]
    fn a_correction_is_where_one_stands_and_is_confirmed_at_once() {
        let mut predict = predict();
        sent(predict.walk(at(3.0), Vec3::ZERO, Millis(START)));
        let correction = PositionCorrection { client_seq: 1, position: at(1.0), velocity: at(2.0) };
        let stands = predict.correct(&correction, Millis(START + 60)).unwrap();
        assert_eq!((stands.position, stands.velocity), (at(1.0), Vec3::ZERO));
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
