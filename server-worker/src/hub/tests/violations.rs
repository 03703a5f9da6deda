//! Impossible moves.

use super::*;
use crate::{
    config::MovementCheck,
    hub::area::evidence::{Evidence, Violation},
};
use shardlink_shared::limits::{MAX_VIOLATIONS, MOVE_PENALTY};

fn evidence(world: &World) -> Vec<Evidence> {
    let evidence = |effect: &Effect| if let Effect::Evidence(evidence) = effect { Some(**evidence) } else { None };
    world.last.iter().filter_map(evidence).collect()
}

fn place(world: &World, id: ConnectionId) -> Vec3 {
    world.hub.connection(id).unwrap().player().unwrap().motion.position
}

#[test]
fn a_step_whose_number_is_not_newer_is_corrected() {
    both(|mut world| {
        let aria = world.player(2, "Aria", Encoding::Binary);
        for (number, is_newer) in [
            (7, true),
            (7, false),
            (6, false),
            (8, true),
            (u32::MAX - 1, false),
            (1 << 31, true),
            (u32::MAX, true),
            (0, true),
            (u32::MAX, false),
        ] {
            world.now += 200;
            world.send(aria, &step(number, 0.1, 0.0, 0.0, 0.0));
            assert_eq!(world.types(aria), vec!["position_correction"; usize::from(!is_newer)], "{number}");
        }
    });
}

#[test]
fn another_character_on_the_same_socket_counts_its_steps_anew() {
    let mut world = World::new(false);
    let id = world.player(2, "Aria", Encoding::Binary);
    world.send(id, &step(900, 0.1, 0.0, 0.0, 0.0));
    world.handle(Event::Selected(identity(2).session, character(4)));
    world.answer(id, Ok(Answer::Entered(Box::new(entrance(sheet(4, "Cara"))))));
    world.send(id, &step(1, 0.1, 0.0, 0.0, 0.0));
    assert_eq!((world.types(id), place(&world, id)), (vec![], at(0.1, 0.0)));
}

#[test]
fn twenty_impossible_steps_are_evidence_and_then_every_step_is_refused_for_a_while() {
    let mut world = World::new(false);
    let aria = world.player(2, "Aria", Encoding::Binary);
    let bran = world.player(1, "Bran", Encoding::Json);
    while world.tick() {}
    for n in 1..=MAX_VIOLATIONS {
        world.now += 100;
        world.walk(aria, 400.0, 0.0);
        assert_eq!(world.types(aria), ["position_correction"]);
        assert_eq!(evidence(&world).len(), usize::from(n == MAX_VIOLATIONS), "{n}");
    }
    let Evidence { violation, from, to, count, enforced, location, character: who, .. } = evidence(&world)[0];
    assert_eq!((violation, from, to, count), (Violation::Step, at(0.0, 0.0), at(400.0, 0.0), MAX_VIOLATIONS));
    assert_eq!((who, location, enforced), (character(2), NEXUS, true));
    // A step that would be accepted is not even judged.
    world.now += 1_000;
    world.walk(aria, 0.1, 0.0);
    let [ServerMessage::PositionCorrection(correction), ServerMessage::Error(error)] = &world.sent(aria)[..] else {
        panic!("{:?}", world.sent(aria))
    };
    assert_eq!(correction.position, at(0.0, 0.0), "its client would show it walking all the while");
    assert_eq!(error.error_code, ErrorCode::MoveRejected);
    let left = error.details.as_ref().and_then(|details| details.retry_after).unwrap().as_f64();
    assert_eq!(left, (MOVE_PENALTY - 1_000) as f64 / 1000.0);
    world.send(aria, &travel(2));
    assert_eq!(world.error(aria), Some(ErrorCode::MoveRejected));
    assert_eq!(world.hub.next_tick(), None);
    // Nobody else has heard of any of it, and nobody else is refused.
    world.walk(bran, 0.1, 0.0);
    assert_eq!(world.error(bran), None);
    world.now += MOVE_PENALTY;
    world.walk(aria, 0.2, 0.0);
    assert_eq!((world.types(aria), place(&world, aria)), (vec![], at(0.2, 0.0)));
}

#[test]
fn a_json_client_is_refused_with_an_error_and_corrected() {
    both(|mut world| {
        let aria = world.player(2, "Aria", Encoding::Json);
        world.send(aria, &ClientMessage::Move(MoveRequest::to_position(at(400.0, 0.0), Vec3::ZERO)));
        assert_eq!(world.types(aria), ["position_correction", "error"]);
        assert_eq!(world.error(aria), Some(ErrorCode::MoveRejected));
    });
}

#[test]
fn in_shadow_mode_impossible_steps_are_logged_and_accepted_if_they_are_in_bounds() {
    let mut world = World::with(Settings { movement_check: MovementCheck::Shadow, ..Settings::default() }, false);
    let aria = world.player(2, "Aria", Encoding::Binary);
    let mut logged = vec![];
    for n in 0..2 * MAX_VIOLATIONS {
        world.now += 100;
        world.walk(aria, f64::from(n % 2) * 400.0, 0.0);
        assert_eq!(world.types(aria), Vec::<&str>::new());
        logged.extend(evidence(&world));
    }
    assert_eq!(place(&world, aria), at(400.0, 0.0));
    assert!(matches!(logged[..], [Evidence { enforced: false, count: MAX_VIOLATIONS, .. }]), "{logged:?}");
    world.walk(aria, 501.0, 0.0);
    assert_eq!(world.types(aria), ["position_correction"]);
}

#[test]
fn ways_that_do_not_exist_are_refused_and_counted() {
    let mut world = World::new(false);
    let aria = world.player(2, "Aria", Encoding::Binary);
    world.send(aria, &travel(2));
    for n in 1..=MAX_VIOLATIONS {
        world.now += 200;
        world.send(aria, &travel(3));
        assert_eq!(world.error(aria), Some(ErrorCode::NotAdjacent));
        assert_eq!(evidence(&world).len(), usize::from(n == MAX_VIOLATIONS));
    }
    assert_eq!(evidence(&world)[0].violation, Violation::Way);
    world.send(aria, &travel(1));
    assert_eq!(world.error(aria), Some(ErrorCode::MoveRejected));
}
