//! What the OpenAPI document says of a route's types. Compiled where the
//! document is made, which `protocol-docs/` does.

use super::{
    bodies::{Body, Place, Problem},
    routes::Endpoint,
};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

/// The generators of a document: what is read may lack fields that what is
/// written always has.
#[derive(Debug)]
pub struct Generators {
    reading: SchemaGenerator,
    writing: SchemaGenerator,
}

/// What a route takes and answers.
#[derive(Debug)]
pub struct Schemas {
    /// Where its input stands.
    pub place: Place,
    /// Whether its answer may be kept ([`Body::IS_KEPT`]).
    pub kept: bool,
    /// Of what form its input is: whole, without references.
    pub input: Value,
    /// Of what form its answer is.
    pub answer: Value,
}

impl Generators {
    /// Generators whose references point below `definitions`, a JSON pointer.
    #[must_use]
    pub fn new(definitions: &'static str) -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = definitions.into();
            settings.meta_schema = None;
        });
        let reading = settings.clone().with(|settings| settings.inline_subschemas = true);
        Self {
            reading: reading.for_deserialize().into_generator(),
            writing: settings.for_serialize().into_generator(),
        }
    }

    /// The schemas of a route.
    pub fn of<E: Endpoint>(&mut self) -> Schemas {
        Schemas {
            place: E::Body::PLACE,
            kept: E::Body::IS_KEPT,
            input: self.reading.subschema_for::<E::Body>().to_value(),
            answer: self.writing.subschema_for::<E::Answer>().to_value(),
        }
    }

    /// The form of a failure.
    pub fn problem(&mut self) -> Value {
        self.writing.subschema_for::<Problem>().to_value()
    }

    /// The definitions that the answers refer to, by their names.
    pub fn definitions(&mut self) -> impl Iterator<Item = (String, Value)> + use<> {
        self.writing.take_definitions(true).into_iter()
    }
}
