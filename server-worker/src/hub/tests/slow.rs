//! Clients that do not read as fast as they are sent to.

use super::*;
use shardlink_shared::limits::{BACKLOG_SKIPS, MAX_BACKLOG};

#[test]
fn whoever_is_behind_is_told_no_positions_until_it_has_caught_up_and_then_sees_what_is() {
    for encoding in [Encoding::Binary, Encoding::Json] {
        both(|mut world| {
            let slow = world.player(1, "Slow", encoding);
            let aria = world.player(2, "Aria", Encoding::Binary);
            let bran = world.player(3, "Bran", Encoding::Binary);
            while world.tick() {}
            world.handle(Event::Backlog(slow, BACKLOG_SKIPS));
            world.walk(aria, 0.5, 0.0);
            world.tick();
            assert!(!world.sent(slow).is_empty());
            world.handle(Event::Backlog(slow, BACKLOG_SKIPS + 1));
            for (now, x) in [(1_000, 1.0), (3_000, 1.5)] {
                world.now += now;
                world.walk(aria, x, 0.0);
                world.tick();
                assert_eq!(world.sent(slow), []);
                assert_eq!(world.types(bran), ["position_frame"]);
            }
            // Chat cannot be skipped.
            world.send(aria, &say("hello", Channel::Global));
            assert_eq!(world.types(slow), ["chat"]);
            world.handle(Event::Closed(bran));
            world.tick();
            assert_eq!((world.types(aria), world.types(slow)), (vec!["player_left_area"], vec![]));

            world.handle(Event::Backlog(slow, BACKLOG_SKIPS / 2 + 1));
            assert_eq!(world.sent(slow), []);
            world.handle(Event::Backlog(slow, BACKLOG_SKIPS / 2));
            let ServerMessage::LocationUpdate(snapshot) = &world.sent(slow)[0] else { panic!() };
            let here: Vec<_> = snapshot.players.iter().map(|player| (player.character_id, player.position)).collect();
            assert_eq!(here, [(character(2), at(1.5, 0.0))]);
            world.now += 1_000;
            world.walk(aria, 2.0, 0.0);
            world.tick();
            assert!(!world.sent(slow).is_empty());
        });
    }
}

#[test]
fn whoever_is_far_behind_is_closed_with_the_code_that_means_resume() {
    both(|mut world| {
        let slow = world.player(1, "Slow", Encoding::Binary);
        world.handle(Event::Backlog(slow, MAX_BACKLOG));
        assert_eq!(world.closed(slow), None);
        world.handle(Event::Backlog(slow, MAX_BACKLOG + 1));
        assert_eq!(world.closed(slow), Some(ErrorCode::TooSlow));
        // A look at a socket that is gone already changes nothing.
        world.handle(Event::Backlog(slow, MAX_BACKLOG + 1));
        assert_eq!(world.last, []);
    });
}
