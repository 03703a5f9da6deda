use super::*;
use shardlink_shared::{
    codec::{Incoming, snapshot::Entries},
    entropy::{Entropy, Seeded},
    protocol::{
        Envelope, ServerMessage,
        bounded::List,
        movement::{Move, PlayerHere, PlayerJoinedArea, PlayerLeftArea},
    },
    rules::interest::Cell,
    time::FrameTime,
    world::NEXUS,
};

fn id(number: u64) -> CharacterId {
    CharacterId::new(number).unwrap()
}

fn own() -> CharacterId {
    id(1)
}

fn name(text: &str) -> CharacterName {
    CharacterName::parse(text).unwrap()
}

fn at(x: f64) -> Vec3 {
    Vec3::from_metres(x, 0.0, 0.0).unwrap()
}

fn here(number: u64, x: f64) -> PlayerHere {
    let faction = Faction::GoldenOrder;
    PlayerHere {
        character_id: id(number),
        character_name: name("Bran"),
        position: at(x),
        faction,
        level: 3,
        slot: number as u16,
    }
}

fn on_time(now: Millis) -> News {
    News { came: now, due: now }
}

fn frame(nearby: &mut Nearby, players: &[(u16, f64, f64)], news: News) -> Vec<Placed> {
    let players = players.iter().map(|(slot, x, speed)| (*slot, at(*x), at(*speed)));
    let cell = Cell::new(1, 0).unwrap();
    let frame = PositionFrame {
        location_id: NEXUS,
        time: FrameTime::of(news.due),
        cell,
        full: false,
        players: Entries::of(players, cell.centre()),
    };
    let mut placed = Vec::new();
    nearby.frame(&frame, news.due, news, &mut |one| placed.push(one));
    placed
}

fn seen(nearby: &Nearby, now: u64) -> Vec<Seen<'_>> {
    nearby.seen(Millis(now)).collect()
}

impl Nearby {
    fn hears(&mut self, message: &ServerMessage, own: CharacterId, news: News) {
        let incoming = Incoming { envelope: Envelope::default(), message: message.clone() };
        self.apply(&Told::from(&incoming), own, news);
    }
}

fn step(number: u64, x: f64, speed: f64) -> ServerMessage {
    ServerMessage::Move(Move {
        character_id: id(number),
        from_location_id: None,
        to_location_id: None,
        position: Some(at(x)),
        velocity: Some(at(speed)),
    })
}

/// In the Nexus at time 0, with players 1 (oneself) and 2.
fn nexus() -> Nearby {
    let mut nearby = Nearby::default();
    let players = List::of([here(1, 0.0), here(2, 5.0)]);
    let update = ServerMessage::LocationUpdate(LocationUpdate { location_id: NEXUS, players });
    nearby.hears(&update, own(), on_time(Millis(1_000)));
    nearby
}

fn x(nearby: &Nearby, now: u64) -> f64 {
    seen(nearby, now)[0].position.x
}

#[test]
fn a_snapshot_replaces_everybody_and_leaves_oneself_out() {
    let mut nearby = nexus();
    assert_eq!(seen(&nearby, 1_000).iter().map(|seen| seen.who.character_id).collect::<Vec<_>>(), [id(2)]);
    assert_eq!(seen(&nearby, 1_000)[0].who.faction, Some(Faction::GoldenOrder));
    let volcano = LocationId::new(2).unwrap();
    let update =
        ServerMessage::LocationUpdate(LocationUpdate { location_id: volcano, players: List::of([here(9, 0.0)]) });
    nearby.hears(&update, own(), on_time(Millis(2_000)));
    let seen = seen(&nearby, 2_000);
    assert_eq!((seen.len(), seen[0].who.character_id, seen[0].location_id), (1, id(9), volcano));
}

#[test]
fn players_join_and_leave_and_other_locations_do_not_matter() {
    let mut nearby = nexus();
    let joined = |number, location_id| {
        ServerMessage::PlayerJoinedArea(PlayerJoinedArea {
            character_id: id(number),
            character_name: name("Cato"),
            location_id,
            position: None,
            faction: None,
            level: None,
            slot: 0,
        })
    };
    let left = |location_id| ServerMessage::PlayerLeftArea(PlayerLeftArea { character_id: id(2), location_id });
    let elsewhere = LocationId::new(2).unwrap();
    nearby.hears(&joined(3, NEXUS), own(), on_time(Millis(1_000)));
    nearby.hears(&joined(4, elsewhere), own(), on_time(Millis(1_000)));
    nearby.hears(&joined(1, NEXUS), own(), on_time(Millis(1_000)));
    nearby.hears(&left(elsewhere), own(), on_time(Millis(1_000)));
    assert_eq!(seen(&nearby, 1_000).len(), 2);
    nearby.hears(&left(NEXUS), own(), on_time(Millis(1_000)));
    assert_eq!(seen(&nearby, 1_000)[0].who.character_id, id(3));
}

#[test]
fn between_two_known_positions_a_player_walks_in_a_straight_line() {
    let mut nearby = nexus();
    for tick in 1..=4_u64 {
        nearby.hears(&step(2, 5.0 + 0.3 * tick as f64, 6.0), own(), on_time(Millis(2_000 + 50 * tick)));
    }
    // At 2,250 the state of 2,150 is shown, which is the third position; 25 ms later the player
    // is half way to the fourth.
    assert!((x(&nearby, 2_250) - 5.9).abs() < 1e-9);
    assert!((x(&nearby, 2_275) - 6.05).abs() < 1e-9);
    assert!((seen(&nearby, 2_275)[0].velocity.x - 6.0).abs() < 1e-9);
}

#[test]
fn who_walks_straight_on_is_walked_on_until_its_next_word_is_overdue() {
    let mut nearby = nexus();
    nearby.hears(&step(2, 5.0, 6.0), own(), on_time(Millis(2_000)));
    assert!((x(&nearby, 2_200) - 5.6).abs() < 1e-9);
    assert!((x(&nearby, 4_100) - 17.0).abs() < 1e-9);
    assert!((x(&nearby, 4_350) - 18.5).abs() < 1e-9);
    assert!((x(&nearby, 60_000) - 18.5).abs() < 1e-9);
    assert_eq!(seen(&nearby, 60_000)[0].velocity, Point::default());
    // And nobody walks out of the location.
    nearby.hears(&step(2, 499.0, 6.0), own(), on_time(Millis(70_000)));
    assert!((x(&nearby, 72_000) - 500.0).abs() < 1e-9);
}

#[test]
fn a_frame_places_whom_it_knows_by_slot_and_nobody_else() {
    let mut nearby = nexus();
    let placed = frame(&mut nearby, &[(0, 1.0, 0.0), (1, 2.0, 0.0), (2, 8.0, 6.0)], on_time(Millis(2_000)));
    let entry = Placed { character_id: id(2), slot: 2, position: at(8.0), velocity: at(6.0), time: Millis(2_000) };
    assert_eq!(placed, [entry]);
    assert!((x(&nearby, 2_300) - 9.2).abs() < 1e-9);
    // A player that comes or goes changes no other player's slot.
    let joined = ServerMessage::PlayerJoinedArea(PlayerJoinedArea {
        character_id: id(1 << 40),
        character_name: name("Cato"),
        location_id: NEXUS,
        position: Some(at(3.0)),
        faction: None,
        level: None,
        slot: 700,
    });
    nearby.hears(&joined, own(), on_time(Millis(2_000)));
    let left = ServerMessage::PlayerLeftArea(PlayerLeftArea { character_id: id(2), location_id: NEXUS });
    nearby.hears(&left, own(), on_time(Millis(2_000)));
    let placed = frame(&mut nearby, &[(2, 9.0, 0.0), (700, 4.0, 0.0)], on_time(Millis(2_050)));
    assert_eq!(placed.iter().map(|one| one.character_id).collect::<Vec<_>>(), [id(1 << 40)]);
    // A frame of a location that the player has left says nothing about this one.
    nearby.location = LocationId::new(2);
    assert!(frame(&mut nearby, &[(700, 4.0, 0.0)], on_time(Millis(2_100))).is_empty());
}

#[test]
fn the_roster_has_another_version_whenever_it_changes_and_only_then() {
    let mut nearby = nexus();
    let version = nearby.version();
    frame(&mut nearby, &[(2, 8.0, 6.0)], on_time(Millis(2_000)));
    nearby.hears(&step(2, 5.0, 6.0), own(), on_time(Millis(2_100)));
    assert_eq!(nearby.version(), version);
    let left = ServerMessage::PlayerLeftArea(PlayerLeftArea { character_id: id(2), location_id: NEXUS });
    nearby.hears(&left, own(), on_time(Millis(2_000)));
    assert_ne!(nearby.version(), version);
    assert_eq!(nearby.roster().len(), 0);
    let version = nearby.version();
    nearby.clear();
    assert_ne!(nearby.version(), version);
}

#[test]
fn the_delay_is_the_games_to_choose() {
    for delay in [0_u64, 100, 1_000] {
        let mut nearby = nexus();
        nearby.set_delay(delay);
        for tick in 0..60_u64 {
            let now = Millis(2_000 + 50 * tick);
            frame(&mut nearby, &[(2, 5.0 + 0.3 * tick as f64, 6.0)], on_time(now));
        }
        // At 4,950 the state of `delay` earlier is shown; the walk began at 5.0 m at 2,000.
        let expected = 5.0 + 0.006 * (2_950.0 - delay as f64);
        assert!((x(&nearby, 4_950) - expected).abs() < 1e-9, "{delay}");
        assert!(nearby.players[0].track.samples.len() <= track::MAX_SAMPLES);
    }
    let mut nearby = nexus();
    nearby.set_delay(u64::MAX);
    assert_eq!(nearby.delay, LONGEST_DELAY);
}

/// Another player walks straight, turns and stops. The protocol tells of it over a network with
/// jitter of up to 60 ms, and it is shown at 60 frames a second.
#[test]
fn at_sixty_frames_a_second_a_walk_over_a_shaky_network_reads_smoothly_and_true() {
    let truth = |time: u64| {
        let walked = |from: u64, to: u64| time.clamp(from, to) - from;
        5.0 + 0.006 * walked(2_000, 5_000) as f64 - 0.006 * walked(5_000, 7_000) as f64
    };
    let mut entropy = Seeded::new(11);
    let mut nearby = nexus();
    let told = [(2_000, 6.0), (4_000, 6.0), (5_000, -6.0), (7_000, 0.0)];
    let mut news: Vec<(u64, u64, f64)> =
        told.iter().map(|(time, speed)| (time + u64::from(entropy.below(61)), *time, *speed)).collect();
    let mut last = 5.0;
    for shown in 0..480_u64 {
        let now = 2_000 + shown * 1000 / 60;
        while let Some((came, time, speed)) = news.first().copied().filter(|(came, ..)| *came <= now) {
            news.remove(0);
            frame(&mut nearby, &[(2, truth(time), speed)], News { came: Millis(came), due: Millis(time) });
        }
        let at = x(&nearby, now);
        assert!((at - last).abs() < 0.16, "{last} to {at} at {now}");
        // What is shown turns up to a quarter second early, so it is off by what the player
        // walked in that time.
        assert!((at - truth(now - 100)).abs() < 0.8, "{at} is not {} at {now}", truth(now - 100));
        last = at;
    }
    assert!((last - 11.0).abs() < 1e-9, "{last}");
}

#[test]
fn what_is_shown_never_jumps_however_late_the_news() {
    for gap in [10_u64, 50, 99, 100, 101, 200, 349, 351, 1_000, 2_249, 2_251, 30_000] {
        let mut nearby = nexus();
        nearby.hears(&step(2, 5.0, 6.0), own(), on_time(Millis(2_000)));
        let arrival = 2_000 + gap;
        let before = x(&nearby, arrival);
        nearby.hears(&step(2, 9.0, 0.0), own(), on_time(Millis(arrival)));
        assert!((x(&nearby, arrival) - before).abs() < 1e-9, "after {gap}");
        let mut last = before;
        for now in arrival..arrival + 200 {
            let shown = x(&nearby, now);
            assert!((shown - last).abs() < 0.5, "{last} to {shown} after {gap}");
            last = shown;
        }
        assert!((last - 9.0).abs() < 1e-9, "after {gap}");
    }
}

#[test]
fn of_two_positions_that_come_together_the_later_counts() {
    let mut nearby = nexus();
    nearby.hears(&step(2, 6.0, 0.0), own(), on_time(Millis(2_000)));
    nearby.hears(&step(2, 7.0, 0.0), own(), on_time(Millis(2_000)));
    assert!((x(&nearby, 3_000) - 7.0).abs() < 1e-9);
    for tick in 0..100_u64 {
        nearby.hears(&step(2, 7.0, 0.0), own(), on_time(Millis(3_000 + tick)));
    }
    assert!(nearby.players[0].track.samples.len() <= track::MAX_SAMPLES);
}

#[test]
fn an_update_brings_a_player_into_sight_and_only_changes_what_it_tells() {
    let mut nearby = nexus();
    let update = |number, location_id, level| {
        ServerMessage::CharacterUpdate(CharacterUpdate {
            character_id: id(number),
            character_name: name("Dora"),
            location_id,
            position: Some(at(1.0)),
            health: None,
            max_health: None,
            mana: None,
            max_mana: None,
            stamina: None,
            max_stamina: None,
            level,
            faction: None,
        })
    };
    nearby.hears(&update(2, None, None), own(), on_time(Millis(2_000)));
    nearby.hears(&update(5, Some(NEXUS), Some(4)), own(), on_time(Millis(2_000)));
    nearby.hears(&update(6, None, None), own(), on_time(Millis(2_000)));
    nearby.hears(&update(1, Some(NEXUS), None), own(), on_time(Millis(2_000)));
    let shown = seen(&nearby, 3_000);
    assert_eq!(shown.iter().map(|seen| seen.who.character_id.get()).collect::<Vec<_>>(), [2, 5]);
    assert_eq!((shown[0].who.level, shown[1].who.level, shown[0].last_seen), (Some(3), Some(4), Millis(2_000)));
    nearby.hears(&update(5, LocationId::new(2), None), own(), on_time(Millis(2_000)));
    assert_eq!(seen(&nearby, 3_000).len(), 1);
}

#[test]
fn who_has_not_been_looked_at_is_shown_where_it_is_and_does_not_go_on_from_where_it_was() {
    for looks in [true, false] {
        let mut nearby = nexus();
        frame(&mut nearby, &[(2, 5.0, 6.0)], on_time(Millis(5_000)));
        if looks {
            assert_eq!(x(&nearby, 5_900), 5.0 + 0.8 * 6.0);
        }
        // The player has turned back, which dead reckoning did not foresee.
        frame(&mut nearby, &[(2, 6.0, 0.0)], on_time(Millis(6_000)));
        let shown = x(&nearby, 6_010);
        assert_eq!(shown > 9.0, looks, "{shown}");
        assert_eq!(x(&nearby, 6_400), 6.0);
    }
}
