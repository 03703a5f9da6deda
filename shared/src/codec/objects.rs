//! Reads structs from JSON objects only. serde would also read a struct from an array, field
//! after field: binary is read that way, but in JSON `"position": [1, 0, 0]` is no position.
//!
//! The deserializer here wraps another and asks it for a map wherever a struct is wanted, at
//! any depth. Its refusal names the struct's fields.

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor},
};
use std::fmt;

/// Wraps a deserializer, and each of the visitors, seeds and accesses that it hands on.
pub(super) struct Objects<T>(pub(super) T);

/// Reads a value; each struct in it must be an object.
pub(super) fn read<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(Objects(deserializer))
}

/// A struct's visitor, which says what it expects in a client's words.
struct Struct<V> {
    fields: &'static [&'static str],
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Struct<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")?;
        match self.fields {
            [] => Ok(()),
            [only] => write!(f, " with {only}"),
            [most @ .., last] => write!(f, " with {} and {last}", most.join(", ")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Objects(map))
    }
}

macro_rules! forward {
    ($($method:ident)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
                self.0.$method(Objects(visitor))
            }
        )*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    forward! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_option deserialize_unit deserialize_seq deserialize_map
        deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Struct { fields, visitor })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, Objects(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Objects(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, Objects(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, len, Objects(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, Objects(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! forward_values {
    ($($method:ident($value:ty))*) => {
        $(
            fn $method<E: de::Error>(self, value: $value) -> Result<V::Value, E> {
                self.0.$method(value)
            }
        )*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Objects<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    forward_values! {
        visit_bool(bool) visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
        visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128) visit_f32(f32) visit_f64(f64)
        visit_char(char) visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Objects(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Objects(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Objects(sequence))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Objects(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Objects(data))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Objects<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Objects(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.0.next_element_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.0.next_key_seed(Objects(seed))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.0.next_value_seed(Objects(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Objects<A> {
    type Error = A::Error;
    type Variant = Objects<A::Variant>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self::Variant), A::Error> {
        let (value, variant) = self.0.variant_seed(Objects(seed))?;
        Ok((value, Objects(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        self.0.newtype_variant_seed(Objects(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Objects(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Struct { fields, visitor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: i32,
        y: i32,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Shape {
        Nothing,
        Dot(Point),
        Line(i32, Point),
        Box { from: Point, to: Point },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct All {
        one: Point,
        maybe: Option<Box<Point>>,
        many: Vec<Point>,
        named: BTreeMap<String, Point>,
        pair: (i32, Point),
        shape: Shape,
    }

    fn of(one: &str, maybe: &str, many: &str, named: &str, pair: &str, shape: &str) -> Result<All, String> {
        let text = format!(
            r#"{{"one":{one},"maybe":{maybe},"many":[{many}],"named":{{"a":{named}}},"pair":[1,{pair}],"shape":{shape}}}"#
        );
        read(&mut serde_json::Deserializer::from_str(&text)).map_err(|error| error.to_string())
    }

    const POINT: &str = r#"{"x":1,"y":2}"#;

    #[test]
    fn what_serde_reads_from_objects_is_read() {
        let point = || Point { x: 1, y: 2 };
        for (shape, expected) in [
            (r#""Nothing""#.to_owned(), Shape::Nothing),
            (format!(r#"{{"Dot":{POINT}}}"#), Shape::Dot(point())),
            (format!(r#"{{"Line":[7,{POINT}]}}"#), Shape::Line(7, point())),
            (format!(r#"{{"Box":{{"from":{POINT},"to":{POINT}}}}}"#), Shape::Box { from: point(), to: point() }),
        ] {
            let all = of(POINT, POINT, POINT, POINT, POINT, &shape).unwrap();
            assert_eq!(all.shape, expected);
            assert_eq!((all.one, all.maybe.unwrap(), all.pair), (point(), Box::new(point()), (1, point())));
            assert_eq!((all.many, all.named), (vec![point()], BTreeMap::from([("a".to_owned(), point())])));
        }
        assert_eq!(of(POINT, "null", POINT, POINT, POINT, r#""Nothing""#).unwrap().maybe, None);
    }

    #[test]
    fn an_array_is_no_object_at_any_depth() {
        const ARRAY: &str = "[1,2]";
        let dot = format!(r#"{{"Dot":{ARRAY}}}"#);
        let line = format!(r#"{{"Line":[7,{ARRAY}]}}"#);
        let corner = format!(r#"{{"Box":{{"from":{POINT},"to":{ARRAY}}}}}"#);
        let nothing = r#""Nothing""#;
        for refused in [
            of(ARRAY, POINT, POINT, POINT, POINT, nothing),
            of(POINT, ARRAY, POINT, POINT, POINT, nothing),
            of(POINT, POINT, ARRAY, POINT, POINT, nothing),
            of(POINT, POINT, POINT, ARRAY, POINT, nothing),
            of(POINT, POINT, POINT, POINT, ARRAY, nothing),
            of(POINT, POINT, POINT, POINT, POINT, &dot),
            of(POINT, POINT, POINT, POINT, POINT, &line),
            of(POINT, POINT, POINT, POINT, POINT, &corner),
        ] {
            let words = refused.unwrap_err();
            assert!(words.starts_with("invalid type: sequence, expected an object with x and y at line"), "{words}");
        }
        let corners = of(POINT, POINT, POINT, POINT, POINT, &format!(r#"{{"Box":[{POINT},{POINT}]}}"#)).unwrap_err();
        assert!(corners.contains("expected an object with from and to"), "{corners}");
    }
}
