//! What a Hub keeps: the attachments of its sockets, its rows and its letters. What a logged
//! message says is in the wire's own golden files.

use super::{Golden, NOW, character, hex, location, name, party, player};
use crate::{
    calls::character::Visit,
    hub::{
        area::evidence::Conduct,
        rows::{self, Letter},
        sockets::{
            attachment,
            connection::{Connection, ConnectionId, Identity, Player, Stage},
        },
        stream::log::{Audience, Logged},
    },
    letters,
    row::{Row, Value},
    systems::Facts,
};
use shardlink_shared::{
    codec::Encoding,
    crypto::token::{ResumeToken, SessionId},
    ids::PartyId,
    protocol::RequestId,
    rules::{interest::Cell, movement::Motion},
    time::Millis,
    vector::Vec3,
    world::Faction,
};

const ID: ConnectionId = ConnectionId((1 << 52) - 1);

/// A hub that slept did so for this long at least, in milliseconds.
const SHORTEST_SLEEP: u64 = 10_000;

fn identity() -> Identity {
    Identity { session: SessionId([0xc3; 32]), player: player() }
}

fn pending() -> Connection {
    let returning = ResumeToken { session: SessionId([1; 32]), player: player(), hub: 3, stream: 9 };
    Connection {
        returning: Some(returning),
        stage: Stage::Pending { until: NOW + 5_000, failed: 2 },
        ..Connection::pending(ID, Encoding::Binary, "2001:db8::/64".into(), NOW)
    }
}

fn authenticated() -> Connection {
    Connection {
        first_generation: true,
        stage: Stage::Authenticated(identity()),
        ..Connection::pending(ID, Encoding::Json, "192.0.2.7".into(), NOW)
    }
}

/// In the world, in a party, with everything that a place has.
fn playing() -> Connection {
    let position = Vec3::from_metres(12.5, -7.25, 0.5).unwrap();
    let mut motion = Motion::standing(location(), position, NOW - SHORTEST_SLEEP);
    motion.velocity = Vec3::from_metres(-1.5, 2.25, 0.0).unwrap();
    let left = vec![(PartyId::new(1 << 43).unwrap(), 3)];
    let facts = Facts::before(Some((party(), 9)), left, vec![character(8), character(9)]);
    let player = Player {
        identity: identity(),
        character: character(1),
        name: name("Aria Thorn"),
        faction: Faction::MoonlitCircle,
        level: 7,
        speed: 6.75,
        motion,
        cell: Cell::of(position),
        slot: 300,
        step: Some(41),
        conduct: Conduct::default(),
        attached: NOW,
        unsaved: false,
        unstored: true,
        facts,
    };
    Connection {
        silenced: Some(NOW + 60_000),
        since: NOW.0 - 5,
        acked: Some(NOW.0 - 1),
        forgotten: NOW.0 - 9,
        behind: true,
        stage: Stage::Playing(Box::new(player)),
        ..Connection::pending(ID, Encoding::Binary, "192.0.2.7".into(), NOW)
    }
}

/// All of a connection that its `Debug` shows, which is every field.
fn shown(connection: &Connection) -> String {
    format!("{connection:#?}")
}

#[test]
fn the_attachments_of_a_hubs_sockets_are_as_they_were_pinned() {
    let mut golden = Golden::of("hub");
    for (file, connection) in [
        ("attachment-pending", pending()),
        ("attachment-authenticated", authenticated()),
        ("attachment-playing", playing()),
    ] {
        let pinned = golden.bytes(file, &attachment::write(&connection));
        let read = attachment::read(&pinned, NOW).unwrap_or_else(|| panic!("{file} is not read"));
        assert_eq!(shown(&read), shown(&connection), "{file}");
    }
    // Revision 5 kept party and mutes where facts stand now; revision 4 did not say of a client
    // either whether it is of the first generation.
    for (file, connection) in [
        ("attachment-pending-5", pending()),
        ("attachment-authenticated-5", authenticated()),
        ("attachment-playing-5", playing()),
        ("attachment-pending-4", pending()),
        ("attachment-authenticated-4", Connection { first_generation: false, ..authenticated() }),
        ("attachment-playing-4", playing()),
    ] {
        let read = attachment::read(&golden.old_bytes(file), NOW).unwrap_or_else(|| panic!("{file} is not read"));
        assert_eq!(shown(&read), shown(&connection), "{file}");
    }
    for (file, audience) in
        [("log-audience-all", Audience::All), ("log-audience", Audience::Of(vec![ConnectionId(7), ID]))]
    {
        let written = postcard::to_extend(&audience, Vec::new()).unwrap();
        let read: Audience = postcard::from_bytes(&golden.bytes(file, &written)).unwrap();
        assert_eq!(read, audience, "{file}");
    }
}

#[test]
fn the_rows_of_a_hub_are_as_they_were_pinned() {
    let mut golden = Golden::of("hub/rows");
    let process = NOW - 1_000;
    // One in a socket, and one that has lost it and may have missed word of its session.
    let until = NOW + 60_000;
    let lost = Connection { held: Some(until), doubted: true, ..playing() };
    for (row, connection) in [("place", playing()), ("place-lost", lost)] {
        // A hub is told of the end beside the connection.
        let read = shown(&Connection { held: None, ..connection.clone() });
        golden.row(row, &Some((connection.held, read)), rows::place(&connection, process), |row| {
            let place = rows::read_place(row, process, NOW)?;
            Ok(place.map(|(until, connection)| (until, shown(&connection))))
        });
    }
    // What a message says is in the wire's own golden files.
    let to_all = Logged { seq: NOW.0, at: NOW, audience: Audience::All, answers: None, bytes: vec![7, 0, 0xff] };
    let answer = Logged {
        seq: NOW.0 + 1,
        audience: Audience::Of(vec![ConnectionId(7), ID]),
        answers: RequestId::from_text("c-17").map(|request| (ID, request)),
        ..to_all.clone()
    };
    for (row, logged) in [("log", to_all), ("log-answer", answer)] {
        golden.row(row, &logged, rows::logged(&logged), rows::read_logged);
    }
    let nonce = [0x5a; 8];
    golden.row("ticket", &(nonce, until), rows::ticket(nonce, until), rows::read_ticket);
    let session = identity().session;
    golden.row("word", &(session, NOW), rows::word(session, NOW), rows::read_word);
}

#[test]
fn a_place_that_another_process_wrote_is_in_doubt_and_one_of_a_later_build_is_not_kept() {
    let (process, later) = (NOW - 1_000, NOW - 1);
    let read = |row: Vec<Value>, process| rows::read_place(&Row(row), process, NOW).unwrap();
    let row = rows::place(&playing(), process);
    assert_eq!(read(row.clone(), process).map(|(_, connection)| connection.doubted), Some(false));
    assert_eq!(read(row.clone(), later).map(|(_, connection)| connection.doubted), Some(true));
    let of_a_later_build = row.into_iter().map(|column| match column {
        Value::Blob(mut bytes) => {
            bytes[0] += 1;
            Value::Blob(bytes)
        }
        other => other,
    });
    assert!(read(of_a_later_build.collect(), process).is_none());
}

#[test]
fn a_request_that_had_a_number_is_answered_by_its_digits_after_a_sleep() {
    let asked = Logged {
        seq: 1,
        at: NOW,
        audience: Audience::All,
        answers: Some((ID, RequestId::Number(17))),
        bytes: Vec::new(),
    };
    let read = rows::read_logged(&Row(rows::logged(&asked))).unwrap();
    assert_eq!(read.answers.and_then(|(_, request)| request.as_number()), Some(17));
}

#[test]
fn the_letters_of_a_hub_are_as_they_were_pinned() {
    let mut golden = Golden::of("hub/letters");
    let (character, visit, location) = (character(1), Visit { hub: 3, connection: ID.0 }, location());
    for (letter, says) in [
        ("left", Letter::Left { character, visit, location }),
        ("travelled", Letter::Travelled { character, visit, location }),
    ] {
        golden.json(letter, &letters::Letter { posted: NOW, says });
    }
}

#[test]
fn an_attachment_of_a_later_build_is_not_read() {
    let mut bytes = attachment::write(&playing());
    bytes[0] += 1;
    assert!(attachment::read(&bytes, Millis(0)).is_none(), "{}", hex(&bytes));
}
