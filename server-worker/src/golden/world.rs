//! The rows of a World.

use super::{Golden, NOW, character, name};
use crate::{
    calls::BatchNumber,
    calls::world::{Happening, Population},
    systems::chat::Scope,
    world::{logic::Reported, rows},
};
use shardlink_shared::{
    protocol::{
        Timestamp,
        bounded::Text,
        chat::{Channel, Chat, PastChat, Sealed},
    },
    text::Draft,
    world::Faction,
};

/// Something that was said, with everything that it may have.
pub fn past() -> PastChat {
    let encrypted = Some(Box::new(Sealed {
        v: 1,
        key_id: Text::cut("a2V5"),
        nonce: Text::cut("bm9uY2U="),
        ciphertext: Text::cut("Y2lwaGVydGV4dA=="),
    }));
    let chat = Chat {
        sender_id: character(1),
        sender_name: name("Aria Thorn"),
        channel: Channel::Party,
        content: Draft::new("\"Grüße\" from the north").accept().unwrap(),
        recipient_id: Some(character(2)),
        recipient_name: Some(name("Bran")),
        encrypted,
    };
    PastChat { number: NOW.0, timestamp: Timestamp(NOW), chat }
}

#[test]
fn the_rows_of_a_world_are_as_they_were_pinned() {
    let mut golden = Golden::of("world");
    golden.row("realm", &NOW, rows::realm(NOW), rows::read_realm);
    let reported = Reported { population: Population { players: 7, sockets: 9 }, at: NOW };
    golden.row("hub", &(3, reported), rows::hub(3, reported), rows::read_hub);
    let happening = Happening {
        event_type: "realm_started".into(),
        title: "The realm awakens".into(),
        description: "Twelve Crystal Shards lie free.".into(),
        at: NOW,
        faction: None,
    };
    let of_a_faction = Happening { faction: Some(Faction::IronBrotherhood), ..happening.clone() };
    for (row, happening) in [("event", happening), ("event-of-a-faction", of_a_faction)] {
        golden.row(row, &(8, happening.clone()), rows::event(8, &happening), rows::read_event);
    }
    let mut plain = past();
    plain.chat =
        Chat { channel: Channel::Global, recipient_id: None, recipient_name: None, encrypted: None, ..plain.chat };
    for (row, audience, past) in [
        ("said", Scope::Everybody, plain.clone()),
        ("said-in-a-faction", Scope::Faction(Faction::Shadowborn), plain),
        ("said-with-everything", Scope::Everybody, past()),
    ] {
        golden.row(row, &(audience, past.clone()), rows::said(audience, &past), rows::read_said);
    }
    let batch = BatchNumber { epoch: NOW, number: 12 };
    golden.row("heard", &(3, batch), rows::heard(3, batch), rows::read_heard);
    golden.row("retired", &(3, NOW), rows::retired(3, NOW), rows::read_retired);
}
