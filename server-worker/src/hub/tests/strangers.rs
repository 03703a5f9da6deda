//! Ids that a client makes up, on every message that has one.

use super::*;
use serde_json::Value;
use shardlink_shared::entropy::Entropy;
use std::{fs, path::Path};

/// The golden message of every type that a client sends.
fn golden() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/golden/client");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    files.iter().map(|file| serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()).collect()
}

/// Puts made-up ids in the place of all; whether there was one.
fn make_up(message: &mut Value, entropy: &mut Seeded) -> bool {
    let mut found = false;
    for (name, value) in message.as_object_mut().unwrap() {
        // Where one is and what one asks for are no ids of others.
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
            // Above the rate it would be refused for that.
            world.now += 1_000;
            world.handle(Event::Frame(aria, Frame::Text(&message.to_string())));
            for effect in &world.last {
                match effect {
                    Effect::Send(..) | Effect::Share(_) | Effect::Deliver(_) | Effect::Forget(_) => {}
                    // Each of these asks one's own account first whether the id is its.
                    Effect::Ask(
                        _,
                        _,
                        Question::Select(asker, _) | Question::Delete(asker, _) | Question::Inventory(asker, _),
                    ) => {
                        assert_eq!(*asker, identity(1), "{kind}");
                    }
                    // So do these of one's own Character; whom one names is looked up among names.
                    Effect::Ask(_, _, Question::Party(actor, _) | Question::Mute(actor, _)) => {
                        assert_eq!((actor.owner, actor.character), (identity(1).player, character(1)), "{kind}");
                    }
                    Effect::Ask(_, _, Question::Whisper(..)) => {}
                    other => panic!("{kind}: {other:?}"),
                }
            }
            if world.hub.connection(aria).is_some_and(|connection| connection.lane.is_busy()) {
                world.answer_queued(aria, Err(ErrorCode::NotFound.into()));
            }
            if world.hub.connection(aria).is_some_and(|connection| connection.waiting.is_some()) {
                world.answer(aria, Err(ErrorCode::NotYourCharacter.into()));
            }
        }
        assert!(world.hub.connection(aria).is_some(), "{kind} closed the socket");
    }
    assert!(kinds >= 20, "{kinds} types of messages with ids");
}
