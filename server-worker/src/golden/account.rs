//! The rows of an Account.

use super::{Golden, NOW, character, name, player};
use crate::{
    account::{
        errand::{Fate, Letter},
        logic::{Profile, Session, Slot, Stage},
        made::Made,
        rows,
    },
    letters,
};
use shardlink_shared::{
    ErrorCode,
    crypto::{password::Verifier, token::SessionId},
    ids::PartyId,
    text::UserName,
    time::Millis,
};

#[test]
fn the_rows_of_an_account_are_as_they_were_pinned() {
    let mut golden = Golden::of("account");
    let verifier =
        Verifier { salt: *b"0123456789abcdef", iterations: 600_000, stored_key: [0xa5; 32], server_key: [0x5a; 32] };
    let username = UserName::parse("Mira-7").unwrap();
    let new = Profile { player: player(), username, verifier, created: NOW, deleting: None, silenced: None };
    let marked = Profile { deleting: Some(NOW + 2), silenced: Some(Millis::LAST), ..new.clone() };
    for (row, profile) in [("profile", new), ("profile-marked", marked)] {
        golden.row(row, &profile, rows::profile(&profile), rows::read_profile);
    }
    let id = SessionId([0xc3; 32]);
    let begun = Session { began: NOW, used: NOW + 1, character: None, hub: None };
    let playing = Session { character: Some(character(1)), hub: Some(3), ..begun.clone() };
    for (row, session) in [("session", begun), ("session-playing", playing)] {
        golden.row(row, &(id, session.clone()), rows::session(id, &session), rows::read_session);
    }
    let stages = [
        ("slot", Stage::Active),
        ("slot-creating", Stage::Creating(NOW + 1)),
        ("slot-deleting", Stage::Deleting(NOW + 2)),
    ];
    for (row, stage) in stages {
        let slot = Slot { id: character(1), name: name("Aria Thorn"), stage, created: NOW };
        golden.row(row, &slot, rows::slot(&slot), rows::read_slot);
    }
    let (nonce, mark) = ([7; 8], [9; 16]);
    golden.row("handshake", &(nonce, NOW), rows::handshake(nonce, NOW), rows::read_handshake);
    golden.row("network", &(mark, NOW), rows::network(mark, NOW), rows::read_network);
    let made = Made { since: NOW, characters: 3, parties: 1, last_party: PartyId::new(1 << 42) };
    golden.row("made", &made, rows::made(&made), rows::read_made);
}

#[test]
fn the_letters_of_an_account_are_as_they_were_pinned() {
    let mut golden = Golden::of("account/letters");
    let fates = [
        ("ended", Fate::Ended(ErrorCode::SignedInElsewhere)),
        ("moved", Fate::Moved),
        ("renewed", Fate::Renewed(SessionId([2; 32]))),
    ];
    for (letter, fate) in fates {
        let says = Letter { hub: 3, names: vec![SessionId([0; 32]), SessionId([1; 32])], fate };
        golden.json(letter, &letters::Letter { posted: NOW, says });
    }
}
