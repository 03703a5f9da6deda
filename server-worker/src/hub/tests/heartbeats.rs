//! Who answers heartbeats, and how many.

use super::*;
use crate::hub::sockets::heartbeats::{PING, PONG};
use shardlink_shared::limits::{HEARTBEAT_RATE, MAX_RATE_REFUSALS};

impl World {
    /// Sends a heartbeat, and returns whether the hub answered it.
    fn beat(&mut self, id: ConnectionId) -> bool {
        self.decide(Event::Frame(id, Frame::Text(PING)));
        self.last.iter().any(|effect| {
            matches!(effect, Effect::Send(to, frame) if to == &[id] && matches!(frame.as_frame(), Frame::Text(PONG)))
        })
    }
}

#[test]
fn the_runtime_answers_heartbeats_where_nobody_says_anything_else_and_the_hub_where_somebody_does() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Json);
    let bran = world.player(2, "Bran", Encoding::Binary);
    assert_eq!(world.auto_answer, Some(true));
    while world.tick() {}
    assert_eq!(world.hub.next_timer(), None, "it may sleep");
    world.send(bran, &say("hello", Channel::Global));
    assert_eq!(world.auto_answer, Some(false));
    let said = world.now;
    // Heartbeats every second do not keep it from being quiet again.
    while let Some(due) = world.hub.next_timer() {
        let beat = world.now + 1_000;
        if due.0 <= beat {
            world.now = due.0;
            world.handle(Event::Tick);
        } else {
            world.now = beat;
            assert!(world.beat(aria));
        }
    }
    assert_eq!((world.now - said, world.auto_answer), (2_500, Some(true)));
    // A heartbeat that was on its way meanwhile is answered, and does not keep the hub awake.
    assert!(world.beat(aria));
    assert_eq!((world.hub.next_timer(), world.auto_answer), (None, Some(true)));
}

#[test]
fn whoever_walks_straight_on_keeps_heartbeats_with_the_hub() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    for n in 0..5_u32 {
        world.run(aria, 12.0 * f64::from(n), 0.0, 6.0, 0.0);
        let next = world.now + shardlink_shared::rules::movement::KEEPALIVE;
        while world.hub.next_timer().is_some_and(|due| due.0 < next) {
            world.now = world.now.max(world.hub.next_timer().unwrap().0);
            world.handle(Event::Tick);
            assert_eq!(world.auto_answer, Some(false), "{n}");
        }
        world.now = next;
    }
}

#[test]
fn a_hub_that_wakes_tells_the_runtime_who_answers() {
    let mut world = World::new(true);
    let aria = world.player(1, "Aria", Encoding::Binary);
    for (event, by_runtime) in [(Event::Alarm, true), (Event::Frame(aria, Frame::Text("noise")), false)] {
        world.auto_answer = None;
        world.handle(event);
        assert_eq!(world.auto_answer, Some(by_runtime));
    }
}

#[test]
fn a_flood_of_heartbeats_is_not_answered_and_then_closed() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Json);
        let bran = world.player(2, "Bran", Encoding::Json);
        let stranger = world.open(3, Encoding::Json);
        for flooder in [aria, stranger] {
            let answered = (0..MAX_RATE_REFUSALS).filter(|_| world.beat(flooder)).count();
            assert_eq!(answered as f64, HEARTBEAT_RATE.burst);
            assert_eq!(world.closed(flooder), None);
            let more = (1..1_000).find(|_| {
                assert!(!world.beat(flooder));
                world.closed(flooder).is_some()
            });
            assert_eq!(world.closed(flooder), Some(ErrorCode::RateLimited));
            assert_eq!(more, Some(HEARTBEAT_RATE.burst as u32));
        }
        // A client that beats each second is answered for ever.
        for _ in 0..100 {
            world.now += 1_000;
            assert!(world.beat(bran));
        }
        // It is not closed for that either.
        assert_eq!(world.closed(bran), None);
    });
}
