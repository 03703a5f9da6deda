//! What types other than structs look like on the wire. Ids and enums are described by the
//! macros that make them.

use super::{Field, Kind, Wire};
use crate::{
    ErrorCode,
    codec::snapshot::Entries,
    protocol::{
        bounded::{List, Secret, Text},
        envelope::{Seconds, Timestamp},
        world::ShardCounts,
    },
    rules::interest::{CELL_REACH, Cell},
    text::{CharacterName, Content, Draft, UserName},
    time::FrameTime,
    vector::Vec3,
};
use std::num::NonZeroU32;

macro_rules! kinds {
    ($($(@[$($generics:tt)*])? $type:ty = $kind:expr;)*) => {
        $(impl$(<$($generics)*>)? Wire for $type {
            const KIND: &'static Kind = &$kind;
        })*
    };
}

kinds! {
    bool = Kind::Bool;
    u8 = Kind::Whole(8);
    u16 = Kind::Whole(16);
    u32 = Kind::Whole(32);
    u64 = Kind::Whole(64);
    f64 = Kind::Float;
    NonZeroU32 = Kind::Positive;
    FrameTime = Kind::Whole(32);
    @[const MAX: usize] Text<MAX> = Kind::Text(MAX as u32);
    @[const MAX: usize] Secret<MAX> = Kind::Text(MAX as u32);
    @[T: Wire] Option<T> = Kind::Option(T::KIND);
    @[T: Wire, const MAX: usize] List<T, MAX> = Kind::List(T::KIND, MAX as u32);
    UserName = Kind::Ruled(|text| Self::parse(text).map(|name| name.as_str().to_owned()).map_err(str::to_owned));
    CharacterName = Kind::Ruled(|text| Self::parse(text).map(|name| name.as_str().to_owned()).map_err(str::to_owned));
    Draft = Kind::Ruled(|text| Ok(Self::new(text).as_str().to_owned()));
    Content = Kind::Ruled(|text| match Draft::new(text).accept() {
        Ok(content) => Ok(content.as_str().to_owned()),
        Err(refusal) => Err(refusal.sentence().to_owned()),
    });
    ErrorCode = Kind::Ruled(|text| Self::of_wire(text).map(|code| code.as_str().to_owned()).ok_or_else(|| "must be an error code".to_owned()));
    Timestamp = Kind::Moment;
    Seconds = Kind::Span;
    Vec3 = Kind::Vector;
    ShardCounts = Kind::Counts;
    Entries = Kind::Entries;
    Cell = Kind::Struct(&[
        Field { name: "x", kind: &Kind::Reach(CELL_REACH), default: false },
        Field { name: "y", kind: &Kind::Reach(CELL_REACH), default: false },
    ]);
}

impl<T: Wire> Wire for Box<T> {
    const KIND: &'static Kind = T::KIND;
}

impl<T: Wire + ?Sized> Wire for &T {
    const KIND: &'static Kind = T::KIND;
}

impl<T: Wire> Wire for [T] {
    const KIND: &'static Kind = &Kind::List(T::KIND, u32::MAX);
}

/// A list of any length. No message holds one; programs use such lists for values of their own.
impl<T: Wire> Wire for Vec<T> {
    const KIND: &'static Kind = &Kind::List(T::KIND, u32::MAX);
}

/// A text of any length, likewise.
impl Wire for String {
    const KIND: &'static Kind = &Kind::Text(u32::MAX);
}

impl Wire for str {
    const KIND: &'static Kind = &Kind::Text(u32::MAX);
}
