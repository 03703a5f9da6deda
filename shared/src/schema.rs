//! JSON Schema of the messages, for the documents that are generated from them
//! (`protocol-docs/`). Types that derive their serde impls derive their schemas too; types
//! whose serde impls are written by hand are described here.

use crate::{
    ErrorCode,
    codec::snapshot::{Entries, Entry},
    ids::MAX_ID,
    limits::MAX_FRAME_PLAYERS,
    protocol::{
        MessageSet,
        bounded::{List, Secret, Text},
        envelope::{Seconds, Timestamp},
        world::ShardCounts,
    },
    world::Faction,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::{borrow::Cow, collections::BTreeMap};

/// The messages of a direction, described.
pub trait Described: MessageSet {
    /// A row for each of [`MessageSet::TYPES`], in its order.
    fn rows(generator: &mut SchemaGenerator) -> Vec<Row>;
}

/// The errors that any request may get, whatever its row says.
pub const ANY_REQUEST: &[ErrorCode] = &[
    ErrorCode::InvalidField,
    ErrorCode::Unauthenticated,
    ErrorCode::NoCharacter,
    ErrorCode::NotAvailable,
    ErrorCode::RateLimited,
    ErrorCode::Overloaded,
    ErrorCode::Internal,
    ErrorCode::StorageCorrupt,
];

/// What a type of message holds.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its tag in binary.
    pub tag: u8,
    /// Its name among the variants of its set.
    pub variant: &'static str,
    /// The variants of the other set that answer it; empty if it is no request.
    pub answers: Vec<&'static str>,
    /// The errors of its own that it may get.
    pub errors: Vec<ErrorCode>,
    /// What it means, where its struct serves several types; else empty.
    pub meaning: &'static str,
    /// The name of its struct.
    pub body: String,
    /// The schema of the fields, without the envelope.
    pub schema: Schema,
}

impl Row {
    /// The row of the type of this tag, whose fields are `T`, without answers and errors.
    pub fn of<T: JsonSchema>(
        tag: u8,
        variant: &'static str,
        meaning: &'static str,
        generator: &mut SchemaGenerator,
    ) -> Self {
        Self {
            tag,
            variant,
            answers: Vec::new(),
            errors: Vec::new(),
            meaning: meaning.trim(),
            body: T::schema_name().into_owned(),
            schema: T::json_schema(generator),
        }
    }
}

/// Describes types whose schema is written out wherever they are used, without a name of their
/// own.
macro_rules! inline_schema {
    ($([$($generics:tt)*] $type:ty, $name:literal, |$generator:pat_param| $schema:expr;)*) => {
        $(
            impl<$($generics)*> JsonSchema for $type {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    $name.into()
                }

                fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                    $schema
                }
            }
        )*
    };
}

/// How the schemas say that a text is measured in bytes: as many characters fit
/// only if each is one byte long.
pub const IN_BYTES: &str = "measured in bytes of UTF-8";

/// A moment as text, by [`crate::sheet::iso8601`].
#[derive(Debug)]
pub struct Iso8601;

/// A location's id, or 0.
#[derive(Debug)]
pub struct LocationOrZero;

/// A location's id, or 0 or null, which are the same.
#[derive(Debug)]
pub struct LocationOrNull;

inline_schema! {
    [const MAX: usize] Text<MAX>, "Text", |_| json_schema!({ "type": "string", "maxLength": MAX, "$comment": IN_BYTES });
    [const MAX: usize] Secret<MAX>, "Secret", |generator| Text::<MAX>::json_schema(generator);
    [T: JsonSchema, const MAX: usize] List<T, MAX>, "List", |generator| json_schema!({
        "type": "array",
        "items": generator.subschema_for::<T>(),
        "maxItems": MAX,
    });
    [] Entries, "Entries", |generator| List::<Entry, MAX_FRAME_PLAYERS>::json_schema(generator);
    // Up to the end of the year 9999.
    [] Timestamp, "Timestamp", |_| json_schema!({ "type": "number", "minimum": 0, "exclusiveMaximum": 253_402_300_800_u64 });
    // 32 bits of milliseconds.
    [] Seconds, "Seconds", |_| json_schema!({ "type": "number", "minimum": 0, "maximum": 4_294_967.295 });
    [] Iso8601, "Iso8601", |_| json_schema!({
        "type": "string",
        "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
    });
    [] LocationOrZero, "LocationOrZero", |_| json_schema!({ "type": "integer", "minimum": 0, "maximum": MAX_ID });
    [] LocationOrNull, "LocationOrNull", |_| json_schema!({ "type": ["integer", "null"], "minimum": 0, "maximum": MAX_ID });
}

impl JsonSchema for ShardCounts {
    fn schema_name() -> Cow<'static, str> {
        "ShardCounts".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = Faction::ALL.iter().map(|faction| faction.name());
        let count = json_schema!({ "type": "integer", "minimum": 0, "maximum": u8::MAX });
        json_schema!({
            "description": "How many shards each faction holds.",
            "type": "object",
            "properties": names.clone().map(|name| (name.to_owned(), count.clone())).collect::<BTreeMap<_, _>>(),
            "required": names.collect::<Vec<_>>(),
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        protocol::{
            ClientMessage, ServerMessage,
            chat::Channel,
            combat::{ActionType, Outcome},
            party::LootSharing,
            quest::QuestStatus,
            signal::SignalKind,
        },
        world::{Class, Race, Reality},
    };
    use serde::Serialize;

    /// The texts that a schema of names allows.
    fn allowed(schema: &Schema) -> Vec<serde_json::Value> {
        let schema = schema.as_value();
        let list = |schema: &serde_json::Value| schema["enum"].as_array().cloned().unwrap_or_default();
        let one_of = schema["oneOf"].as_array().cloned().unwrap_or_default();
        let constants = one_of.iter().filter_map(|one| one.get("const").cloned());
        list(schema).into_iter().chain(constants).chain(one_of.iter().flat_map(list)).collect()
    }

    #[test]
    fn what_an_enum_writes_is_what_its_schema_allows() {
        fn check<T: JsonSchema + Serialize>(all: &[T]) {
            let written: Vec<_> = all.iter().map(|one| serde_json::to_value(one).unwrap()).collect();
            assert_eq!(written, allowed(&schemars::schema_for!(T)), "{}", T::schema_name());
        }
        check(Channel::ALL);
        check(LootSharing::ALL);
        check(ActionType::ALL);
        check(Outcome::ALL);
        check(QuestStatus::ALL);
        check(SignalKind::ALL);
        check(Faction::ALL);
        check(Race::ALL);
        check(Class::ALL);
        check(Reality::ALL);
        check(ErrorCode::ALL);
    }

    #[test]
    fn every_type_has_a_row_and_every_field_a_description() {
        fn check<M: Described>() {
            let rows = M::rows(&mut SchemaGenerator::default());
            let tags =
                |types: &[_]| types.iter().map(|row: &crate::protocol::MessageType| row.tag).collect::<Vec<_>>();
            assert_eq!(tags(M::TYPES), rows.iter().map(|row| row.tag).collect::<Vec<_>>());
            for row in rows {
                for (field, schema) in row.schema.as_value()["properties"].as_object().into_iter().flatten() {
                    assert!(schema["description"].is_string(), "{}.{field}: {schema}", row.body);
                }
            }
        }
        check::<ClientMessage>();
        check::<ServerMessage>();
    }
}
