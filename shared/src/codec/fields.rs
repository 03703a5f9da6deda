//! Reads the fields of a message in binary; those that are missing take their defaults.

use serde::{
    Deserializer,
    de::{DeserializeOwned, DeserializeSeed, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

/// Why the fields of a message could not be read.
pub type BodyError = postcard::Error;

/// Reads the fields of a message; missing trailing ones take their defaults,
/// surplus bytes are skipped.
pub fn read_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, BodyError> {
    T::deserialize(Fields { rest: body, left: 0 })
}

/// The fields of a message's own struct. They end where the body ends, and serde gives the
/// missing ones their defaults.
struct Fields<'de> {
    rest: &'de [u8],
    left: usize,
}

impl<'de> Deserializer<'de> for Fields<'de> {
    type Error = postcard::Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, postcard::Error> {
        visitor.visit_seq(Fields { left: fields.len(), ..self })
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, postcard::Error> {
        // A message is a struct; nothing else is asked for.
        Err(postcard::Error::WontImplement)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de> SeqAccess<'de> for Fields<'de> {
    type Error = postcard::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, postcard::Error> {
        if self.left == 0 || self.rest.is_empty() {
            return Ok(None);
        }
        self.left -= 1;
        let mut field = postcard::Deserializer::from_bytes(self.rest);
        let value = seed.deserialize(&mut field)?;
        self.rest = field.finalize()?;
        Ok(Some(value))
    }
}
