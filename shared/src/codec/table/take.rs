//! Typed values from binary without serde, for a program that is downloaded: a field costs some
//! bytes of code, where serde's visitors and errors cost hundreds. `derive(Take)` makes it for
//! structs; `tests/table.rs` checks that both read and refuse the same.

use super::read::{byte, length, moment, take, text, varint, zigzag};
use crate::{
    ErrorCode,
    codec::snapshot::Entries,
    ids::LocationId,
    protocol::{
        bounded::{List, Secret, Text},
        envelope::{Seconds, Timestamp},
    },
    rules::interest::Cell,
    text::{CharacterName, Content},
    time::{FrameTime, Millis},
    vector::Vec3,
};
use std::num::NonZeroU32;

/// A type that is read from binary.
pub trait Take: Sized {
    /// The value at the beginning, which is taken off; `None` where it is cut short or out of
    /// bounds.
    fn take(rest: &mut &[u8]) -> Option<Self>;
}

/// A message's own struct.
pub trait TakeBody: Sized {
    /// The fields of a message. Missing trailing fields take their defaults, surplus bytes are
    /// skipped; `None` where a field is missing, cut short or out of bounds.
    fn take_body(body: &[u8]) -> Option<Self>;
}

macro_rules! takes {
    ($($(@[$($generics:tt)*])? $type:ty = |$rest:ident| $take:expr;)*) => {
        $(impl$(<$($generics)*>)? Take for $type {
            fn take($rest: &mut &[u8]) -> Option<Self> {
                $take
            }
        })*
    };
}

takes! {
    bool = |rest| match byte(rest)? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    };
    u8 = |rest| byte(rest);
    i8 = |rest| byte(rest).map(u8::cast_signed);
    u16 = |rest| Some(varint(rest, 16)? as Self);
    u32 = |rest| Some(varint(rest, 32)? as Self);
    u64 = |rest| varint(rest, 64);
    NonZeroU32 = |rest| Self::new(varint(rest, 32)? as u32);
    Millis = |rest| moment(rest);
    Timestamp = |rest| moment(rest).map(Self);
    Seconds = |rest| u32::take(rest).map(Self::of_milliseconds);
    FrameTime = |rest| u32::take(rest).map(Self);
    Vec3 = |rest| Some(Self { x: zigzag(rest)?, y: zigzag(rest)?, z: zigzag(rest)? }).filter(|vector| vector.in_bounds());
    Cell = |rest| Self::new(Take::take(rest)?, Take::take(rest)?);
    Entries = |rest| {
        let length = length(rest)?;
        Self::unpack(take(rest, length)?).ok()
    };
    CharacterName = |rest| Self::parse(text(rest)?).ok();
    Content = |rest| crate::text::Draft::new(text(rest)?).accept().ok();
    ErrorCode = |rest| Self::of_wire(text(rest)?);
    @[const MAX: usize] Text<MAX> = |rest| Self::parse(text(rest)?).ok();
    @[const MAX: usize] Secret<MAX> = |rest| Self::parse(text(rest)?).ok();
    @[T: Take] Box<T> = |rest| T::take(rest).map(Self::new);
    @[T: Take] Option<T> = |rest| match byte(rest)? {
        0 => Some(None),
        1 => T::take(rest).map(Some),
        _ => None,
    };
    @[T: Take, const MAX: usize] List<T, MAX> = |rest| {
        let count = Some(length(rest)?).filter(|count| *count <= MAX)?;
        // Nothing is reserved on the word of the sender.
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(T::take(rest)?);
        }
        Some(Self::of(items))
    };
}

/// A location's id, where 0 says "none".
pub fn id_or_zero(rest: &mut &[u8]) -> Option<Option<LocationId>> {
    match varint(rest, 64)? {
        0 => Some(None),
        number => LocationId::new(number).map(Some),
    }
}
