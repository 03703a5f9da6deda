//! Who sees whom.

use super::*;
use crate::config::MovementCheck;
use shardlink_shared::{limits::AREA_CAP, protocol::movement::PositionFrame};

/// Moves are not judged: a step may be as long as a scenario needs.
fn unjudged() -> Settings {
    Settings { movement_check: MovementCheck::Shadow, ..Settings::default() }
}

fn slot(world: &World, id: ConnectionId) -> u16 {
    world.hub.connection(id).unwrap().player().unwrap().slot
}

/// The position frame that the last event sent to a connection, if it sent one.
fn frame(world: &World, id: ConnectionId) -> Option<PositionFrame> {
    world.sent(id).into_iter().find_map(|message| match message {
        ServerMessage::PositionFrame(frame) => Some(frame),
        _ => None,
    })
}

/// The slots in the position frame that the last event sent to a connection.
fn seen(world: &World, id: ConnectionId) -> Vec<u16> {
    frame(world, id).iter().flat_map(|frame| frame.players.iter()).map(|entry| entry.slot).collect()
}

fn listed(world: &World, id: ConnectionId) -> Vec<CharacterId> {
    let lists = world.sent(id).into_iter().filter_map(|message| match message {
        ServerMessage::LocationUpdate(update) => Some(update.players.into_vec()),
        _ => None,
    });
    lists.flatten().map(|here| here.character_id).collect()
}

/// Those whom a connection was told of by the last event: as come, and as gone.
fn come_and_gone(world: &World, id: ConnectionId) -> (Vec<CharacterId>, Vec<CharacterId>) {
    let (mut come, mut gone) = (vec![], vec![]);
    for message in world.sent(id) {
        match message {
            ServerMessage::PlayerJoinedArea(joined) => come.push(joined.character_id),
            ServerMessage::PlayerLeftArea(left) => gone.push(left.character_id),
            _ => {}
        }
    }
    (come, gone)
}

#[test]
fn who_walks_out_of_sight_leaves_and_who_walks_into_it_joins() {
    both_with(unjudged(), |mut world| {
        let bran = world.player(1, "Bran", Encoding::Binary);
        let aria = world.player(2, "Aria", Encoding::Binary);
        while world.tick() {}
        // From cell (0, 0) one sees no farther than cell (1, 0), which ends at 75 m.
        world.walk(aria, 150.0, 0.0);
        world.tick();
        assert_eq!(come_and_gone(&world, bran), (vec![], vec![character(2)]));
        assert_eq!(come_and_gone(&world, aria), (vec![], vec![character(1)]));
        world.walk(aria, 160.0, 0.0);
        world.tick();
        // Nobody else sees Aria walk, and Aria is not told of its own step.
        assert_eq!((world.types(bran), world.types(aria)), (vec![], vec![]));
        world.walk(aria, 60.0, 0.0);
        world.tick();
        assert_eq!(come_and_gone(&world, bran), (vec![character(2)], vec![]));
        assert_eq!(come_and_gone(&world, aria), (vec![character(1)], vec![]));
        assert_eq!(world.types(bran), ["player_joined_area", "position_frame"]);
    });
}

#[test]
fn along_a_border_nobody_goes_in_and_out_of_sight() {
    both_with(unjudged(), |mut world| {
        let bran = world.player(1, "Bran", Encoding::Binary);
        let aria = world.player(2, "Aria", Encoding::Binary);
        world.walk(bran, -40.0, 0.0);
        while world.tick() {}
        for x in [24.0, 26.9, 24.0, 26.9] {
            world.walk(aria, x, 0.0);
            world.tick();
            assert_eq!(world.types(bran), ["position_frame"], "{x}");
        }
        world.walk(aria, 27.1, 0.0);
        world.tick();
        assert_eq!(world.types(bran), ["player_left_area"]);
        world.walk(aria, 23.1, 0.0);
        world.tick();
        assert_eq!(world.types(bran), Vec::<&str>::new());
        world.walk(aria, 22.9, 0.0);
        world.tick();
        assert_eq!(come_and_gone(&world, bran), (vec![character(2)], vec![]));
    });
}

#[test]
fn ones_own_faction_is_listed_wherever_in_the_location_it_stands() {
    both_with(unjudged(), |mut world| {
        let aria = world.player(2, "Aria", Encoding::Binary);
        let cara = world.player(4, "Cara", Encoding::Json);
        while world.tick() {}
        world.walk(cara, 300.0, 0.0);
        while world.tick() {
            assert_eq!((world.types(aria), world.types(cara)), (vec![], vec![]));
        }
        // A newcomer of their faction is told of both; one of another faction is told of those it
        // sees.
        let dora = world.player(6, "Dora", Encoding::Binary);
        assert_eq!(listed(&world, dora), [character(2), character(4)]);
        world.tick();
        assert_eq!(come_and_gone(&world, cara), (vec![character(6)], vec![]));
        let bran = world.player(1, "Bran", Encoding::Binary);
        assert_eq!(listed(&world, bran), [character(2), character(6)]);
        world.tick();
        assert_eq!(come_and_gone(&world, cara), (vec![], vec![]));
        // A player of one's own faction is told as gone only when it leaves the location.
        world.send(cara, &travel(2));
        world.tick();
        assert_eq!(come_and_gone(&world, aria), (vec![], vec![character(4)]));
        assert_eq!(come_and_gone(&world, bran), (vec![], vec![]));
    });
}

#[test]
fn one_of_the_own_faction_who_comes_into_sight_is_placed() {
    both_with(unjudged(), |mut world| {
        let aria = world.player(2, "Aria", Encoding::Json);
        let cara = world.player(4, "Cara", Encoding::Binary);
        while world.tick() {}
        world.walk(cara, 300.0, 0.0);
        while world.tick() {}
        world.walk(cara, 310.0, 0.0);
        while world.tick() {}
        world.walk(aria, 280.0, 0.0);
        world.tick();
        let places: Vec<_> = world
            .sent(aria)
            .into_iter()
            .filter_map(|m| if let ServerMessage::CharacterUpdate(update) = m { update.position } else { None })
            .collect();
        assert!(!places.is_empty() && places.iter().all(|place| *place == at(310.0, 0.0)), "{places:?}");
        assert_eq!(come_and_gone(&world, aria).0, []);
        assert!(seen(&world, cara).contains(&slot(&world, aria)));
    });
}

#[test]
fn who_comes_into_sight_walking_is_told_with_its_velocity() {
    let mut world = World::with(unjudged(), false);
    let dora = world.player(2, "Dora", Encoding::Binary);
    let bran = world.player(1, "Bran", Encoding::Binary);
    world.walk(bran, 200.0, 0.0);
    while world.tick() {}
    world.now += 1_000;
    world.run(dora, 10.0, 0.0, 3.0, -1.0);
    world.tick();
    assert_eq!(world.types(bran), Vec::<&str>::new());
    world.now += 1_000;
    world.walk(bran, 60.0, 0.0);
    world.tick();
    let told: Vec<_> = frame(&world, bran).unwrap().positions().collect();
    assert!(told.contains(&(slot(&world, dora), at(13.0, -1.0), at(3.0, -1.0))), "{told:?}");
    // Somebody who enters the location is told likewise.
    let aria = world.player(4, "Aria", Encoding::Binary);
    let told: Vec<_> = frame(&world, aria).unwrap().positions().collect();
    assert_eq!(told, [(slot(&world, dora), at(13.0, -1.0), at(3.0, -1.0))]);
}

#[test]
fn in_a_crowd_the_nearest_to_the_cells_centre_are_seen() {
    let mut world = World::with(Settings { area_cap: 3, ..unjudged() }, false);
    // Five of another faction, at 4, 8 … 20 m, and one who looks on from 24 m.
    let crowd: Vec<_> = (0..5).map(|n| world.player(2 * n + 1, &format!("Other {n}"), Encoding::Binary)).collect();
    let aria = world.player(2, "Aria", Encoding::Binary);
    let place = |world: &mut World, n: usize, x: f64| world.walk(crowd[n], x, 0.0);
    for n in 0..5 {
        place(&mut world, n, 4.0 * (n + 1) as f64);
    }
    world.walk(aria, 24.0, 0.0);
    while world.tick() {}
    let nearest: Vec<u16> = crowd[..3].iter().map(|id| slot(&world, *id)).collect();
    for n in 0..5 {
        place(&mut world, n, 4.0 * (n + 1) as f64 + 0.1);
    }
    world.tick();
    assert_eq!(seen(&world, aria), nearest);
    // The last comes to the centre: it is not seen before the next full frame.
    place(&mut world, 4, 1.0);
    world.tick();
    assert_eq!(come_and_gone(&world, aria), (vec![], vec![]));
    while !frame(&world, aria).is_some_and(|frame| frame.full) {
        assert!(world.tick());
    }
    assert_eq!(come_and_gone(&world, aria), (vec![character(9)], vec![character(5)]));
    // Somebody who leaves makes room at once.
    world.handle(Event::Closed(crowd[0]));
    world.tick();
    assert_eq!(come_and_gone(&world, aria), (vec![character(5)], vec![character(1)]));
}

#[test]
fn after_a_sleep_a_crowd_sees_whom_it_saw_before() {
    both_with(Settings { area_cap: 3, ..unjudged() }, |mut world| {
        let crowd: Vec<_> = (0..6).map(|n| world.player(n, &format!("Other {n}"), Encoding::Binary)).collect();
        for (n, id) in crowd.iter().enumerate() {
            world.walk(*id, 3.0 * n as f64, 0.0);
        }
        while world.tick() {}
        world.walk(crowd[0], 0.1, 0.0);
        world.tick();
        assert_eq!((seen(&world, crowd[5]), come_and_gone(&world, crowd[5])), (vec![0], (vec![], vec![])));
    });
}

#[test]
fn two_hundred_who_come_together_cost_one_frame_for_each_faction() {
    let mut world = World::new(false);
    for n in 0..AREA_CAP as u64 {
        world.player(n, &format!("Other {n}"), Encoding::Binary);
        // An answer and a snapshot for each, and nothing to anybody else.
        assert_eq!(world.last.iter().filter(|effect| matches!(effect, Effect::Send(..))).count(), 2);
    }
    world.tick();
    assert_eq!(world.last.iter().filter(|effect| matches!(effect, Effect::Share(_))).count(), 2);
    assert_eq!(come_and_gone(&world, ConnectionId(7)).0.len(), AREA_CAP);
}

#[test]
fn who_goes_away_and_comes_back_between_two_ticks_is_listed_once() {
    let mut world = World::new(false);
    let aria = world.player(2, "Aria", Encoding::Binary);
    let bran = world.player(1, "Bran", Encoding::Binary);
    let cara = world.player(4, "Cara", Encoding::Binary);
    while world.tick() {}
    for id in [aria, bran] {
        world.send(id, &travel(2));
        world.send(id, &travel(1));
    }
    world.tick();
    assert_eq!(come_and_gone(&world, cara), (vec![character(2)], vec![character(2)]));
    assert_eq!(seen(&world, cara), [slot(&world, aria), slot(&world, bran)]);
    // If nobody has been told of somebody, nobody is told that it leaves.
    let dora = world.player(6, "Dora", Encoding::Binary);
    world.handle(Event::Closed(dora));
    world.tick();
    assert_eq!((world.types(aria), world.types(bran)), (vec![], vec![]));
}

#[test]
fn cells_that_nobody_is_in_any_more_are_used_again_once() {
    let mut world = World::with(unjudged(), false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.player(5, "Bran", Encoding::Binary);
    // Out to a cell of her own, and back.
    for x in [120.0, 0.0] {
        world.walk(aria, x, 0.0);
        while world.tick() {}
    }
    // Each of these comes here, and goes on to a location where nobody is.
    let apart = [(2, 9), (3, 10), (4, 2)].map(|(n, to)| {
        let id = world.player(n, &format!("Player {n}"), Encoding::Binary);
        while world.tick() {}
        world.send(id, &travel(to));
        while world.tick() {}
        id
    });
    for walker in apart {
        world.walk(walker, 1.0, 1.0);
        world.tick();
        for other in apart.into_iter().filter(|other| *other != walker) {
            assert_eq!(world.sent(other), [], "of {walker:?} to {other:?}");
        }
    }
}
