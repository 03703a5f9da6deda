//! Ids that a client makes up, on every message that has one.

use super::*;
use serde_json::Value;
use shardlink_shared::{
    crypto::token::ResumeToken,
    entropy::Entropy,
    limits::{MAX_PENDING, MAX_PENDING_PER_NETWORK},
    protocol::account::Resume,
};
use std::{fs, path::Path};

/// The golden message of every type that a client sends.
fn golden() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/golden/client");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    files.iter().map(|file| serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()).collect()
}

/// Replaces every id by a made-up one, and returns whether there was any.
fn make_up(message: &mut Value, entropy: &mut Seeded) -> bool {
    let mut found = false;
    for (name, value) in message.as_object_mut().unwrap() {
        // Where a character is and what its request is called are no ids of others.
        if !name.ends_with("_id") || ["message_id", "from_location_id"].contains(&name.as_str()) {
            continue;
        }
        found = true;
        *value = match value {
            Value::String(_) => Value::from(format!("made-up-{}", entropy.next_u64())),
            _ => Value::from((entropy.next_u64() >> 11).max(1)),
        };
    }
    found
}

#[test]
fn ten_thousand_made_up_ids_on_every_message_reach_no_other_object() {
    let mut entropy = Seeded::new(5);
    let mut kinds = 0;
    for message in golden() {
        let kind = message["type"].as_str().unwrap().to_owned();
        if !make_up(&mut message.clone(), &mut entropy) {
            continue;
        }
        kinds += 1;
        let mut world = World::new(false);
        let aria = world.player(1, "Aria", Encoding::Json);
        for _ in 0..10_000 {
            let mut message = message.clone();
            make_up(&mut message, &mut entropy);
            // Sent faster, it would be refused for its rate.
            world.now += 1_000;
            world.handle(Event::Frame(aria, Frame::Text(&message.to_string())));
            for effect in &world.last {
                match effect {
                    Effect::Send(..) | Effect::Share(_) | Effect::Deliver(_) | Effect::Forget(_) => {}
                    // Each of these first asks the asker's own account whether the id belongs to
                    // it.
                    Effect::Ask(
                        _,
                        _,
                        Question::Select(asker, _) | Question::Delete(asker, _) | Question::Inventory(asker, _),
                    ) => {
                        assert_eq!(*asker, identity(1), "{kind}");
                    }
                    // Each of these first asks the asker's own Character; somebody who is named
                    // is looked up in the Directory.
                    Effect::Serve(asker, ..) => {
                        let Actor { owner, character: who } = asker.actor;
                        assert_eq!((owner, who), (identity(1).player, character(1)), "{kind}");
                    }
                    other => panic!("{kind}: {other:?}"),
                }
            }
            if world.hub.connection(aria).is_some_and(|connection| connection.turns.is_busy()) {
                world.serve(aria, Err(ErrorCode::NotFound.into()));
            }
            if world.hub.connection(aria).is_some_and(|connection| connection.waiting.is_some()) {
                world.answer(aria, Err(ErrorCode::NotYourCharacter.into()));
            }
        }
        assert!(world.hub.connection(aria).is_some(), "{kind} closed the socket");
    }
    assert!(kinds >= 20, "{kinds} types of messages with ids");
}

fn opens(world: &mut World, n: u64, address: &str, shown: Shown) -> Result<ConnectionId, ErrorCode> {
    world.hub.make_room(address, &shown).map_err(|refusal| refusal.code)?;
    let id = ConnectionId(n);
    world.handle(Event::Opened { id, encoding: Encoding::Json, address: address.into(), shown });
    Ok(id)
}

fn token(n: u64, stream: u64) -> Shown {
    Shown::Resume(ResumeToken { session: identity(n).session, player: identity(n).player, hub: 3, stream })
}

#[test]
fn strangers_are_limited_by_their_network_and_in_all() {
    both(|mut world| {
        let mut accepted = BTreeMap::<&str, usize>::new();
        let mut n = 100;
        for (network, address) in [
            ("v4", "203.0.113.9:1000"),
            ("v4", "[::ffff:203.0.113.9]:2000"),
            ("home", "2001:db8:1:2::1"),
            ("home", "2001:db8:1:2:ffff::1"),
            ("neighbour", "[::ffff:203.0.113.10]:1"),
            ("other", "2001:db8:1:3::1"),
            ("last", "198.51.100.1"),
        ] {
            for _ in 0..MAX_PENDING_PER_NETWORK {
                n += 1;
                let opened = opens(&mut world, n, address, Shown::Nothing);
                *accepted.entry(network).or_default() += usize::from(opened.is_ok());
                if n <= 100 + MAX_PENDING as u64 + 2 * MAX_PENDING_PER_NETWORK as u64 {
                    assert!(opened.is_ok() || opened == Err(ErrorCode::RateLimited), "{address}");
                } else {
                    assert_eq!(opened, Err(ErrorCode::Overloaded), "{address}");
                }
            }
        }
        assert!(accepted.values().all(|count| *count <= MAX_PENDING_PER_NETWORK), "{accepted:?}");
        assert_eq!(accepted.values().sum::<usize>(), MAX_PENDING);
    });
}

#[test]
fn all_who_were_here_come_back_at_once_from_one_network_and_are_in_no_newcomers_way() {
    let mut world = World::new(false);
    for n in 1..=200 {
        world.player(n, &format!("Player {n}"), Encoding::Binary);
    }
    world.crash();
    for n in 1..=200 {
        let id = opens(&mut world, 10_000 + n, "::1", token(n, n)).unwrap();
        assert_eq!(world.closed(id), None);
    }
    for n in 0..MAX_PENDING_PER_NETWORK as u64 {
        opens(&mut world, 20_000 + n, "::1", Shown::Nothing).unwrap();
    }
    for n in 1..=200 {
        world.send(ConnectionId(10_000 + n), &ClientMessage::Resume(Resume { last_seq: 0 }));
        world.stands(ConnectionId(10_000 + n), identity(n).session);
        assert!(world.types(ConnectionId(n)).contains(&"resumed"), "{n}");
    }
}

#[test]
fn whoever_shows_a_token_again_and_again_waits_on_one_socket() {
    both(|mut world| {
        world.player(1, "Aria", Encoding::Binary);
        let first = opens(&mut world, 101, "::1", token(1, 1)).unwrap();
        for n in 102..1_000 {
            opens(&mut world, n, "::1", token(1, 1)).unwrap();
            assert_eq!(world.closed(ConnectionId(n - 1)), Some(ErrorCode::Overloaded));
        }
        assert!(world.hub.connection(first).is_none());
        assert_eq!(world.hub.population().sockets, 2);
        // A token whose place is not kept, or is somebody else's, makes nobody less of a
        // stranger.
        for n in 0..MAX_PENDING_PER_NETWORK as u64 {
            let shown = if n % 2 == 0 { token(1, 5_000 + n) } else { token(3 + n, 1) };
            opens(&mut world, 2_000 + n, "::1", shown).unwrap();
        }
        assert_eq!(opens(&mut world, 3_000, "::1", token(1, 6_000)), Err(ErrorCode::RateLimited));
        assert!(opens(&mut world, 3_001, "198.51.100.1", Shown::Nothing).is_ok());
    });
}

#[test]
fn a_place_is_kept_for_whoever_signs_in_and_not_for_whoever_opens_a_socket() {
    both(|mut world| {
        let reserved = |world: &World| world.last.contains(&Effect::Reserve(identity(2).player));
        let id = world.open(2, Encoding::Json);
        assert!(!reserved(&world));
        world.answer(id, Ok(admitted(2, None)));
        assert!(reserved(&world));
    });
}

#[test]
fn whoever_was_closed_for_saying_too_much_may_say_no_more_on_the_next_connection() {
    use shardlink_shared::limits::{ABUSE_WINDOW, CHAT_RATE, MAX_RATE_REFUSALS};
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    for _ in 0..CHAT_RATE.burst as u32 + MAX_RATE_REFUSALS {
        world.send(aria, &say("again", Channel::Global));
    }
    assert_eq!(world.closed(aria), Some(ErrorCode::RateLimited));
    let enter = |world: &mut World, connection| {
        let id = world.open(connection, Encoding::Binary);
        world.answer(id, Ok(admitted(1, Some(sheet(1, "Aria")))));
        id
    };
    let back = enter(&mut world, 77);
    world.send(back, &say("and again", Channel::Global));
    assert_eq!(world.closed(back), Some(ErrorCode::RateLimited), "it has used up its strikes, too");
    world.now += ABUSE_WINDOW;
    let later = enter(&mut world, 78);
    world.send(later, &say("sorry", Channel::Global));
    assert_eq!((world.error(later), world.closed(later)), (None, None));
}
