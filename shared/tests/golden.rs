//! The wire, pinned: one JSON text and one hex dump for every type of message, in
//! `golden/`. A change that this test notices is a change that older peers notice.
//!
//! `UPDATE_GOLDEN=1 cargo test -p shardlink-shared --test golden` writes what is
//! missing, and nothing else: what is pinned is changed by hand, knowingly.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // Tests, helpers too.

mod support;

use shardlink_shared::{
    codec::{Encoded, Encoding, Frame, decode, encode},
    limits::MAX_SERVER_FRAME,
    protocol::{ClientMessage, Envelope, MessageType, RequestId, ServerMessage},
    time::Millis,
};
use std::{fs, path::PathBuf};
use support::{Named, made_up};

fn folder<M: Named>() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(M::FOLDER)
}

/// The envelope that all golden messages have.
fn envelope<M: Named>() -> Envelope {
    let id = Some(RequestId::Number(7));
    let from_client = M::FOLDER == "client";
    Envelope {
        message_id: id.clone().filter(|_| from_client),
        reply_to: id.filter(|_| !from_client),
        seq: (!from_client).then_some(42),
        timestamp: Some(Millis(1_795_408_030_625)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.trim().as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Says where two texts part.
fn assert_same(what: &str, pinned: &str, now: &str) {
    if pinned == now {
        return;
    }
    let at = pinned.bytes().zip(now.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        let bytes = &text.as_bytes()[at.saturating_sub(24)..(at + 40).min(text.len()).max(at.saturating_sub(24))];
        String::from_utf8_lossy(bytes).into_owned()
    };
    panic!("{what} changed at character {at}:\n  pinned …{}…\n  now    …{}…", around(pinned), around(now));
}

fn write_missing<M: Named>(row: &MessageType) {
    let json = folder::<M>().join(format!("{}.json", row.name));
    if json.exists() {
        return;
    }
    let message: M = made_up(row.tag, 20);
    fs::create_dir_all(folder::<M>()).unwrap();
    for (encoding, ending) in [(Encoding::Json, "json"), (Encoding::Binary, "hex")] {
        let text = match encode(encoding, &envelope::<M>(), &message) {
            Encoded::Text(text) => text,
            Encoded::Binary(bytes) => hex(&bytes),
        };
        fs::write(json.with_extension(ending), text + "\n").unwrap();
    }
}

fn compare<M: Named>() {
    for row in M::TYPES {
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            write_missing::<M>(row);
        }
        let file = folder::<M>().join(row.name);
        let read = |ending| {
            fs::read_to_string(file.with_extension(ending))
                .unwrap_or_else(|error| panic!("{}.{ending}: {error}", file.display()))
        };
        let json = read("json");
        let what = format!("{} {}", M::FOLDER, row.name);
        let mut messages: Vec<_> = decode::<M>(Frame::Text(json.trim_end()), MAX_SERVER_FRAME).collect();
        let message = messages.remove(0).unwrap_or_else(|refused| panic!("{what}: {refused:?}")).message;
        assert_eq!(message.message_type(), row);
        let Encoded::Text(text) = encode(Encoding::Json, &envelope::<M>(), &message) else { panic!() };
        assert_same(&format!("{what} in JSON"), json.trim_end(), &text);

        let pinned = read("hex");
        let Encoded::Binary(bytes) = encode(Encoding::Binary, &envelope::<M>(), &message) else { panic!() };
        assert_same(&format!("{what} in binary"), pinned.trim_end(), &hex(&bytes));
        let mut messages: Vec<_> = decode::<M>(Frame::Binary(&unhex(&pinned)), MAX_SERVER_FRAME).collect();
        assert_eq!(messages.remove(0).unwrap().message, message, "{what}");
    }
}

#[test]
fn the_wire_is_as_it_was_pinned() {
    compare::<ClientMessage>();
    compare::<ServerMessage>();
}

#[test]
fn no_golden_file_is_of_a_type_that_is_gone() {
    fn check<M: Named>() {
        for entry in fs::read_dir(folder::<M>()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert!(M::TYPES.iter().any(|row| row.name == name), "{}", path.display());
        }
    }
    check::<ClientMessage>();
    check::<ServerMessage>();
}

/// Every cut of a frame is refused, or ends between two fields, the rest of which
/// have defaults: then it is a frame of an earlier revision.
#[test]
fn every_truncation_is_refused_or_an_earlier_revision() {
    fn check<M: Named>() {
        for row in M::TYPES {
            let bytes = unhex(&fs::read_to_string(folder::<M>().join(format!("{}.hex", row.name))).unwrap());
            // The length prefix has one or two bytes; what is cut is the body.
            let prefix = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
            for end in 2..bytes.len() - prefix {
                let body = &bytes[prefix..prefix + end];
                let mut frame = Vec::new();
                let mut length = body.len();
                while length >= 0x80 {
                    frame.push(length as u8 | 0x80);
                    length >>= 7;
                }
                frame.push(length as u8);
                frame.extend(body);
                let messages: Vec<_> = decode::<M>(Frame::Binary(&frame), MAX_SERVER_FRAME).collect();
                assert_eq!(messages.len(), 1, "{} cut at {end}", row.name);
                assert!(decode::<M>(Frame::Binary(&bytes[..prefix + end]), MAX_SERVER_FRAME).all(|m| m.is_err()));
            }
        }
    }
    check::<ClientMessage>();
    check::<ServerMessage>();
}
