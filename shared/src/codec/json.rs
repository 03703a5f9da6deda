//! JSON 1.0.0: one flat object, the envelope's fields beside the message's, as
//! the system's first generation wrote it.

pub use super::reading::{BodyError, check_object, read, read_body};

use super::{Incoming, Rejected};
use crate::{
    ErrorCode, Refusal,
    protocol::{Body, Envelope, MAJOR, MessageSet, RequestId, VERSION, envelope::from_seconds},
};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{borrow::Cow, fmt, io::Write as _};

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default, rename = "type")]
    message_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    version: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    message_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    reply_to: Option<Cow<'a, str>>,
    #[serde(default)]
    seq: LooseNumber,
    #[serde(default)]
    timestamp: LooseNumber,
}

pub(super) fn decode<M: MessageSet>(text: &str, max_len: usize) -> Result<Incoming<M>, Rejected> {
    if text.len() > max_len {
        return Err(too_large(max_len).into());
    }
    check_object(text)?;
    let head: Head<'_> = read(text)?;
    let message_id =
        match head.message_id.as_deref() {
            None => None,
            Some(id) => Some(RequestId::from_text(id).ok_or_else(|| {
                Refusal::field("message_id", "The field message_id must have at most 64 characters.")
            })?),
        };
    let rejected = |refusal| Rejected { refusal, message_id: message_id.clone() };
    check_version(head.version.as_deref()).map_err(rejected)?;
    let Some(name) = head.message_type.as_deref() else {
        return Err(rejected(Refusal::new(ErrorCode::UnknownType).at("type").saying("The field type is missing.")));
    };
    let message = M::from_json(name, text).ok_or_else(|| rejected(no_such_type::<M>(name)))?.map_err(rejected)?;
    let envelope = Envelope {
        message_id,
        reply_to: head.reply_to.as_deref().and_then(RequestId::from_text),
        seq: head.seq.0.filter(|seq| *seq >= 0.0).map(|seq| seq as u64),
        timestamp: head.timestamp.0.and_then(from_seconds),
    };
    Ok(Incoming { envelope, message })
}

pub(super) fn too_large(max_len: usize) -> Refusal {
    Refusal::new(ErrorCode::TooLarge).saying(format!("The message has more than {max_len} bytes."))
}

fn check_version(version: Option<&str>) -> Result<(), Refusal> {
    let Some(version) = version else {
        return Err(Refusal::field("version", "The field version is missing."));
    };
    let Some(major) = major_of(version) else {
        return Err(Refusal::field("version", format!("A version is three numbers, such as {VERSION}.")));
    };
    if major == MAJOR.to_string() {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::UnsupportedVersion).at("version").saying(format!(
        "This server speaks protocol {MAJOR}.x (it stamps {VERSION}); update the client to one that does."
    )))
}

/// The first of a version's three numbers, in digits and of any size; `None` for a text that is
/// no version, such as one with leading zeros.
fn major_of(version: &str) -> Option<&str> {
    let is_number = |part: &str| {
        let is_plain = part == "0" || !part.starts_with('0');
        is_plain && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut numbers = version.split('.');
    let major = numbers.next()?;
    let (minor, patch) = (numbers.next()?, numbers.next()?);
    (numbers.next().is_none() && [major, minor, patch].into_iter().all(is_number)).then_some(major)
}

fn no_such_type<M: MessageSet>(name: &str) -> Refusal {
    let code = if M::OTHER_TYPES.iter().any(|other| other.name == name) {
        ErrorCode::NotAllowed
    } else {
        ErrorCode::UnknownType
    };
    Refusal::new(code).at("type")
}

/// A number; a value of another type is ignored, because a client's timestamp is never
/// judged.
#[derive(Default)]
struct LooseNumber(Option<f64>);

impl<'de> Deserialize<'de> for LooseNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Loose;

        impl<'de> Visitor<'de> for Loose {
            type Value = Option<f64>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_f64<E>(self, number: f64) -> Result<Option<f64>, E> {
                Ok(Some(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Option<f64>, E> {
                Ok(Some(number as f64))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Option<f64>, E> {
                Ok(Some(number as f64))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Option<f64>, E> {
                Ok(None)
            }

            fn visit_str<E>(self, _: &str) -> Result<Option<f64>, E> {
                Ok(None)
            }

            fn visit_unit<E>(self) -> Result<Option<f64>, E> {
                Ok(None)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Option<f64>, A::Error> {
                while sequence.next_element::<IgnoredAny>()?.is_some() {}
                Ok(None)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<f64>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(None)
            }
        }

        deserializer.deserialize_any(Loose).map(Self)
    }
}

/// Writes a message as one JSON object: the envelope's fields, then its own.
#[must_use]
pub fn encode<M: MessageSet>(envelope: &Envelope, message: &M) -> String {
    let row = message.message_type();
    let mut out = Vec::with_capacity(256);
    // Writing into a Vec cannot fail, and the types of the protocol always
    // serialize: they have string keys only.
    let _ = write!(out, r#"{{"type":"{}","version":"{VERSION}""#, row.name);
    if let Some(timestamp) = envelope.timestamp {
        let _ = write!(out, r#","timestamp":{}.{:03}"#, timestamp.0 / 1000, timestamp.0 % 1000);
    }
    let _ = write!(out, r#","priority":{}"#, row.priority as u8);
    for (key, id) in [("message_id", &envelope.message_id), ("reply_to", &envelope.reply_to)] {
        let _ = match id {
            // An id may hold quotes: written by serde_json, as a string.
            Some(RequestId::Text(text)) => {
                let _ = write!(out, r#","{key}":"#);
                serde_json::to_writer(&mut out, text)
            }
            Some(RequestId::Number(number)) => {
                let _ = write!(out, r#","{key}":"{number}""#);
                Ok(())
            }
            None => Ok(()),
        };
    }
    if let Some(seq) = envelope.seq {
        let _ = write!(out, r#","seq":{seq}"#);
    }
    let body = out.len();
    let _ = serde_json::to_writer(&mut out, &Body(message));
    // The body is an object of its own: its opening brace becomes a comma, or is removed if the
    // body is empty.
    match out.get_mut(body..) {
        Some([b'{', b'}']) => drop(out.drain(body..=body)),
        Some([brace, ..]) => *brace = b',',
        _ => out.push(b'}'),
    }
    // serde_json and the formats above write UTF-8 only.
    String::from_utf8(out).unwrap_or_default()
}
