//! What the tests of the codecs share: messages made up from a seed, for every
//! type there is, and frames that were damaged.
#![allow(dead_code)] // Each test file uses its part.

pub mod counting;
pub mod random;

use shardlink_shared::{
    entropy::{Entropy, Seeded},
    protocol::{ClientMessage, MessageSet, ServerMessage},
};

/// A message of this type, made up from the seed.
pub fn made_up<M: MessageSet>(tag: u8, seed: u64) -> M {
    let mut entropy = Seeded::new(seed);
    // Some of what is made up breaks a rule (a name with two spaces): try again.
    for _ in 0..10_000 {
        let maker = random::Maker::new(&mut entropy);
        if let Ok(message) = M::deserialize_body(tag, maker).expect("the tag is a type's") {
            return message;
        }
    }
    panic!("no message of tag {tag} came out of seed {seed}");
}

/// Damages a frame: some bytes changed, lost, doubled or moved.
pub fn damage(frame: &mut Vec<u8>, entropy: &mut Seeded) {
    for _ in 0..=entropy.below(3) {
        let len = frame.len() as u32;
        let at = entropy.below(len.max(1)) as usize;
        match entropy.below(6) {
            0 if len > 0 => frame[at] ^= 1 << entropy.below(8),
            1 if len > 0 => frame[at] = entropy.next_u64() as u8,
            2 => frame.truncate(at),
            3 => frame
                .insert(at.min(frame.len()), [0, 1, 0x7f, 0x80, 0xff, b'"', b'{', b'['][entropy.below(8) as usize]),
            4 if len > 0 => drop(frame.remove(at)),
            _ => {
                let end = (at + 1 + entropy.below(16) as usize).min(frame.len());
                let piece = frame[at.min(end)..end].to_vec();
                let place = entropy.below(frame.len() as u32 + 1) as usize;
                frame.splice(place..place, piece);
            }
        }
    }
}

/// The names of the two directions, as folders.
pub trait Named: MessageSet + Clone + PartialEq + std::fmt::Debug {
    const FOLDER: &'static str;
}

impl Named for ClientMessage {
    const FOLDER: &'static str = "client";
}

impl Named for ServerMessage {
    const FOLDER: &'static str = "server";
}
