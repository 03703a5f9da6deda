//! The rows of a Party.

use super::{Golden, NOW, character, name, party, world::past};
use crate::{
    calls::{
        BatchNumber,
        character::{Presence, Visit},
    },
    letters,
    systems::{
        chat::said::StoredSpeech,
        party::{
            errand::Letter,
            logic::Served,
            record::{StoredInvite, StoredUpdate},
            rows,
            state::{Invitation, Member, State},
        },
    },
};
use shardlink_shared::{
    ErrorCode,
    protocol::{
        bounded::Text,
        party::{LootSharing, PartyInvite, PartyUpdate},
    },
    time::Millis,
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
    golden.row("state", &state(), rows::state(&state()), rows::read_state);
    let refused = Served { key: 5, refused: Some(ErrorCode::PartyFull) };
    for (row, served) in [("served", Served { key: u64::MAX, refused: None }), ("served-refused", refused)] {
        golden.json(row, &served);
        golden.row(row, &served, rows::served(&served), rows::read_served);
    }
    golden.json("said", &StoredSpeech::from(&past()));
    golden.row("said", &past(), rows::said(&past()), rows::read_said);
    let batch = BatchNumber { epoch: NOW, number: 12 };
    golden.row("heard", &(3, batch), rows::heard(3, batch), rows::read_heard);
}

#[test]
fn the_letters_of_a_party_are_as_they_were_pinned() {
    let mut golden = Golden::of("party/letters");
    let who = character(3);
    let invited = |ends: Option<Millis>| {
        let invite = state().invite(who, &name("Cleo"), ends).unwrap().into();
        Letter::Invited { key: 77, expires: NOW + 300_000, invite }
    };
    for (letter, says) in [
        ("released", Letter::Released { character: who, seat: u64::MAX }),
        ("invited", invited(Some(NOW + 300_000))),
        ("uninvited", Letter::Uninvited { character: who, key: 77 }),
        ("doubted", Letter::Doubted { character: who, visit: VISIT }),
        ("update", Letter::Update { hub: 3, update: state().update().into(), to: vec![(who, VISIT)] }),
    ] {
        golden.json(letter, &letters::Letter { posted: NOW, says });
    }
    golden.old_json("invited-without-its-end", &letters::Letter { posted: NOW, says: invited(None) });
}

#[test]
fn what_is_stored_of_a_party_is_told_as_it_was_said() {
    let (invite, update) = (state().invite(character(3), &name("Cleo"), Some(NOW)).unwrap(), state().update());
    assert_eq!(PartyInvite::from(StoredInvite::from(invite.clone())), invite);
    assert_eq!(PartyUpdate::from(StoredUpdate::from(update.clone())), update);
}
