use super::{measured::STILL, *};
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

    /// How far from this position others take the character to be.
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
    // The character is shown where the game said it is, without guesses.
    assert_eq!(game.predict.shown(game.now() + 10), at(12.0).into());
    // And a game that says nothing more has stopped.
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
    // A pace of 0 counts as 1, and one that is faster than ours changes nothing.
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
    // The server still believes in a velocity: it is told that the character stands.
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
