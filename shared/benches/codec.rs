//! What encoding and decoding cost, in both encodings, beside serde_json on an
//! untyped value. `cargo bench -p shardlink-shared`; bytes are printed first.

#![allow(clippy::unwrap_used)] // A bench that cannot begin should say so.

use divan::{Bencher, black_box};
use shardlink_shared::{
    codec::{Encoded, Encoding, binary, decode, encode, snapshot::Entries},
    entropy::{Entropy, Seeded},
    ids::CharacterId,
    limits::MAX_SERVER_FRAME,
    protocol::{
        ClientMessage, Envelope, MessageSet, ServerMessage,
        chat::{Channel, Chat},
        movement::{Move, OwnMove, PositionFrame},
    },
    rules::interest::Cell,
    text::{CharacterName, Draft},
    time::{FrameTime, Millis},
    vector::Vec3,
    world::NEXUS,
};

const ENVELOPE: Envelope =
    Envelope { message_id: None, reply_to: None, seq: None, timestamp: Some(Millis(1_795_408_030_625)) };

fn step() -> ServerMessage {
    let position = Vec3::from_metres(123.45, -321.09, 0.0).unwrap();
    let velocity = Vec3::from_metres(4.2, -4.2, 0.0).unwrap();
    ServerMessage::Move(Move::to_position(CharacterId::new(1 << 52).unwrap(), position, velocity))
}

fn own_move() -> ClientMessage {
    let ServerMessage::Move(Move { position, velocity, .. }) = step() else { unreachable!() };
    ClientMessage::OwnMove(OwnMove {
        client_seq: 70_000,
        position: position.unwrap_or_default(),
        velocity: velocity.unwrap_or_default(),
    })
}

fn chat() -> ServerMessage {
    ServerMessage::chat(Chat {
        sender_id: CharacterId::new(1 << 52).unwrap(),
        sender_name: CharacterName::parse("Aria Moonfall").unwrap(),
        channel: Channel::Global,
        content: Draft::new("twenty characters ok").accept().unwrap(),
        recipient_id: None,
        recipient_name: None,
        encrypted: None,
    })
}

fn frame() -> ServerMessage {
    let mut entropy = Seeded::new(1);
    let mut within = |most: u32| entropy.below(2 * most) as i32 - most as i32;
    let players: Vec<_> = (0..200)
        .map(|n| {
            let off = Vec3 { x: within(7_700), y: within(7_700), z: 0 };
            (n * 2, off, Vec3 { x: within(800), y: within(800), z: 0 })
        })
        .collect();
    let players = Entries::of(players, Vec3::ZERO);
    ServerMessage::PositionFrame(PositionFrame {
        location_id: NEXUS,
        time: FrameTime(70_000_000),
        cell: Cell::default(),
        full: false,
        players,
    })
}

fn main() {
    for (name, message) in [("move", step()), ("chat", chat()), ("frame of 200", frame())] {
        let len = |encoding| encode(encoding, &ENVELOPE, &message).len();
        println!("{name}: {} bytes in binary, {} in JSON", len(Encoding::Binary), len(Encoding::Json));
    }
    println!("own_move: {} bytes in binary", encode(Encoding::Binary, &Envelope::default(), &own_move()).len());
    divan::main();
}

fn bench_encode<M: MessageSet>(bencher: Bencher<'_, '_>, encoding: Encoding, message: &M) {
    bencher.bench_local(|| encode(encoding, black_box(&ENVELOPE), black_box(message)));
}

fn bench_decode<M: MessageSet>(bencher: Bencher<'_, '_>, encoding: Encoding, message: &M) {
    let frame = encode(encoding, &ENVELOPE, message);
    bencher.bench_local(|| decode::<M>(black_box(frame.as_frame()), MAX_SERVER_FRAME).filter(Result::is_ok).count());
}

fn text(message: &ServerMessage) -> String {
    match encode(Encoding::Json, &ENVELOPE, message) {
        Encoded::Text(text) => text,
        Encoded::Binary(_) => unreachable!(),
    }
}

/// Into a buffer that is kept: what a hub does at every tick.
#[divan::bench]
fn append_frame_of_200_binary(bencher: Bencher<'_, '_>) {
    let message = frame();
    let mut out = Vec::with_capacity(4096);
    bencher.bench_local(|| {
        out.clear();
        binary::append(&mut out, black_box(&ENVELOPE), black_box(&message));
        out.len()
    });
}

/// serde_json without types, the yardstick.
#[divan::bench(args = ["move", "chat", "frame of 200"])]
fn decode_untyped_json(bencher: Bencher<'_, '_>, which: &str) {
    let text = text(&named(which));
    bencher.bench_local(|| serde_json::from_str::<serde_json::Value>(black_box(&text)).is_ok());
}

/// serde_json without types, the yardstick.
#[divan::bench(args = ["move", "chat", "frame of 200"])]
fn encode_untyped_json(bencher: Bencher<'_, '_>, which: &str) {
    let value: serde_json::Value = serde_json::from_str(&text(&named(which))).unwrap();
    bencher.bench_local(|| black_box(&value).to_string());
}

fn named(which: &str) -> ServerMessage {
    match which {
        "move" => step(),
        "chat" => chat(),
        _ => frame(),
    }
}

#[divan::bench(args = ["move", "chat", "frame of 200"])]
fn encode_binary(bencher: Bencher<'_, '_>, which: &str) {
    bench_encode(bencher, Encoding::Binary, &named(which));
}

#[divan::bench(args = ["move", "chat", "frame of 200"])]
fn encode_json(bencher: Bencher<'_, '_>, which: &str) {
    bench_encode(bencher, Encoding::Json, &named(which));
}

#[divan::bench(args = ["move", "chat", "frame of 200"])]
fn decode_binary(bencher: Bencher<'_, '_>, which: &str) {
    bench_decode(bencher, Encoding::Binary, &named(which));
}

#[divan::bench(args = ["move", "chat", "frame of 200"])]
fn decode_json(bencher: Bencher<'_, '_>, which: &str) {
    bench_decode(bencher, Encoding::Json, &named(which));
}

#[divan::bench]
fn decode_own_move_binary(bencher: Bencher<'_, '_>) {
    bench_decode(bencher, Encoding::Binary, &own_move());
}
