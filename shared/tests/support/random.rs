//! A deserializer that makes values up: whatever a type asks for, it gets, so
//! that no type can be forgotten when messages are made up.

use serde::{
    Deserializer, de,
    de::{DeserializeSeed, SeqAccess, Visitor, value::Error},
};
use shardlink_shared::{
    codec::snapshot::{Entries, quantised},
    entropy::{Entropy, Seeded},
    vector::Vec3,
};

const NAMES: &[&str] = &["Aria", "Bran", "Mor'gan the 2nd", "Jean-Luc", "abc", "Thorn of the Nexus 1234"];
const TEXTS: &[&str] =
    &["", "hello", "an \"odd\" one\\", "zürich €", "[encrypted]", "t1_AAAA-_", "日本語のテキスト", "x"];
const CODES: &[&str] = &["NAME_TAKEN", "RATE_LIMITED", "INTERNAL", "EMPTY"];

/// Makes up one value.
pub struct Maker<'a> {
    entropy: &'a mut Seeded,
    field: &'static str,
}

impl<'a> Maker<'a> {
    pub fn new(entropy: &'a mut Seeded) -> Self {
        Self { entropy, field: "" }
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.entropy.below(bound)
    }

    fn integer(&mut self) -> u64 {
        // Small, around 2^32, or up to the last millisecond of the year 9999.
        match self.below(4) {
            0 | 1 => u64::from(self.below(300)),
            2 => (1 << 32) + u64::from(self.below(1 << 20)),
            _ => self.entropy.next_u64() % 253_402_300_800_000,
        }
    }

    fn coordinate(&mut self) -> i32 {
        self.below(100_001) as i32 - 50_000
    }

    fn text(&mut self) -> &'static str {
        let pool = match self.field {
            "error_code" => CODES,
            field if field.contains("name") => NAMES,
            _ => TEXTS,
        };
        pool[self.below(pool.len() as u32) as usize]
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty: |$maker:ident| $value:expr;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let mut $maker = self;
            visitor.$visit($value as $type)
        })*
    };
}

impl<'de> Deserializer<'de> for Maker<'_> {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    integers! {
        deserialize_i8 visit_i8 i8: |maker| maker.below(21) as i8 - 10;
        deserialize_u8 visit_u8 u8: |maker| maker.below(8);
        deserialize_u16 visit_u16 u16: |maker| maker.below(600);
        deserialize_u32 visit_u32 u32: |maker| maker.integer();
        deserialize_u64 visit_u64 u64: |maker| maker.integer();
        deserialize_i32 visit_i32 i32: |maker| maker.coordinate();
        deserialize_f64 visit_f64 f64: |maker| f64::from(maker.below(1_000)) / 8.0;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.entropy.below(2) == 1)
    }

    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.text())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        // The one type that is bytes: a frame's packed entries.
        let players = (0..self.below(6) as u16).map(|n| {
            let position = Vec3 { x: self.coordinate(), y: self.coordinate(), z: 0 };
            (n * 3, position, quantised(Vec3 { x: self.coordinate() / 60, y: 0, z: 0 }))
        });
        let mut packed = Vec::new();
        Entries::of(players.collect::<Vec<_>>(), Vec3::ZERO).pack(&mut packed);
        visitor.visit_bytes(&packed)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.entropy.below(4) == 0 { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let left = self.below(3) as usize;
        visitor.visit_seq(Items { maker: self, fields: &[], left })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Items { maker: self, fields: &[], left })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(Items { maker: self, fields, left: fields.len() })
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(de::Error::custom("a message asks for what it wants"))
    }

    serde::forward_to_deserialize_any! {
        i16 i64 i128 u128 f32 char byte_buf unit unit_struct tuple_struct map enum identifier ignored_any
    }
}

struct Items<'a> {
    maker: Maker<'a>,
    fields: &'static [&'static str],
    left: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        let field = self.fields.len().checked_sub(self.left).and_then(|index| self.fields.get(index));
        self.left -= 1;
        let maker = Maker { entropy: &mut *self.maker.entropy, field: field.copied().unwrap_or(self.maker.field) };
        seed.deserialize(maker).map(Some)
    }
}
