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
    // Of what changed back and forth only the last is told.
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

/// The alarm comes: whether the hub reports that somebody misses what is so.
fn report(world: &mut World) -> Option<bool> {
    world.now += POPULATION_DELAY;
    world.handle(Event::Alarm);
    world.last.iter().find_map(|effect| match effect {
        Effect::Report { misses, .. } => Some(*misses),
        _ => None,
    })
}

/// World tells of so many players: how many each of these has heard of before the hub rests.
fn hear(world: &mut World, number: u64, players: u32, ids: &[ConnectionId]) -> Vec<Vec<u32>> {
    world.handle(told(number, players));
    let mut all: Vec<Vec<u32>> = ids.iter().map(|id| heard(world, *id)).collect();
    let until = world.now + 1_000;
    while world.hub.next_timer().is_some_and(|due| due.0 < until) && wait(world) {
        for (all, id) in all.iter_mut().zip(ids) {
            all.extend(heard(world, *id));
        }
    }
    all
}

#[test]
fn a_newcomer_is_told_as_soon_as_world_has_counted_it_and_not_what_was_so_before() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    assert_eq!(report(&mut world), Some(true));
    assert_eq!(hear(&mut world, 1, 7, &[aria]), [[7]]);
    let bran = world.player(2, "Bran", Encoding::Json);
    assert_eq!(heard(&world, bran), [0; 0]);
    assert_eq!(report(&mut world), Some(true));
    // The others know the number of a second ago, and are told this one later.
    assert_eq!(hear(&mut world, 2, 8, &[aria, bran]), [vec![], vec![8]]);
    // It is as it was before the newcomer, who was told otherwise.
    world.handle(told(3, 7));
    let mut all = Vec::new();
    while wait(&mut world) {
        all.extend(heard(&world, bran));
    }
    assert_eq!(all, [7]);
    // One that comes back is told again.
    world.handle(Event::Lost(aria));
    assert_eq!(report(&mut world), Some(false));
    // What World has answered may have been lost on its way.
    world.handle(Event::Unreported);
    world.now += POPULATION_DELAY;
    assert_eq!(report(&mut world), Some(true));
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
