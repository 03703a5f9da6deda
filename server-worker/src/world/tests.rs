//! Hubs with room, damaged hubs, the realm's events.

use super::*;
use shardlink_shared::{
    entropy::Seeded,
    limits::{MAX_RETIRED_HUBS, RESERVATION_LIFE},
};

fn at<T>(now: u64, decide: impl FnOnce(&mut Context<'_, Write>) -> T) -> T {
    let mut entropy = Seeded::new(now);
    decide(&mut Context::new(Millis(now), &mut entropy))
}

#[test]
fn a_check_of_the_storage_writes_each_time_and_changes_nothing() {
    let mut world = World::default();
    at(5, |context| drop(world.dispatch(context, WorldCall::GetStatus(GetStatus {}))));
    let before = world.clone();
    for now in [6, 7] {
        let writes = at(now, |context| {
            world.dispatch(context, WorldCall::CheckStorage(CheckStorage {}));
            std::mem::take(&mut context.writes)
        });
        assert_eq!(writes, [Write::Started(Millis(5))]);
    }
    assert_eq!(world, before);
}

fn report(world: &mut World, now: u64, hub: u32, players: u32) {
    let population = Population { players, sockets: players + 1 };
    at(now, |context| world.report(context, &Report { hub, population, is_awake: false, misses: false }));
}

fn player(n: u64) -> Option<PlayerId> {
    PlayerId::new(n + (1 << 40))
}

/// A place for a player of no party in hubs of this size.
fn place(world: &mut World, now: u64, capacity: u32, who: u64) -> u32 {
    at(now, |context| world.place(context, &Place { capacity, party: None, near: None, who: player(who) }))
}

/// Where a stranger is sent in hubs of this size.
fn stranger(world: &mut World, now: u64, capacity: u32) -> u32 {
    at(now, |context| world.place(context, &Place { capacity, party: None, near: None, who: None }))
}

#[test]
fn twenty_three_players_in_hubs_of_five_fill_them_one_after_the_other() {
    let mut world = World::default();
    // All of them ask before anybody has arrived.
    let placed: Vec<u32> = (0..23).map(|n| place(&mut world, n, 5, n)).collect();
    assert_eq!(placed, (0..23).map(|n| n / 5).collect::<Vec<_>>());
    for hub in 0..5 {
        report(&mut world, 1_000, hub, if hub < 4 { 5 } else { 3 });
    }
    assert_eq!(place(&mut world, 1_001, 5, 101), 4);
    // Somebody leaves the first: the fullest with room is filled before the next.
    report(&mut world, 1_002, 0, 4);
    assert_eq!(place(&mut world, 1_003, 5, 102), 0);
    assert_eq!(place(&mut world, 1_004, 5, 103), 4);
    // All are full or spoken for: another one, never an error.
    assert_eq!(place(&mut world, 1_005, 5, 104), 5);
}

#[test]
fn a_place_that_nobody_takes_is_free_again_after_ten_seconds() {
    let mut world = World::default();
    assert_eq!(place(&mut world, 0, 1, 1), 0);
    assert_eq!(place(&mut world, 1, 1, 2), 1);
    assert_eq!(place(&mut world, RESERVATION_LIFE, 1, 3), 0);
}

#[test]
fn strangers_take_no_places_from_players() {
    let mut world = World::default();
    report(&mut world, 0, 0, 3);
    for n in 0..1_000 {
        assert_eq!(stranger(&mut world, n, 5), 0);
    }
    assert_eq!([place(&mut world, 1_000, 5, 1), place(&mut world, 1_000, 5, 2)], [0, 0]);
    assert_eq!(stranger(&mut world, 1_001, 5), 1, "and those places count");
}

#[test]
fn a_player_has_one_place_however_it_was_sent() {
    let mut world = World::default();
    report(&mut world, 0, 0, 1);
    assert_eq!(place(&mut world, 1, 2, 7), 0);
    assert_eq!(place(&mut world, 2, 2, 7), 0, "its own place is not in its way");
    // It comes by a socket of its own, without a ticket, and signs in elsewhere.
    assert_eq!(stranger(&mut world, 3, 2), 1);
    at(4, |c| world.reserve(c.now, &Reserve { hub: 1, who: player(7).unwrap() }));
    assert_eq!((world.expected_in(0, Millis(5)), world.expected_in(1, Millis(5))), (1, 1));
    report(&mut world, 6, 1, 1);
    assert_eq!((world.expected_in(0, Millis(7)), world.expected_in(1, Millis(7))), (1, 1));
}

#[test]
fn a_hub_that_died_is_forgotten_and_its_number_used_again() {
    let mut world = World::default();
    report(&mut world, 0, 0, 2);
    report(&mut world, 0, 1, 1);
    assert_eq!(place(&mut world, 1, 2, 1), 1);
    assert_eq!(world.hubs(Millis(1)), [0, 1]);
    assert_eq!(place(&mut world, HUB_FORGOTTEN_AFTER, 2, 2), 0);
    assert_eq!(world.hubs(Millis(HUB_FORGOTTEN_AFTER)), [0; 0]);
}

fn retire(world: &mut World, now: u64, hub: u32) -> Vec<Write> {
    at(now, |context| {
        world.retire(context, hub);
        std::mem::take(&mut context.writes)
    })
}

#[test]
fn a_damaged_hubs_number_is_given_to_nobody_and_the_next_free_one_instead() {
    let party = PartyId::new(1 << 40);
    let alone = Place { capacity: 5, party: None, near: None, who: player(1) };
    let together = Place { capacity: 5, party, near: Some(0), who: player(2) };
    let mut world = World::default();
    report(&mut world, 0, 0, 3);
    assert_eq!(at(1, |c| world.place(c, &together)), 0);
    assert_eq!(retire(&mut world, 2, 0), [Write::Retired(0, Millis(2))]);
    assert_eq!(retire(&mut world, 3, 0), [], "a call that is repeated changes nothing");
    at(3, |_| world.reserve(Millis(3), &Reserve { hub: 0, who: PlayerId::new(9).unwrap() }));
    assert!(world.reserved.is_empty(), "no place is kept there");
    // Not to the fullest, not to the party's others, not to the first number.
    assert_eq!(at(4, |c| world.place(c, &alone)), 1);
    assert_eq!(at(5, |c| world.place(c, &together)), 1);
    assert_eq!(at(6, |c| world.place(c, &Place { near: None, ..together })), 1);
    // Nor when it is forgotten as every silent hub is, nor after a restart.
    let at_last = HUB_FORGOTTEN_AFTER + 10;
    assert_eq!(world.hubs(Millis(at_last)), [0; 0]);
    let mut restored =
        World::restore(None, BTreeMap::new(), world.retired.clone(), BTreeMap::new(), Speech::default());
    assert_eq!(at(at_last, |c| restored.place(c, &alone)), 1);
}

#[test]
fn of_very_many_damaged_hubs_the_first_is_tried_again() {
    let mut world = World::default();
    for hub in 0..MAX_RETIRED_HUBS as u32 {
        assert_eq!(retire(&mut world, u64::from(hub), hub).len(), 1);
    }
    let one_more = MAX_RETIRED_HUBS as u32;
    let writes = retire(&mut world, 1_000, one_more);
    assert_eq!(writes, [Write::Retired(one_more, Millis(1_000)), Write::Reinstated(0)]);
    assert_eq!(world.retired.len(), MAX_RETIRED_HUBS);
    assert_eq!(at(1_001, |c| world.place(c, &Place { capacity: 5, party: None, near: None, who: None })), 0);
}

#[test]
fn a_partys_members_are_sent_where_the_others_are_while_there_is_room() {
    let party = PartyId::new(1 << 40);
    let place = |who, near| Place { capacity: 4, party, near, who: player(who) };
    let alone = Place { capacity: 4, party: None, near: None, who: player(9) };
    let mut world = World::default();
    report(&mut world, 0, 0, 2);
    report(&mut world, 0, 1, 1);
    assert_eq!(at(1, |c| world.place(c, &alone)), 0, "others go to the fullest");
    assert_eq!(at(1, |c| world.place(c, &place(1, Some(1)))), 1);
    // The next is sent after it, also before it has arrived, or is known to be there.
    assert_eq!(at(2, |c| world.place(c, &place(2, None))), 1);
    assert_eq!(at(2, |c| world.place(c, &place(3, None))), 1);
    assert_eq!(at(2, |c| world.place(c, &place(4, None))), 0, "full is full");
}

#[test]
fn the_status_adds_the_hubs_and_forgets_the_silent() {
    let mut world = World::default();
    report(&mut world, 0, 0, 2);
    report(&mut world, HUB_FORGOTTEN_AFTER - 20_000, 1, 3);
    assert_eq!(at(HUB_FORGOTTEN_AFTER - 1, |c| world.status(c)).population, Population { players: 5, sockets: 7 });
    assert_eq!(at(HUB_FORGOTTEN_AFTER, |c| world.status(c)).population, Population { players: 3, sockets: 4 });
}

#[test]
fn hubs_that_a_jump_of_the_clock_left_asleep_are_woken_and_hear_what_is_said_next() {
    use crate::effect::Errands;
    let mut world = World::default();
    report(&mut world, 0, 0, 2);
    report(&mut world, 0, 1, 1);
    at(0, |c| world.report(c, &Report { hub: 2, population: Population::default(), is_awake: false, misses: false }));
    let later = HUB_FORGOTTEN_AFTER * 60;
    assert_eq!(at(later, |c| world.clock_jumped(c)), 2);
    assert_eq!(world.listening(Millis(later), None), [0, 1].into());
    assert_eq!(world.take_errands(Millis(later)), [(0, vec![]), (1, vec![])]);
    assert_eq!(world.take_errands(Millis(later)), [], "once");
}

#[test]
fn the_realm_begins_once() {
    let mut world = World::default();
    assert_eq!(at(7, |c| world.status(c)).started, Millis(7));
    assert_eq!(at(9, |c| world.status(c)).started, Millis(7));
}

#[test]
fn events_are_read_in_pages_the_newest_first_and_the_oldest_are_forgotten() {
    let mut world = World::default();
    let page = |world: &mut World, before, limit| {
        let page = at(1, |c| world.events(c, &GetEvents { before, limit }));
        page.into_iter().map(|(number, _)| number).collect::<Vec<_>>()
    };
    // The first is the realm's beginning.
    assert_eq!(page(&mut world, None, 50), [1]);
    let happening = world.events[&1].clone();
    for n in 0..4 {
        at(n, |c| world.record(c, happening.clone()));
    }
    assert_eq!(page(&mut world, None, 2), [5, 4]);
    assert_eq!(page(&mut world, Some(4), 2), [3, 2]);
    assert_eq!(page(&mut world, Some(2), 2), [1]);
    assert_eq!(page(&mut world, Some(1), 2), [0; 0]);
    for n in 0..MAX_WORLD_EVENTS as u64 {
        at(n, |c| world.record(c, happening.clone()));
    }
    assert_eq!(world.events.len(), MAX_WORLD_EVENTS);
    assert_eq!(page(&mut world, None, 1), [MAX_WORLD_EVENTS as u64 + 5]);
}
