//! Gestures, and who sees them.

use super::*;
use shardlink_shared::{
    limits::EMOTE_RATE,
    protocol::{
        bounded::Text,
        chat::Mute,
        emote::{Emote, SendEmote},
    },
    world::EMOTES,
};

fn emote(name: &str) -> ClientMessage {
    ClientMessage::Emote(SendEmote { emote: Text::cut(name) })
}

#[test]
fn a_gesture_is_seen_by_those_who_see_the_player_and_answers_it() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        let bran = world.player(2, "Bran", Encoding::Json);
        let cara = world.player(4, "Cara", Encoding::Binary);
        // Cara goes where nobody sees her.
        for n in 1..=60 {
            world.now += 1_000;
            world.walk(cara, f64::from(n) * 4.0, 0.0);
        }
        while world.tick() {}
        world.send(aria, &emote("wave"));
        let seen = ServerMessage::Emote(Emote { character_id: character(1), emote: Text::cut("wave") });
        assert_eq!(world.sent(aria), std::slice::from_ref(&seen), "the answer");
        assert_eq!((world.sent(bran), world.sent(cara)), (vec![seen], vec![]));
        assert!(world.log.is_empty(), "it is kept nowhere");
        world.handle(Event::Lost(bran));
        world.send(aria, &emote("bow"));
        assert_eq!(world.types(bran), [""; 0], "nor for whoever is lost");
    });
}

#[test]
fn a_gesture_that_the_world_does_not_have_is_refused_by_its_field() {
    let mut world = World::new(false);
    let (aria, bran) = (world.player(1, "Aria", Encoding::Binary), world.player(2, "Bran", Encoding::Binary));
    while world.tick() {}
    world.send(aria, &emote("explode"));
    let error = world.sent(aria).into_iter().find_map(|message| match message {
        ServerMessage::Error(error) => Some(error),
        _ => None,
    });
    let error = error.unwrap();
    assert_eq!(error.error_code, ErrorCode::InvalidField);
    assert!(EMOTES.iter().all(|known| error.error_message.as_str().contains(known)), "{error:?}");
    assert_eq!(world.sent(bran), []);
}

#[test]
fn gestures_have_a_rate_of_their_own_and_whoever_is_muted_is_not_seen_to_make_any() {
    let mut world = World::new(false);
    let (aria, bran) = (world.player(1, "Aria", Encoding::Binary), world.player(2, "Bran", Encoding::Binary));
    while world.tick() {}
    let mute = Mute { character_id: character(2), muted: true };
    let told = Told::reliably(ServerMessage::Mute(mute.clone())).changing(systems::Change::Chat(mute));
    world.serve(aria, Ok(Reply::answer(told)));
    world.send(bran, &emote("dance"));
    assert_eq!((world.types(aria), world.types(bran)), (vec![], vec!["emote"]));
    for _ in 1..EMOTE_RATE.burst as u32 {
        world.send(aria, &emote("bow"));
        assert_eq!(world.types(bran), ["emote"]);
    }
    world.send(aria, &emote("bow"));
    world.send(aria, &emote("bow"));
    assert_eq!((world.error(aria), world.types(bran)), (Some(ErrorCode::RateLimited), vec![]));
    // Chat is not touched by it.
    world.send(aria, &say("still here", Channel::Global));
    assert_eq!(world.error(aria), None);
}

#[test]
fn a_client_of_the_first_generation_is_told_of_no_gesture() {
    let mut world = World::new(false);
    let (old, encoding) = (ConnectionId(2), Encoding::Json);
    world.handle(Event::Opened { id: old, encoding, address: String::new(), shown: Shown::FirstGeneration });
    world.answer(old, Ok(admitted(2, Some(sheet(2, "Bran")))));
    let aria = world.player(1, "Aria", Encoding::Binary);
    while world.tick() {}
    world.send(aria, &emote("cheer"));
    assert_eq!((world.types(aria), world.types(old)), (vec!["emote"], vec![]));
}

#[test]
fn many_gestures_at_once_cost_whoever_sees_them_one_frame_for_each_delivery() {
    // With the default delivery interval, and a crowd in one place.
    let mut world = World::with(Settings::default(), false);
    let crowd: Vec<_> = (1..=20).map(|n| world.player(n, &format!("Hero {n}"), Encoding::Binary)).collect();
    while world.tick() {}
    world.now += 10_000;
    let mut sends = 0;
    let mut count = |world: &World, all: usize| {
        for effect in &world.last {
            match effect {
                // An answer goes to its asker alone.
                Effect::Send(to, _) if to.len() > 1 => sends += to.len(),
                Effect::Share(shared) => sends += world.out.shared(shared, true).0.len(),
                _ => {}
            }
        }
        assert!(sends <= all, "{sends}");
    };
    for id in &crowd {
        world.send(*id, &emote("dance"));
        count(&world, usize::MAX);
    }
    while world.tick() {
        count(&world, usize::MAX);
    }
    // Ten deliveries need not wait, after a silence; the other ten share one.
    count(&world, 20 * 12);
}
