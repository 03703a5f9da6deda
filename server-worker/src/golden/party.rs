//! The rows of a Party.

use super::{Golden, NOW, character, name, party, world::past};
use crate::{
    calls::character::{Presence, Visit},
    letters,
    systems::party::{
        errand::Letter,
        logic::Served,
        state::{Invitation, Member, State},
    },
};
use shardlink_shared::{
    ErrorCode,
    protocol::{bounded::Text, party::LootSharing},
};

const VISIT: Visit = Visit { hub: 3, connection: (1 << 52) - 1 };

fn state() -> State {
    let presence = Presence { number: NOW.0, visit: Some(VISIT) };
    let member = |n, seat, text, presence| Member { character: character(n), name: name(text), seat, presence };
    State {
        id: party(),
        name: Some(Text::cut("The Four")),
        max_members: 4,
        loot: LootSharing::Roll,
        leader: character(1),
        version: 9,
        ended: false,
        ended_at: None,
        deserted: None,
        members: vec![
            member(1, u64::MAX, "Aria Thorn", presence),
            member(2, 6, "Bran", Presence { number: NOW.0 + 1, visit: None }),
        ],
        invitations: vec![Invitation {
            character: character(3),
            name: name("Cleo"),
            key: 77,
            expires: NOW + 300_000,
            visit: VISIT,
        }],
    }
}

#[test]
fn the_rows_of_a_party_are_as_they_were_pinned() {
    let mut golden = Golden::of("party");
    golden.json("state", &state());
    let ended = State {
        name: None,
        ended: true,
        ended_at: Some(NOW + 1),
        deserted: Some(NOW),
        members: Vec::new(),
        invitations: Vec::new(),
        ..state()
    };
    golden.json("state-ended", &ended);
    golden.old_json("state-without-its-end", &State { ended_at: None, ..ended });
    golden.json("served", &Served { key: u64::MAX, refused: None });
    golden.json("served-refused", &Served { key: 5, refused: Some(ErrorCode::PartyFull) });
    golden.json("said", &past());
}

#[test]
fn the_letters_of_a_party_are_as_they_were_pinned() {
    let mut golden = Golden::of("party/letters");
    let who = character(3);
    let invite = state().invite(who, &name("Cleo"), Some(NOW + 300_000)).unwrap();
    for (letter, says) in [
        ("released", Letter::Released { character: who, seat: u64::MAX }),
        ("invited", Letter::Invited { key: 77, expires: NOW + 300_000, invite }),
        ("uninvited", Letter::Uninvited { character: who, key: 77 }),
        ("doubted", Letter::Doubted { character: who, visit: VISIT }),
        ("update", Letter::Update { hub: 3, update: state().update(), to: vec![(who, VISIT)] }),
    ] {
        golden.json(letter, &letters::Letter { posted: NOW, says });
    }
}
