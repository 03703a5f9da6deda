//! What both targets check.

use shardlink_shared::{
    codec::{Encoding, Frame, decode, encode},
    limits::{MAX_CLIENT_FRAME, MAX_SERVER_FRAME},
    protocol::{ClientMessage, MessageSet, ServerMessage},
};

/// Decodes a frame in both directions. Whatever decodes must encode, and decode
/// to the same again.
pub fn check(frame: Frame<'_>) {
    check_direction::<ClientMessage>(frame, MAX_CLIENT_FRAME);
    check_direction::<ServerMessage>(frame, MAX_SERVER_FRAME);
}

fn check_direction<M: MessageSet + PartialEq + std::fmt::Debug>(frame: Frame<'_>, max_len: usize) {
    for incoming in decode::<M>(frame, max_len).flatten() {
        for encoding in [Encoding::Json, Encoding::Binary] {
            let again = encode(encoding, &incoming.envelope, &incoming.message);
            let back: Vec<_> = decode::<M>(again.as_frame(), MAX_SERVER_FRAME).collect();
            match &back[..] {
                [Ok(back)] => assert_eq!(back.message, incoming.message),
                other => panic!("{other:?} of {again:?}"),
            }
        }
    }
}
