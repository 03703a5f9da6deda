//! Position frames: where everybody in sight is, quantised, relative to the centre of the cell
//! they are seen from, packed by hand because a hub sends more of these than of anything else.
//!
//! An entry is
//!
//! ```text
//! varint   (slot − last slot − 1) × 4 + flags: 1 moves, 2 has a height
//! x, y     zigzag varints, hundredths of a metre from the cell's centre
//! z        likewise, from the ground, if it has a height
//! vx, vy   one byte each, signed, in steps of 0.1 m/s, if it moves
//! ```
//!
//! Slots rise from entry to entry. A walking player takes 7 bytes: the sight from the
//! centre of a cell reaches 77 m (half a cell, a neighbour and the hysteresis), 7,700
//! units, and 2 bytes hold up to 81.91 m; a gap between slots below 32 fits the first byte.

use crate::{limits::MAX_FRAME_PLAYERS, vector::Vec3};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
    ser::SerializeSeq,
};
use std::{fmt, ops::Deref};

const MOVES: u32 = 1;
const HAS_HEIGHT: u32 = 2;

/// Hundredths of a metre per second in a step of a frame's velocity.
const VELOCITY_STEP: i32 = 10;

/// Where a player is, by its slot in the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// The player's slot.
    pub slot: u16,
    /// Where it is, in metres from the centre of the frame's cell.
    pub position: Vec3,
    /// How it moves, in metres a second, on x and y, in steps of 0.1.
    pub velocity: Vec3,
}

/// The entries of a frame, by rising slot. In binary the packed bytes, in JSON a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries(Vec<Entry>);

impl Entries {
    /// The entries of these players, by rising slot, relative to `origin`. Only what
    /// the format can hold is kept: velocities in steps of 0.1.
    pub fn of(players: impl IntoIterator<Item = (u16, Vec3, Vec3)>, origin: Vec3) -> Self {
        let mut entries = Self::default();
        entries.refill(players, origin);
        entries
    }

    /// Becomes the entries of these players, in the same memory.
    pub fn refill(&mut self, players: impl IntoIterator<Item = (u16, Vec3, Vec3)>, origin: Vec3) {
        let entry =
            |(slot, position, velocity)| Entry { slot, position: position - origin, velocity: quantised(velocity) };
        self.0.clear();
        self.0.extend(players.into_iter().map(entry).take(MAX_FRAME_PLAYERS));
        self.0.sort_unstable_by_key(|entry| entry.slot);
        self.0.dedup_by_key(|entry| entry.slot);
    }

    /// Where the players are.
    pub fn positions(&self, origin: Vec3) -> impl Iterator<Item = (u16, Vec3, Vec3)> {
        self.0.iter().map(move |entry| (entry.slot, origin + entry.position, entry.velocity))
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
            let mut head = slot.wrapping_sub(next) << 2;
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
            let slot = u16::try_from(next.saturating_add(head >> 2)).map_err(|_| "a slot above 65535")?;
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
            entries.push(Entry { slot, position, velocity });
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
        // The length is counted first, then the bytes are written one by one. The wire holds
        // the same as for a byte string, and no buffer is needed.
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

    const CENTRE: Vec3 = Vec3 { x: 15_000, y: -50_000, z: 0 };

    /// Players as they are seen from a cell: up to 77 m from its centre.
    fn crowd(count: u16, entropy: &mut Seeded) -> Vec<(u16, Vec3, Vec3)> {
        let mut coordinate = |most: u32| entropy.below(2 * most + 1) as i32 - most as i32;
        (0..count)
            .map(|n| {
                let off = Vec3 { x: coordinate(7_700), y: coordinate(7_700), z: 0 };
                (n * 2, CENTRE + off, quantised(Vec3 { x: coordinate(800), y: coordinate(800), z: 0 }))
            })
            .collect()
    }

    fn packed(entries: &Entries) -> Vec<u8> {
        let mut bytes = Vec::new();
        entries.pack(&mut bytes);
        bytes
    }

    #[test]
    fn a_frame_gives_the_positions_back() {
        let mut players = crowd(200, &mut Seeded::new(3));
        // Somebody who flies, far outside the cell.
        players.push((1_001, Vec3 { x: 7, y: -7, z: 5 }, Vec3::ZERO));
        let entries = Entries::unpack(&packed(&Entries::of(players.clone(), CENTRE))).unwrap();
        assert_eq!(entries.positions(CENTRE).collect::<Vec<_>>(), players);
    }

    #[test]
    fn a_player_in_sight_who_walks_takes_7_bytes_and_one_who_stands_5() {
        let mut players = crowd(200, &mut Seeded::new(4));
        for (_, position, velocity) in &mut players {
            // Nobody stands near the centre, where each coordinate would fit one byte.
            (position.x, velocity.x) = (CENTRE.x + 7_700, 600);
            position.y = CENTRE.y - 7_700;
        }
        assert_eq!(packed(&Entries::of(players.clone(), CENTRE)).len(), 7 * 200);
        players.iter_mut().for_each(|(_, _, velocity)| *velocity = Vec3::ZERO);
        assert_eq!(packed(&Entries::of(players, CENTRE)).len(), 5 * 200);
    }

    #[test]
    fn a_list_that_is_refilled_is_sorted_and_names_nobody_twice() {
        let mut entries = Entries::of(crowd(5, &mut Seeded::new(6)), CENTRE);
        entries.refill([3, 1, 3, 2].map(|slot| (slot, CENTRE, Vec3::ZERO)), CENTRE);
        assert_eq!(entries.iter().map(|entry| entry.slot).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn every_truncation_is_refused_or_ends_between_two_entries() {
        let entries = Entries::of(crowd(5, &mut Seeded::new(5)), CENTRE);
        let bytes = packed(&entries);
        let whole: Vec<usize> = (0..=5).map(|n| packed(&Entries(entries[..n].to_vec())).len()).collect();
        for end in 0..bytes.len() {
            assert_eq!(Entries::unpack(&bytes[..end]).is_ok(), whole.contains(&end), "cut at {end}");
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        for bytes in [&[0xff; 9][..], &[0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0], &[0xfc, 0xff, 0xff, 0x7f, 0, 0]] {
            assert!(Entries::unpack(bytes).is_err(), "{bytes:?}");
        }
    }
}
