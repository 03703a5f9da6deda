//! Every type of message, made up a hundred times, through both encodings; and
//! what is damaged on the way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // Tests, helpers too.

mod support;

use shardlink_shared::{
    codec::{Encoded, Encoding, Frame, decode, encode},
    entropy::{Entropy, Seeded},
    limits::MAX_SERVER_FRAME,
    protocol::{ClientMessage, Envelope, MessageSet, RequestId, ServerMessage},
    time::Millis,
};
use support::{Named, counting::counted, damage, made_up};

#[global_allocator]
static ALLOCATOR: support::counting::Counting = support::counting::Counting;

fn every_type_round_trips<M: Named>() {
    for row in M::TYPES {
        for seed in 0..100 {
            let message: M = made_up(row.tag, seed);
            let envelope = Envelope {
                message_id: (seed % 2 == 0).then_some(RequestId::Number(seed as u32)),
                reply_to: (seed % 3 == 0).then_some(RequestId::Number(7)),
                seq: (seed % 5 == 0).then_some(seed << 30),
                timestamp: Some(Millis(1_795_408_000_000 + seed)),
            };
            for encoding in [Encoding::Json, Encoding::Binary] {
                let frame = encode(encoding, &envelope, &message);
                let back: Vec<_> = decode::<M>(frame.as_frame(), MAX_SERVER_FRAME).collect();
                let [Ok(incoming)] = &back[..] else { panic!("{} {seed}: {back:?} of {frame:?}", row.name) };
                assert_eq!(incoming.message, message, "{} {seed} {encoding:?}", row.name);
                assert_eq!(incoming.envelope.timestamp, envelope.timestamp);
                assert_eq!(incoming.envelope.seq, envelope.seq);
            }
        }
    }
}

#[test]
fn any_message_in_json_or_binary_and_back_is_equal() {
    every_type_round_trips::<ClientMessage>();
    every_type_round_trips::<ServerMessage>();
}

#[test]
fn there_are_more_than_fifty_types() {
    let mut names: Vec<_> = ClientMessage::TYPES.iter().chain(ServerMessage::TYPES).map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 50, "{}", names.len());
}

#[test]
fn a_server_accepts_no_type_that_only_servers_send() {
    use shardlink_shared::ErrorCode;
    for row in ServerMessage::TYPES.iter().filter(|row| ClientMessage::TYPES.iter().all(|other| other.tag != row.tag))
    {
        let message: ServerMessage = made_up(row.tag, 1);
        for encoding in [Encoding::Json, Encoding::Binary] {
            let frame = encode(encoding, &Envelope::default(), &message);
            let back: Vec<_> = decode::<ClientMessage>(frame.as_frame(), MAX_SERVER_FRAME).collect();
            assert_eq!(back.len(), 1);
            assert_eq!(back[0].as_ref().unwrap_err().refusal.code, ErrorCode::NotAllowed, "{}", row.name);
        }
    }
}

/// Decodes whatever it is, in both directions. What decodes must encode and
/// decode to the same again.
fn decode_all(frame: Frame<'_>) {
    fn check<M: Named>(frame: Frame<'_>) {
        let len = match frame {
            Frame::Text(text) => text.len(),
            Frame::Binary(bytes) => bytes.len(),
        };
        let (messages, _, bytes) = counted(|| decode::<M>(frame, MAX_SERVER_FRAME).collect::<Vec<_>>());
        // A refusal's sentences are the floor; an entry of a frame, 40 bytes out
        // of 3, doubled by a growing Vec, the steepest slope.
        assert!(bytes <= 8_192 + 128 * len, "{bytes} bytes allocated for a frame of {len}");
        for incoming in messages.into_iter().flatten() {
            for encoding in [Encoding::Json, Encoding::Binary] {
                let again = encode(encoding, &incoming.envelope, &incoming.message);
                let back: Vec<_> = decode::<M>(again.as_frame(), MAX_SERVER_FRAME).collect();
                let [Ok(back)] = &back[..] else { panic!("{back:?} of {again:?}") };
                assert_eq!(back.message, incoming.message);
            }
        }
    }
    check::<ClientMessage>(frame);
    check::<ServerMessage>(frame);
}

#[test]
fn a_hundred_thousand_damaged_frames_panic_nowhere_and_allocate_in_proportion() {
    let mut entropy = Seeded::new(0x5eed);
    let mut frames = Vec::new();
    fn intact<M: Named>(frames: &mut Vec<Encoded>) {
        for row in M::TYPES {
            for encoding in [Encoding::Json, Encoding::Binary] {
                frames.push(encode(encoding, &Envelope::at(Millis(1)), &made_up::<M>(row.tag, 9)));
            }
        }
    }
    intact::<ClientMessage>(&mut frames);
    intact::<ServerMessage>(&mut frames);
    for _ in 0..100_000 {
        let picked = &frames[entropy.below(frames.len() as u32) as usize];
        let mut bytes = match picked {
            Encoded::Text(text) => text.clone().into_bytes(),
            Encoded::Binary(bytes) => bytes.clone(),
        };
        damage(&mut bytes, &mut entropy);
        match picked {
            Encoded::Text(_) => decode_all(Frame::Text(&String::from_utf8_lossy(&bytes))),
            Encoded::Binary(_) => decode_all(Frame::Binary(&bytes)),
        }
    }
}
