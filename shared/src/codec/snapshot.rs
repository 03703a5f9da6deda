//! Position frames: where everybody in sight is, quantised, relative to the last
//! full frame, packed by hand because it is what a hub sends most of.
//!
//! An entry is
//!
//! ```text
//! varint   (slot − last slot − 1) × 8 + flags: 1 relative, 2 moves, 4 has a height
//! x, y     zigzag varints, hundredths of a metre: relative to the same player in
//!          the base frame, or absolute
//! z        likewise, if it has a height
//! vx, vy   one byte each, signed, in steps of 0.1 m/s, if it moves
//! ```
//!
//! Slots rise from entry to entry. A walking player who was in the base frame takes
//! 7 bytes: in the 2 s between full frames nobody gets farther than 17.6 m (1,760
//! units, 2 bytes), and a gap below 16 fits the first byte.

use crate::{limits::MAX_FRAME_PLAYERS, vector::Vec3};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
    ser::SerializeSeq,
};
use std::{fmt, ops::Deref};

const RELATIVE: u32 = 1;
const MOVES: u32 = 2;
const HAS_HEIGHT: u32 = 4;

/// Hundredths of a metre per second in a step of a frame's velocity.
const VELOCITY_STEP: i32 = 10;

/// Where a player is, by its slot in the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// The player's slot.
    pub slot: u16,
    /// Whether the position is relative to the same slot in the base frame.
    pub relative: bool,
    /// Where it is, in metres.
    pub position: Vec3,
    /// How it moves, in metres a second, on x and y, in steps of 0.1.
    pub velocity: Vec3,
}

/// The entries of a frame, by rising slot. In binary the packed bytes, in JSON a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries(Vec<Entry>);

impl Entries {
    /// The entries of these players, by rising slot: relative to where `base` has
    /// them. Only what the format can hold is kept: velocities in steps of 0.1.
    pub fn of(players: impl IntoIterator<Item = (u16, Vec3, Vec3)>, base: impl Fn(u16) -> Option<Vec3>) -> Self {
        let entry = |(slot, position, velocity): (u16, Vec3, Vec3)| {
            let origin = base(slot);
            Entry {
                slot,
                relative: origin.is_some(),
                position: position - origin.unwrap_or_default(),
                velocity: quantised(velocity),
            }
        };
        let mut entries: Vec<Entry> = players.into_iter().map(entry).take(MAX_FRAME_PLAYERS).collect();
        entries.sort_by_key(|entry| entry.slot);
        entries.dedup_by_key(|entry| entry.slot);
        Self(entries)
    }

    /// Where the players are; `None` in place of one whose base is not known.
    pub fn positions<'a>(
        &'a self,
        base: impl Fn(u16) -> Option<Vec3> + 'a,
    ) -> impl Iterator<Item = Option<(u16, Vec3, Vec3)>> + 'a {
        self.0.iter().map(move |entry| {
            let origin = if entry.relative { base(entry.slot)? } else { Vec3::ZERO };
            Some((entry.slot, origin + entry.position, entry.velocity))
        })
    }

    /// Appends the packed bytes.
    pub fn pack(&self, out: &mut Vec<u8>) {
        self.pack_into(|byte| out.push(byte));
    }

    fn pack_into(&self, mut out: impl FnMut(u8)) {
        let mut next = 0_u32;
        for entry in &self.0 {
            let slot = u32::from(entry.slot);
            let moves = entry.velocity.x != 0 || entry.velocity.y != 0;
            let mut head = slot.wrapping_sub(next) << 3;
            head |= if entry.relative { RELATIVE } else { 0 };
            head |= if moves { MOVES } else { 0 };
            head |= if entry.position.z != 0 { HAS_HEIGHT } else { 0 };
            push(&mut out, head);
            push(&mut out, zigzag(entry.position.x));
            push(&mut out, zigzag(entry.position.y));
            if entry.position.z != 0 {
                push(&mut out, zigzag(entry.position.z));
            }
            if moves {
                out(step(entry.velocity.x) as u8);
                out(step(entry.velocity.y) as u8);
            }
            next = slot + 1;
        }
    }

    /// Reads packed bytes, all of them.
    ///
    /// # Errors
    /// What is wrong: cut short, a slot above 65,535, too many entries, or a
    /// coordinate out of bounds.
    pub fn unpack(mut bytes: &[u8]) -> Result<Self, &'static str> {
        let mut entries = Vec::new();
        let mut next = 0_u32;
        while !bytes.is_empty() {
            if entries.len() == MAX_FRAME_PLAYERS {
                return Err("too many players in a frame");
            }
            let head = pull(&mut bytes)?;
            let slot = u16::try_from(next.saturating_add(head >> 3)).map_err(|_| "a slot above 65535")?;
            let mut position = Vec3 { x: unzigzag(pull(&mut bytes)?), y: unzigzag(pull(&mut bytes)?), z: 0 };
            if head & HAS_HEIGHT != 0 {
                position.z = unzigzag(pull(&mut bytes)?);
            }
            if !position.in_bounds() {
                return Err("a coordinate out of bounds");
            }
            let mut velocity = Vec3::ZERO;
            if head & MOVES != 0 {
                let (&[x, y], rest) = bytes.split_first_chunk::<2>().ok_or(CUT_SHORT)?;
                bytes = rest;
                velocity.x = i32::from(x as i8) * VELOCITY_STEP;
                velocity.y = i32::from(y as i8) * VELOCITY_STEP;
            }
            entries.push(Entry { slot, relative: head & RELATIVE != 0, position, velocity });
            next = u32::from(slot) + 1;
        }
        Ok(Self(entries))
    }
}

impl Deref for Entries {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.0
    }
}

const CUT_SHORT: &str = "a frame that is cut short";

/// A velocity as a frame can hold it: on x and y, in steps of 0.1, from −12.8 to 12.7 m/s.
#[must_use]
pub fn quantised(velocity: Vec3) -> Vec3 {
    Vec3 { x: i32::from(step(velocity.x)) * VELOCITY_STEP, y: i32::from(step(velocity.y)) * VELOCITY_STEP, z: 0 }
}

fn step(hundredths: i32) -> i8 {
    let half = if hundredths < 0 { -VELOCITY_STEP / 2 } else { VELOCITY_STEP / 2 };
    (hundredths.saturating_add(half) / VELOCITY_STEP).clamp(-128, 127) as i8
}

const fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

const fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

fn push(out: &mut impl FnMut(u8), mut value: u32) {
    while value >= 0x80 {
        out(value as u8 | 0x80);
        value >>= 7;
    }
    out(value as u8);
}

fn pull(bytes: &mut &[u8]) -> Result<u32, &'static str> {
    let mut value = 0_u32;
    for shift in [0, 7, 14, 21, 28] {
        let (first, rest) = bytes.split_first().ok_or(CUT_SHORT)?;
        *bytes = rest;
        value |= u32::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return if shift == 28 && *first > 0x0f { Err("a number above 2^32") } else { Ok(value) };
        }
    }
    Err("a number above 2^32")
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return self.0.serialize(serializer);
        }
        // Counted, then written byte by byte: on the wire the same as bytes, and
        // without a buffer in between.
        let mut length = 0;
        self.pack_into(|_| length += 1);
        let mut bytes = serializer.serialize_seq(Some(length))?;
        let mut written = Ok(());
        self.pack_into(|byte| {
            if written.is_ok() {
                written = bytes.serialize_element(&byte);
            }
        });
        written?;
        bytes.end()
    }
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Packed;

        impl Visitor<'_> for Packed {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("packed entries")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Entries, E> {
                Entries::unpack(bytes).map_err(E::custom)
            }
        }

        if !deserializer.is_human_readable() {
            return deserializer.deserialize_bytes(Packed);
        }
        let entries =
            crate::protocol::bounded::List::<Entry, MAX_FRAME_PLAYERS>::deserialize(deserializer)?.into_vec();
        let rising = entries.windows(2).all(|pair| matches!(pair, [a, b] if a.slot < b.slot));
        let exact = entries.iter().all(|entry| quantised(entry.velocity) == entry.velocity);
        if rising && exact {
            Ok(Self(entries))
        } else {
            Err(de::Error::custom("slots must rise, velocities be in steps of 0.1"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::{Entropy, Seeded};
    use std::collections::HashMap;

    fn crowd(count: u16, entropy: &mut Seeded) -> Vec<(u16, Vec3, Vec3)> {
        let mut coordinate = |most: u32| entropy.below(2 * most + 1) as i32 - most as i32;
        (0..count)
            .map(|n| {
                let position = Vec3 { x: coordinate(50_000), y: coordinate(50_000), z: 0 };
                (n * 2, position, quantised(Vec3 { x: coordinate(800), y: coordinate(800), z: 0 }))
            })
            .collect()
    }

    fn packed(entries: &Entries) -> Vec<u8> {
        let mut bytes = Vec::new();
        entries.pack(&mut bytes);
        bytes
    }

    #[test]
    fn a_full_frame_and_a_relative_one_give_the_positions_back() {
        let mut entropy = Seeded::new(3);
        let before = crowd(200, &mut entropy);
        let full = Entries::of(before.clone(), |_| None);
        let full = Entries::unpack(&packed(&full)).unwrap();
        let base: HashMap<u16, Vec3> = full.positions(|_| None).flatten().map(|(slot, at, _)| (slot, at)).collect();
        let mut after = before;
        for (_, position, velocity) in &mut after {
            *position = *position + Vec3 { x: velocity.x * 2, y: velocity.y * 2, z: 0 };
        }
        // Somebody who has joined since is absolute.
        after.push((1_001, Vec3 { x: 7, y: -7, z: 5 }, Vec3::ZERO));
        let relative = Entries::of(after.clone(), |slot| base.get(&slot).copied());
        let relative = Entries::unpack(&packed(&relative)).unwrap();
        let back: Option<Vec<_>> = relative.positions(|slot| base.get(&slot).copied()).collect();
        assert_eq!(back.unwrap(), after);
        assert!(relative.positions(|_| None).any(|entry| entry.is_none()));
    }

    #[test]
    fn a_moved_player_takes_at_most_8_bytes_amortised_at_200() {
        let mut entropy = Seeded::new(4);
        let players = crowd(200, &mut entropy);
        let base: HashMap<u16, Vec3> = players.iter().map(|(slot, at, _)| (*slot, *at)).collect();
        let full = packed(&Entries::of(players.clone(), |_| None)).len();
        // The 39 frames after a full one, at 20 Hz, everybody walking at 8 m/s.
        let relative: usize = (1..40)
            .map(|tick| {
                let moved = players.iter().map(|(slot, at, velocity)| {
                    (*slot, *at + Vec3 { x: velocity.x * tick / 20, y: velocity.y * tick / 20, z: 0 }, *velocity)
                });
                packed(&Entries::of(moved, |slot| base.get(&slot).copied())).len()
            })
            .sum();
        let per_player = (full + relative) as f64 / (40.0 * 200.0);
        assert!(per_player <= 8.0, "{per_player}");
    }

    #[test]
    fn every_truncation_is_refused_or_ends_between_two_entries() {
        let entries = Entries::of(crowd(5, &mut Seeded::new(5)), |_| None);
        let bytes = packed(&entries);
        let whole: Vec<usize> = (0..=5).map(|n| packed(&Entries(entries[..n].to_vec())).len()).collect();
        for end in 0..bytes.len() {
            assert_eq!(Entries::unpack(&bytes[..end]).is_ok(), whole.contains(&end), "cut at {end}");
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        for bytes in [&[0xff; 9][..], &[0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0], &[0xf8, 0xff, 0xff, 0x7f, 0, 0]] {
            assert!(Entries::unpack(bytes).is_err(), "{bytes:?}");
        }
    }
}
