//! The hot path allocates nothing for a message beyond the buffer it is written to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // Tests, helpers too.

mod support;

use shardlink_shared::{
    codec::{Frame, binary, decode, snapshot::Entries},
    ids::CharacterId,
    limits::MAX_CLIENT_FRAME,
    protocol::{
        ClientMessage, Envelope, ServerMessage,
        chat::{Channel, Chat},
        movement::{Move, OwnMove, PositionFrame},
    },
    rules::interest::Cell,
    text::{CharacterName, Draft},
    time::{FrameTime, Millis},
    vector::Vec3,
    world::NEXUS,
};
use support::counting::{Counting, counted};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn at(x: f64) -> Vec3 {
    Vec3::from_metres(x, -x, 0.0).unwrap()
}

#[test]
fn encoding_into_a_buffer_that_is_large_enough_allocates_nothing() {
    let character = CharacterId::new(1 << 40).unwrap();
    let players = (0..200).map(|n| (n, at(f64::from(n)), at(0.5)));
    let messages = [
        ServerMessage::Move(Move::to_position(character, at(3.0), at(1.0))),
        ServerMessage::chat(Chat {
            sender_id: character,
            sender_name: CharacterName::parse("Aria").unwrap(),
            channel: Channel::Global,
            content: Draft::new("twenty characters ok").accept().unwrap(),
            recipient_id: None,
            recipient_name: None,
            encrypted: None,
        }),
        ServerMessage::PositionFrame(PositionFrame {
            location_id: NEXUS,
            time: FrameTime(9),
            cell: Cell::default(),
            full: false,
            players: Entries::of(players.clone(), Vec3::ZERO),
        }),
    ];
    let mut out = Vec::with_capacity(16 * 1024);
    for message in &messages {
        out.clear();
        let ((), calls, _) = counted(|| binary::append(&mut out, &Envelope::at(Millis(1)), message));
        assert_eq!(calls, 0, "{message:?}");
        assert!(out.len() > 10);
    }
    let mut entries = Entries::of(players.clone(), Vec3::ZERO);
    let ((), calls, _) = counted(|| entries.refill(players, Vec3::ZERO));
    assert_eq!((entries.len(), calls), (200, 0));
}

#[test]
fn decoding_a_move_allocates_nothing() {
    let step = OwnMove { client_seq: 7, position: at(3.0), velocity: at(1.0) };
    let mut frame = Vec::new();
    binary::append(&mut frame, &Envelope::default(), &ClientMessage::OwnMove(step));
    let (decoded, calls, _) =
        counted(|| decode::<ClientMessage>(Frame::Binary(&frame), MAX_CLIENT_FRAME).filter(Result::is_ok).count());
    assert_eq!((decoded, calls), (1, 0));
}
