//! When what is told.

use super::*;
use crate::config::MovementCheck;
use shardlink_shared::{
    limits::{FULL_FRAME_INTERVAL, JSON_NEAREST},
    protocol::movement::PositionFrame,
    rules::movement::DEAD_RECKONING,
};
use std::collections::BTreeMap;

fn frames(world: &World, id: ConnectionId) -> Vec<PositionFrame> {
    let frame = |message| if let ServerMessage::PositionFrame(frame) = message { Some(frame) } else { None };
    world.sent(id).into_iter().filter_map(frame).collect()
}

/// Two who have stood beside each other for a while, so that nothing is due.
fn aria_and_bran() -> (World, ConnectionId, ConnectionId) {
    let mut world = World::new(false);
    let aria = world.player(2, "Aria", Encoding::Binary);
    let bran = world.player(1, "Bran", Encoding::Binary);
    while world.tick() {}
    world.now += 10_000;
    (world, aria, bran)
}

fn shares(world: &World) -> usize {
    world.last.iter().filter(|effect| matches!(effect, Effect::Share(_))).count()
}

#[test]
fn a_cells_frame_is_encoded_once_for_all_in_it() {
    let settings = Settings { movement_check: MovementCheck::Shadow, ..Settings::default() };
    let mut world = World::with(settings, false);
    let near: Vec<_> = (0..5).map(|n| world.player(n, &format!("Near {n}"), Encoding::Binary)).collect();
    let far: Vec<_> = (5..9).map(|n| world.player(n, &format!("Far {n}"), Encoding::Binary)).collect();
    for id in &far {
        world.walk(*id, 300.0, 0.0);
    }
    while world.tick() {}
    for id in near.iter().chain(&far) {
        let x = if near.contains(id) { 1.0 } else { 301.0 };
        world.walk(*id, x, 0.0);
    }
    world.tick();
    assert_eq!(shares(&world), 2);
    for (id, count) in [(near[0], 5), (far[0], 4)] {
        let [frame] = &frames(&world, id)[..] else { panic!() };
        assert_eq!((frame.players.len(), frame.time.0), (count, world.now as u32));
    }
    // A step costs nothing for those who do not see it.
    world.walk(near[0], 2.0, 0.0);
    world.tick();
    assert_eq!((shares(&world), frames(&world, far[0]).len()), (1, 0));
}

#[test]
fn moves_that_come_together_are_told_together_and_a_first_one_at_once() {
    let (mut world, aria, bran) = aria_and_bran();
    world.walk(aria, 0.1, 0.0);
    // It is due already.
    assert!(world.hub.next_tick().unwrap() <= Millis(world.now));
    let first = world.now;
    world.tick();
    for n in 2..6 {
        world.walk(aria, f64::from(n) / 10.0, 0.0);
        assert_eq!(world.hub.next_tick(), Some(Millis(first + 50)));
        world.now += 10;
        world.handle(Event::Tick);
        assert_eq!(world.last, []);
    }
    world.tick();
    assert_eq!((world.now, frames(&world, bran)[0].positions().next().unwrap().1), (first + 50, at(0.5, 0.0)));
}

#[test]
fn where_nobody_moves_those_who_come_share_a_tick_for_twice_as_long() {
    let mut world = World::new(false);
    let bran = world.player(1, "Bran", Encoding::Binary);
    while world.tick() {}
    let last = world.now;
    for n in 2..5 {
        world.player(n, &format!("Guest {n}"), Encoding::Binary);
        assert_eq!(world.hub.next_tick(), Some(Millis(last + 100)));
    }
    world.tick();
    assert_eq!(world.types(bran).iter().filter(|name| **name == "player_joined_area").count(), 3);
    // Somebody who moves, or speaks, does not wait for it.
    world.player(5, "Guest 5", Encoding::Binary);
    world.walk(bran, 0.1, 0.0);
    assert_eq!(world.hub.next_tick(), Some(Millis(last + 150)));
}

#[test]
fn nothing_ticks_while_nothing_moves_and_the_places_are_written_down() {
    both(|mut world| {
        let aria = world.player(2, "Aria", Encoding::Binary);
        let bran = world.player(1, "Bran", Encoding::Json);
        world.walk(aria, 1.0, 0.0);
        let begun = world.now;
        let mut ticks = 0;
        let mut attached = false;
        while world.tick() {
            ticks += 1;
            attached |= world.last.contains(&Effect::Attach(aria));
        }
        assert!(ticks <= 5 && world.now <= begun + FULL_FRAME_INTERVAL + 100, "{ticks} by {}", world.now - begun);
        assert!(attached);
        // It is where it was, even after a sleep.
        world.send(bran, &say("hello", Channel::Global));
        assert_eq!(world.hub.connection(aria).unwrap().player().unwrap().motion.position, at(1.0, 0.0));
        assert_eq!(world.hub.next_tick(), None);
    });
}

#[test]
fn while_somebody_walks_a_full_frame_comes_every_2_seconds() {
    let (mut world, aria, bran) = aria_and_bran();
    let begun = world.now;
    let (mut full, mut others) = (vec![], 0);
    for n in 1..=60 {
        // Aria sends a step ten times a second; Bran sends one every two seconds, and walks on in
        // between.
        world.run(aria, 0.6 * f64::from(n), 0.0, 6.0, 0.0);
        if n % 20 == 1 {
            world.run(bran, 0.0, 0.6 * f64::from(n), 0.0, 6.0);
        }
        world.tick();
        for frame in frames(&world, bran) {
            match frame.full {
                true => full.push((world.now - begun, frame.players.len())),
                false => others += frame.players.len(),
            }
        }
        world.now = begun + u64::try_from(n).unwrap() * 100;
    }
    assert_eq!(full, [(0, 2), (2_000, 2), (4_000, 2)]);
    assert_eq!(others, 57);
}

#[test]
fn who_is_silent_is_walked_on_for_a_while_and_then_stands() {
    let (mut world, aria, bran) = aria_and_bran();
    let begun = world.now;
    world.run(aria, 1.0, 0.0, 6.0, 0.0);
    let mut told = vec![];
    while world.tick() {
        told.extend(
            frames(&world, bran)
                .iter()
                .flat_map(PositionFrame::positions)
                .map(|(_, at, v)| (world.now - begun, at, v)),
        );
    }
    let end = 1.0 + 6.0 * DEAD_RECKONING as f64 / 1000.0;
    assert_eq!(
        told,
        [(0, at(1.0, 0.0), at(6.0, 0.0)), (2_000, at(13.0, 0.0), at(6.0, 0.0)), (4_000, at(end, 0.0), at(0.0, 0.0))]
    );
}

#[test]
fn a_json_client_is_told_of_the_nearest_five_times_a_second_and_of_the_rest_once() {
    let mut world = World::new(false);
    let bran = world.player(1, "Bran", Encoding::Json);
    let others: Vec<_> = (10..40).map(|n| world.player(n, &format!("Other {n}"), Encoding::Binary)).collect();
    while world.tick() {}
    world.now += 10_000;
    let begun = world.now;
    let mut told: BTreeMap<CharacterId, Vec<u64>> = BTreeMap::new();
    let note = |world: &World, told: &mut BTreeMap<CharacterId, Vec<u64>>| {
        for message in world.sent(bran) {
            if let ServerMessage::Move(step) = message {
                told.entry(step.character_id).or_default().push(world.now - begun);
            }
        }
    };
    // For two seconds everybody takes a step of some millimetres ten times a second.
    for n in 0..20 {
        for (index, id) in others.iter().enumerate() {
            world.walk(*id, 0.1 * (index + 1) as f64 + 0.01 * f64::from(n), 0.0);
        }
        world.tick();
        note(&world, &mut told);
        world.now = begun + (u64::try_from(n).unwrap() + 1) * 100;
    }
    let last: Vec<_> = others.iter().map(|id| world.hub.connection(*id).unwrap().player().unwrap().motion).collect();
    while world.tick() {
        note(&world, &mut told);
    }
    assert_eq!(told.len(), others.len());
    for (index, times) in told.values().enumerate() {
        let least = if index < JSON_NEAREST { 200 } else { 1_000 };
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= least), "{index}: {times:?}");
        assert_eq!(times.len(), if index < JSON_NEAREST { 11 } else { 3 }, "{index}: {times:?}");
        // It is also told where everybody has stopped.
        assert!(times.last().unwrap() >= &1_900 && last[index].velocity == Vec3::ZERO);
    }
}

#[test]
fn a_json_client_is_told_of_who_walks_on_in_silence() {
    let mut world = World::new(false);
    let bran = world.player(1, "Bran", Encoding::Json);
    let aria = world.player(2, "Aria", Encoding::Binary);
    while world.tick() {}
    world.now += 10_000;
    world.run(aria, 0.0, 0.0, 6.0, 0.0);
    let mut places = vec![];
    for _ in 0..4 {
        world.tick();
        for message in world.sent(bran) {
            if let ServerMessage::Move(step) = message {
                places.push(step.position.unwrap());
            }
        }
    }
    assert_eq!(places, [at(0.0, 0.0), at(1.2, 0.0), at(2.4, 0.0), at(3.6, 0.0)]);
}

#[test]
fn the_rate_and_the_cap_of_a_hub_are_its_settings() {
    let mut world = World::with(Settings { tick_interval: 100, area_cap: 1, ..Settings::default() }, false);
    let aria = world.player(2, "Aria", Encoding::Binary);
    let bran = world.player(1, "Bran", Encoding::Binary);
    while world.tick() {}
    for id in [bran, aria] {
        world.walk(id, 0.1, 0.0);
    }
    world.tick();
    assert_eq!(frames(&world, bran)[0].players.len(), 1);
    let last = world.now;
    world.walk(aria, 0.2, 0.0);
    assert_eq!(world.hub.next_tick(), Some(Millis(last + 100)));
}
