//! Identifiers: integers from 1 to 2^53−1, one newtype for each thing named, so
//! that a party's id cannot be passed where a character's is wanted.

use crate::{
    codec::table::{Kind, Take, Wire},
    entropy::Entropy,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, num::NonZeroU64, str::FromStr};

/// The largest id: 2^53−1, the largest integer that JavaScript's numbers hold exactly.
pub const MAX_ID: u64 = (1 << 53) - 1;

/// Random ids lie above this bound. Ids below it are the canon's (locations,
/// shards, items) and those of monsters and guardians.
pub const FIRST_RANDOM_ID: u64 = 1 << 32;

/// A text that is no id: not a whole number from 1 to 2^53−1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be a whole number from 1 to {MAX_ID}")
    }
}

impl std::error::Error for InvalidId {}

/// A whole number as JSON has it: `7.0` is an integer there just as `7` is (JSON Schema
/// 2020-12, validation, 6.1.1), and languages with one kind of number write it.
struct Whole;

impl de::Visitor<'_> for Whole {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from 1 to {MAX_ID}")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<u64, E> {
        Ok(value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<u64, E> {
        if value.fract() == 0.0 && (0.0..=MAX_ID as f64).contains(&value) {
            return Ok(value as u64);
        }
        Err(E::invalid_type(de::Unexpected::Float(value), &self))
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $name(#[cfg_attr(feature = "schema", schemars(range(max = MAX_ID)))] NonZeroU64);

        impl $name {
            /// The id of this number, if it is from 1 to [`MAX_ID`].
            #[must_use]
            pub const fn new(value: u64) -> Option<Self> {
                match NonZeroU64::new(value) {
                    Some(value) if value.get() <= MAX_ID => Some(Self(value)),
                    _ => None,
                }
            }

            /// The id as an integer, from 1 to [`MAX_ID`].
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0.get()
            }

            /// A random id between [`FIRST_RANDOM_ID`] and [`MAX_ID`].
            pub fn random(entropy: &mut dyn Entropy) -> Self {
                let span = MAX_ID - FIRST_RANDOM_ID;
                let value = FIRST_RANDOM_ID + 1 + entropy.next_u64() % span;
                Self(NonZeroU64::new(value).unwrap_or(NonZeroU64::MAX))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                text.parse().ok().and_then(Self::new).ok_or(InvalidId)
            }
        }

        impl Wire for $name {
            const KIND: &'static Kind = &Kind::Id;
        }

        impl Take for $name {
            fn take(rest: &mut &[u8]) -> Option<Self> {
                u64::take(rest).and_then(Self::new)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u64(self.get())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value =
                    if deserializer.is_human_readable() { deserializer.deserialize_u64(Whole)? } else { u64::deserialize(deserializer)? };
                Self::new(value).ok_or_else(|| de::Error::custom(InvalidId))
            }
        }
    };
}

id!(
    /// An account, and the person behind it.
    PlayerId
);
id!(
    /// A character of an account.
    CharacterId
);
id!(
    /// A party of characters.
    PartyId
);
id!(
    /// A kind of item in the catalogue; items stack by it.
    ItemId
);
id!(
    /// One of the twelve Crystal Shards.
    ShardId
);
id!(
    /// A location of the canon.
    LocationId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_an_integer_from_1_to_2_pow_53_minus_1() {
        assert_eq!(PlayerId::new(0), None);
        assert_eq!(PlayerId::new(MAX_ID + 1), None);
        assert_eq!(PlayerId::new(MAX_ID).map(PlayerId::get), Some(MAX_ID));
        for text in ["0", "-1", "1.5", "9007199254740992", "9007199254740992.0", "-1.0", "0.0", "\"1\"", "null"] {
            assert!(serde_json::from_str::<PlayerId>(text).is_err(), "{text}");
        }
        for text in ["7", "7.0", "7e0"] {
            assert_eq!(serde_json::from_str::<PlayerId>(text).ok(), PlayerId::new(7), "{text}");
        }
    }

    #[test]
    fn random_ids_lie_above_two_pow_32() {
        for seed in 0..100 {
            let id = CharacterId::random(&mut crate::entropy::Seeded::new(seed));
            assert!(id.get() > FIRST_RANDOM_ID && id.get() <= MAX_ID);
        }
    }
}
