//! What players are told of the realm as it is now.

use super::*;
use crate::calls::hub::{Audience, Delivery, Key, Telling, WORLD_STATE};
use shardlink_shared::{limits::LATEST_INTERVAL, protocol::world::WorldState};

fn told(number: u64, players: u32) -> Event<'static> {
    Event::Delivered(vec![Delivery {
        key: Key::InOrder { sender: WORLD_STATE, number },
        to: Audience::Everybody,
        from: None,
        answers: None,
        message: ServerMessage::WorldState(WorldState::beginning(players)),
        telling: Telling::Latest,
        change: None,
    }])
}

/// How many players a connection has just been told of, each time.
fn heard(world: &World, id: ConnectionId) -> Vec<u32> {
    let all = world.sent(id).into_iter();
    let counts = all.filter_map(|message| match message {
        ServerMessage::WorldState(state) => Some(state.active_players),
        _ => None,
    });
    counts.collect()
}

/// Waits until the hub wants to be called, if it does.
fn wait(world: &mut World) -> bool {
    let due = world.hub.next_timer();
    if let Some(due) = due {
        world.now = world.now.max(due.0);
        world.handle(Event::Tick);
    }
    due.is_some()
}

#[test]
fn all_are_told_at_once_then_the_newest_every_five_seconds_at_most() {
    let mut world = World::new(false);
    let (aria, bran) = (world.player(1, "Aria", Encoding::Binary), world.player(2, "Bran", Encoding::Json));
    while wait(&mut world) {}
    world.handle(told(1, 2));
    while heard(&world, aria).is_empty() && wait(&mut world) {}
    assert_eq!((heard(&world, aria), heard(&world, bran)), (vec![2], vec![2]));
    let first = world.now;
    for (number, players) in [(2, 3), (3, 4), (4, 5)] {
        world.now += 100;
        world.handle(told(number, players));
        assert_eq!(heard(&world, aria), [0; 0]);
    }
    // One that was overtaken on its way says nothing.
    world.handle(told(3, 4));
    let mut all = Vec::new();
    while wait(&mut world) {
        all.extend(heard(&world, aria).into_iter().map(|players| (world.now - first, players)));
    }
    let [(after, 5)] = all[..] else { panic!("{all:?}") };
    assert!((LATEST_INTERVAL..LATEST_INTERVAL + 100).contains(&after), "{after}");
    assert_eq!(world.log.len(), 0, "it is never stored");
    // What is as it was is not told again.
    world.now += 60_000;
    world.handle(told(5, 5));
    while wait(&mut world) {}
    assert_eq!(heard(&world, aria), [0; 0]);
    // What changed for less than the interval and is as it was told is no news either.
    world.handle(told(6, 6));
    world.handle(told(7, 5));
    world.handle(told(8, 6));
    world.handle(told(9, 5));
    let mut all = Vec::new();
    while wait(&mut world) {
        all.extend(heard(&world, bran));
    }
    assert!(all.len() <= 2 && all.last() == Some(&5), "{all:?}");
}

#[test]
fn a_player_who_enters_or_resumes_is_told_what_is_so_and_misses_it_where_the_hub_does_not_know() {
    let mut world = World::new(false);
    world.player(1, "Aria", Encoding::Binary);
    world.now += POPULATION_DELAY;
    world.handle(Event::Alarm);
    assert!(matches!(world.last[..], [Effect::Report { misses: true, .. }]), "{:?}", world.last);
    world.handle(told(1, 7));
    let bran = world.player(2, "Bran", Encoding::Json);
    assert_eq!(heard(&world, bran), [7]);
    world.now += POPULATION_DELAY;
    world.handle(Event::Alarm);
    assert!(matches!(world.last[..], [Effect::Report { misses: false, .. }]), "{:?}", world.last);
    // World may have answered what nobody heard.
    world.handle(Event::Unreported);
    world.now += POPULATION_DELAY * 2;
    world.handle(Event::Alarm);
    assert!(matches!(world.last[..], [Effect::Report { misses: true, .. }]), "{:?}", world.last);
}

#[test]
fn world_hears_when_the_hub_is_awake_and_when_it_may_sleep() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    while wait(&mut world) {}
    world.now += POPULATION_DELAY;
    world.handle(Event::Alarm);
    let reports = |world: &World| {
        let is_awake = |effect: &Effect| match effect {
            Effect::Report { is_awake, .. } => Some(*is_awake),
            _ => None,
        };
        world.last.iter().filter_map(is_awake).collect::<Vec<_>>()
    };
    assert_eq!(reports(&world), [false]);
    world.send(aria, &say("hello", Channel::Global));
    assert_eq!(reports(&world), [true]);
    let mut all = Vec::new();
    while wait(&mut world) {
        all.extend(reports(&world));
    }
    assert_eq!(all, [false]);
}
