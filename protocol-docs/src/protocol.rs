//! The protocol as the documents see it: its messages, and the shapes that their
//! fields have.

use crate::prose;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use shardlink_shared::{
    ids::MAX_ID,
    limits::MAX_MESSAGE_ID,
    protocol::{ClientMessage, MessageSet, MessageType, ServerMessage, VERSION},
    schema::{Described, Row},
};
use std::collections::BTreeMap;

/// Where the generator's references point.
pub const DEFINITIONS: &str = "#/$defs/";

/// Who sends a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A client.
    Client,
    /// A server.
    Server,
}

impl Direction {
    /// Its name, which also begins the names of its messages in the schemas.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// A type of message in one direction.
#[derive(Debug)]
pub struct Message {
    /// Who sends it.
    pub direction: Direction,
    /// Its row in the table of types.
    pub row: MessageType,
    /// The struct that holds its fields.
    pub body: String,
    /// What it means, in a sentence.
    pub meaning: String,
    /// What else there is to say.
    pub notes: String,
    /// The types of the messages that answer it; empty if it is no request.
    pub answers: Vec<&'static str>,
    /// The codes of its own that it may be refused with.
    pub errors: Vec<&'static str>,
    /// Its fields, in the order of binary.
    pub fields: Vec<Field>,
}

impl Message {
    /// How a request ends, in a sentence from its row; empty for what is none.
    pub fn outcome(&self) -> String {
        let answers: Vec<_> = self.answers.iter().map(|name| format!("`{name}`")).collect();
        let errors: Vec<_> = self.errors.iter().map(|code| (*code).to_owned()).collect();
        match (answers.as_slice(), errors.as_slice()) {
            ([], _) => String::new(),
            (answers, []) => format!("Answered by {}.", prose::either(answers)),
            (answers, errors) => {
                format!("Answered by {}; refused with {}.", prose::either(answers), prose::either(errors))
            }
        }
    }

    /// All that there is to say of it.
    pub fn text(&self) -> String {
        let parts = [self.meaning.as_str(), &self.notes, &self.outcome()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// A field of a message or of a shape.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// Whether it must be there.
    pub required: bool,
    /// What it may be: a schema without a description.
    pub schema: Value,
}

/// What a field may be, where that has a name of its own.
#[derive(Debug)]
pub struct Shape {
    /// What it stands for.
    pub meaning: String,
    /// What it looks like.
    pub kind: Kind,
}

/// What a shape looks like.
#[derive(Debug)]
pub enum Kind {
    /// An object; closed if it has no other members.
    Object {
        /// Its members.
        fields: Vec<Field>,
        /// Whether it has no others.
        closed: bool,
    },
    /// One of these texts, each with what it means.
    Names(Vec<(String, String)>),
    /// A number or a text within bounds.
    Plain(Value),
}

/// All of it.
#[derive(Debug)]
pub struct Protocol {
    /// What clients send, by tag.
    pub client: Vec<Message>,
    /// What servers send, by tag.
    pub server: Vec<Message>,
    /// The shapes by their names.
    pub shapes: BTreeMap<String, Shape>,
}

impl Protocol {
    /// The protocol that `shared` describes.
    pub fn read() -> Self {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let (client, server) = (ClientMessage::rows(&mut generator), ServerMessage::rows(&mut generator));
        let variants = client.iter().map(|row| (row.variant, row.tag, ClientMessage::TYPES));
        let variants = variants.chain(server.iter().map(|row| (row.variant, row.tag, ServerMessage::TYPES)));
        let about = About {
            types: types_by_struct(client.iter().chain(&server)),
            order: order(),
            names: variants
                .filter_map(|(variant, tag, types)| Some((variant, types.iter().find(|row| row.tag == tag)?.name)))
                .collect(),
        };
        let messages = |direction, rows: &[Row], known: &[MessageType]| -> Vec<Message> {
            rows.iter().zip(known).map(|(row, message_type)| message(direction, row, *message_type, &about)).collect()
        };
        Self {
            client: messages(Direction::Client, &client, ClientMessage::TYPES),
            server: messages(Direction::Server, &server, ServerMessage::TYPES),
            shapes: generator
                .take_definitions(true)
                .into_iter()
                .map(|(name, schema)| (name.clone(), shape(&name, schema, &about)))
                .collect(),
        }
    }

    /// Every message, a type of both directions first as the client's.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.client.iter().chain(&self.server)
    }
}

/// What is known of all structs before any of them is described.
struct About {
    /// The types whose fields a struct holds: what links in doc comments name.
    types: BTreeMap<String, Vec<&'static str>>,
    /// The fields of every struct in their order, which is binary's.
    order: BTreeMap<String, Vec<String>>,
    /// The types of the variants; one that both sets have is of the same type.
    names: BTreeMap<&'static str, &'static str>,
}

impl About {
    fn prose(&self, doc: &str) -> String {
        // Of a struct of several types the first is the general one.
        let name = |item: &str| self.types.get(item).and_then(|types| types.first()).map(|name| (*name).to_owned());
        prose::line(doc, |item| format!("`{}`", name(item).unwrap_or_else(|| item.to_owned())))
    }
}

fn types_by_struct<'a>(rows: impl Iterator<Item = &'a Row>) -> BTreeMap<String, Vec<&'static str>> {
    let all = || ClientMessage::TYPES.iter().chain(ServerMessage::TYPES);
    let mut types = BTreeMap::<String, Vec<&'static str>>::new();
    for row in rows {
        let name = all().find(|one| one.tag == row.tag).map(|one| one.name);
        types.entry(row.body.clone()).or_default().extend(name);
    }
    types
}

/// What is written has all its fields: there the schemas name all as required, in
/// their order.
fn order() -> BTreeMap<String, Vec<String>> {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let rows: Vec<_> = [ClientMessage::rows(&mut generator), ServerMessage::rows(&mut generator)].concat();
    let bodies = rows.into_iter().map(|row| (row.body, row.schema.to_value()));
    let all = bodies.chain(generator.take_definitions(true));
    all.map(|(name, schema)| (name, texts(schema.get("required")))).collect()
}

fn texts(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn message(direction: Direction, row: &Row, message_type: MessageType, about: &About) -> Message {
    let mut schema = row.schema.clone().to_value();
    let own = prose::without_direction(&about.prose(&take_text(&mut schema, "description")));
    // A struct of several types says what they have in common, their rows what each is.
    let (meaning, notes) = if row.meaning.is_empty() {
        let (first, rest) = prose::first_sentence(&own);
        (first.to_owned(), rest.to_owned())
    } else {
        (row.meaning.to_owned(), own)
    };
    let fields = fields(&row.body, &mut schema, about);
    let answers = row.answers.iter().filter_map(|variant| about.names.get(variant).copied()).collect();
    let errors = row.errors.iter().map(|code| code.as_str()).collect();
    Message { direction, row: message_type, body: row.body.clone(), meaning, notes, answers, errors, fields }
}

/// The fields of an object's schema, in their order.
fn fields(name: &str, schema: &mut Value, about: &About) -> Vec<Field> {
    let required = texts(schema.get("required"));
    let Value::Object(mut properties) = take(schema, "properties") else { return Vec::new() };
    let order = about.order.get(name).map(Vec::as_slice).unwrap_or_default();
    // What is read and never written would be named nowhere: it follows.
    let others: Vec<_> = properties.keys().filter(|name| !order.contains(name)).cloned().collect();
    let field = |name: &String| {
        let mut schema = properties.remove(name)?;
        let meaning = about.prose(&take_text(&mut schema, "description"));
        Some(Field { meaning, required: required.contains(name), schema: plain(schema), name: name.clone() })
    };
    order.iter().chain(&others).filter_map(field).collect()
}

fn shape(name: &str, mut schema: Value, about: &About) -> Shape {
    let meaning = prose::without_direction(&about.prose(&take_text(&mut schema, "description")));
    let kind = if schema.get("properties").is_some() {
        let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        Kind::Object { fields: fields(name, &mut schema, about), closed }
    } else {
        names(&schema, about).map_or_else(|| Kind::Plain(plain(schema)), Kind::Names)
    };
    Shape { meaning, kind }
}

/// The texts of an enum, each with its doc where that says more than its name.
fn names(schema: &Value, about: &About) -> Option<Vec<(String, String)>> {
    let variants = schema.get("oneOf").and_then(Value::as_array)?;
    let name = |variant: &Value| {
        let name = variant.get("const")?.as_str()?;
        let doc = variant.get("description").and_then(Value::as_str).unwrap_or_default();
        Some((name.to_owned(), if doc == name { String::new() } else { about.prose(doc) }))
    };
    variants.iter().map(name).collect()
}

/// The schema in words that every validator knows: bounds in place of Rust's formats,
/// integers that every JSON reader holds exactly, no default that says "absent".
fn plain(schema: Value) -> Value {
    match schema {
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(mut members) => {
            let most = match members.remove("format").as_ref().and_then(Value::as_str) {
                Some("uint32") => Some(u64::from(u32::MAX)),
                Some("uint16") => Some(u64::from(u16::MAX)),
                Some("uint8") => Some(u64::from(u8::MAX)),
                Some("uint64" | "uint") => Some(MAX_ID),
                _ => None,
            };
            if let Some(most) = most {
                members.entry("maximum").or_insert(most.into());
            }
            members.retain(|key, value| key != "default" || !value.is_null());
            Value::Object(members.into_iter().map(|(key, value)| (key, plain(value))).collect())
        }
        Value::Number(number) => match number.as_f64() {
            Some(whole) if number.is_f64() && whole.fract() == 0.0 => json!(whole as i64),
            _ => Value::Number(number),
        },
        other => other,
    }
}

fn take(schema: &mut Value, key: &str) -> Value {
    schema.as_object_mut().and_then(|members| members.remove(key)).unwrap_or_default()
}

fn take_text(schema: &mut Value, key: &str) -> String {
    take(schema, key).as_str().unwrap_or_default().to_owned()
}

/// The fields that stand around a message's own in JSON.
pub fn envelope(direction: Direction, row: MessageType) -> Vec<Field> {
    let field = |name: &str, required, meaning: &str, schema| Field {
        name: name.to_owned(),
        meaning: meaning.to_owned(),
        required,
        schema,
    };
    let id = json!({ "type": ["string", "null"], "maxLength": MAX_MESSAGE_ID });
    let message_type = field("type", true, "Which message it is.", json!({ "const": row.name }));
    match direction {
        Direction::Client => vec![
            message_type,
            field(
                "version",
                true,
                "The protocol's version, three numbers; another major is refused.",
                json!({ "type": "string", "pattern": r"^1\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$" }),
            ),
            field(
                "timestamp",
                false,
                "Seconds since the Unix epoch; never judged.",
                json!({ "type": ["number", "null"] }),
            ),
            field("message_id", false, "The sender's own name for the message, which the answer repeats.", id),
            field(
                "priority",
                false,
                "Ignored: the type has its priority.",
                json!({ "type": "integer", "minimum": 0, "maximum": 3 }),
            ),
        ],
        Direction::Server => vec![
            message_type,
            field("version", true, "The protocol's version.", json!({ "const": VERSION })),
            field(
                "timestamp",
                true,
                "Seconds since the Unix epoch, by the server's clock.",
                json!({ "type": "number", "minimum": 0 }),
            ),
            field("priority", true, "The type's priority.", json!({ "const": row.priority as u8 })),
            field("message_id", false, "The sender's own name for the message.", id.clone()),
            field("reply_to", false, "The message_id of the request that this answers.", id),
            field(
                "seq",
                false,
                "The number of a reliable message, rising.",
                json!({ "type": "integer", "minimum": 0, "maximum": MAX_ID }),
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::ErrorCode;

    #[test]
    fn every_field_is_described_and_none_is_the_envelopes() {
        let protocol = Protocol::read();
        for message in protocol.messages() {
            let around = envelope(message.direction, message.row);
            assert!(!message.meaning.is_empty(), "{:?} {}", message.direction, message.row.name);
            for field in &message.fields {
                assert!(around.iter().all(|other| other.name != field.name), "{}.{}", message.row.name, field.name);
            }
        }
        for (name, shape) in &protocol.shapes {
            let Kind::Object { fields, closed } = &shape.kind else { continue };
            assert!(*closed || fields.iter().all(|field| !field.meaning.is_empty()), "{name}");
        }
    }

    /// The error codes that a text names, and what it says of answers and refusals.
    fn codes(text: &str) -> Vec<&str> {
        let words = text.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
        words.filter(|word| ErrorCode::parse(word).is_some()).collect()
    }

    #[test]
    fn what_answers_and_refuses_a_request_is_said_by_its_row_alone() {
        let protocol = Protocol::read();
        for message in protocol.messages() {
            let said = [message.meaning.as_str(), &message.notes].join(" ");
            for phrase in ["Answered by", "answered by [", "efused with"] {
                let own = message.row.name != "ack";
                assert!(!(own && said.contains(phrase)), "{}: {said}", message.row.name);
            }
            let alike = protocol.client.iter().filter(|other| other.body == message.body);
            let known: Vec<_> = alike.flat_map(|other| other.errors.iter().copied()).collect();
            let from_client = message.direction == Direction::Client && message.row.is_request;
            for code in codes(&said).into_iter().filter(|_| from_client) {
                assert!(known.contains(&code), "{}: {code} is not in its row", message.row.name);
            }
        }
    }

    #[test]
    fn every_message_of_a_client_says_what_answers_it_but_those_that_nothing_does() {
        let protocol = Protocol::read();
        let is_without = |message: &&Message| message.answers.is_empty();
        let without: Vec<_> = protocol.client.iter().filter(is_without).map(|message| message.row.name).collect();
        // A goodbye and a receipt; and two that no server serves yet, nor says how.
        assert_eq!(without, ["disconnect", "ack", "trade_decline", "rtc_signal"]);
        assert!(protocol.server.iter().all(|message| message.answers.is_empty() && message.errors.is_empty()));
        for message in &protocol.client {
            assert_eq!(message.row.is_request, !message.answers.is_empty(), "{}", message.row.name);
            for answer in &message.answers {
                assert!(ServerMessage::type_of_name(answer).is_some(), "{answer}");
            }
        }
        let kick = protocol.client.iter().find(|message| message.row.name == "party_kick").unwrap();
        let outcome = "Answered by `party_update`; refused with NOT_IN_PARTY, NOT_LEADER or NOT_FOUND.";
        assert_eq!((kick.outcome().as_str(), kick.text().ends_with(outcome)), (outcome, true));
    }

    #[test]
    fn fields_stand_in_the_order_of_binary() {
        let protocol = Protocol::read();
        let names = |fields: &[Field]| fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
        let chat = protocol.server.iter().find(|message| message.row.name == "chat").unwrap();
        let expected =
            ["sender_id", "sender_name", "channel", "content", "recipient_id", "recipient_name", "encrypted"];
        assert_eq!(names(&chat.fields), expected);
        // The same as a shape, inside chat_history.
        let Kind::Object { fields, .. } = &protocol.shapes["Chat"].kind else { panic!() };
        assert_eq!(names(fields), expected);
        let Kind::Object { fields, .. } = &protocol.shapes["Shard"].kind else { panic!() };
        assert_eq!(fields[6].name, "owning_faction");
    }

    #[test]
    fn bounds_are_said_in_words_that_every_validator_knows() {
        let schema = json!({ "type": "integer", "format": "uint64", "minimum": 0, "default": null });
        assert_eq!(plain(schema), json!({ "type": "integer", "minimum": 0, "maximum": MAX_ID }));
        assert_eq!(plain(json!({ "type": "number", "maximum": 10.0 })), json!({ "type": "number", "maximum": 10 }));
    }
}
