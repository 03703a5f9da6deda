//! What is wrong with a field, in words for its sender. serde's sentences are for
//! programmers of Rust: only their expectation is kept, in words of JSON. The value that was
//! found is never repeated, because it may be a password in the wrong field and an answer may
//! end up in a log.

use std::borrow::Cow;

/// The sentence about a field, from what serde said of it.
pub(super) fn about(field: &str, said: &str) -> String {
    let must = match said.strip_prefix("must ") {
        Some(must) => Cow::Borrowed(must),
        None => match expectation(said) {
            Some(expected) => Cow::Owned(format!("be {}", in_json(expected))),
            // A sentence of its own.
            None if said.ends_with('.') => return said.to_owned(),
            None => return format!("The field {field} cannot be read: {said}."),
        },
    };
    format!("The field {field} must {must}.")
}

/// What a duplicate field is called, if that is what serde said.
pub(super) fn duplicate(said: &str) -> Option<&str> {
    said.strip_prefix("duplicate field `")?.strip_suffix('`')
}

/// The same as a list in words: `a, b or c`.
pub(crate) fn one_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The expectation in a sentence of serde that also repeats the value that was found.
fn expectation(said: &str) -> Option<&str> {
    let repeats = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant ", "unknown field "];
    let (found, expected) = said.rsplit_once(", expected ")?;
    repeats.iter().any(|start| found.starts_with(start)).then_some(expected)
}

fn in_json(expected: &str) -> Cow<'_, str> {
    Cow::Borrowed(match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" | "a borrowed string" | "string" | "str" => "a text",
        "a boolean" | "bool" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        // A client is not told the names of Rust's types.
        _ if expected.starts_with("struct ") => "an object",
        _ => return unquoted(expected),
    })
}

/// serde's lists of variants: `` `a` or `b` ``, ``one of `a`, `b`, `c` ``.
fn unquoted(expected: &str) -> Cow<'_, str> {
    if !expected.contains('`') {
        return Cow::Borrowed(expected);
    }
    let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    Cow::Owned(one_of(&names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ErrorCode,
        codec::{Frame, decode},
        limits::MAX_CLIENT_FRAME,
        protocol::ClientMessage,
    };

    /// What a client is told of a message: the code, the field, the sentence.
    fn told(fields: &str) -> (ErrorCode, String, String) {
        let text = format!(r#"{{"version":"1.0.0",{fields}}}"#);
        let mut messages: Vec<_> = decode::<ClientMessage>(Frame::Text(&text), MAX_CLIENT_FRAME).collect();
        let refusal = messages.remove(0).unwrap_err().refusal;
        (refusal.code, refusal.field.clone().unwrap_or_default(), refusal.sentence().to_owned())
    }

    #[test]
    fn every_kind_of_wrong_field_is_told_in_words_one_can_act_on() {
        let character = r#""type":"character_create","name":"Aria","class":"Rogue","faction":"Shadowborn""#;
        for (fields, field, sentence) in [
            (
                r#""type":"character_select","character_id":"seven""#,
                "character_id",
                "The field character_id must be a whole number from 1 to 9007199254740991.",
            ),
            (
                r#""type":"character_select","character_id":-4"#,
                "character_id",
                "The field character_id must be a whole number from 1 to 9007199254740991.",
            ),
            (
                r#""type":"character_select","character_id":0"#,
                "character_id",
                "The field character_id must be a whole number from 1 to 9007199254740991.",
            ),
            (
                r#""type":"character_select","character_id":1.5"#,
                "character_id",
                "The field character_id must be a whole number from 1 to 9007199254740991.",
            ),
            (r#""type":"character_select""#, "character_id", "The field character_id is missing."),
            (r#""type":"chat","content":5"#, "content", "The field content must be a text."),
            (
                r#""type":"chat","content":"x","channel":"shout""#,
                "channel",
                "The field channel must be global, party, faction or whisper.",
            ),
            (
                &format!(r#"{character},"race":"Robot""#),
                "race",
                "The field race must be Human, Elf, Dwarf, Tiefling, Dragonborn or Undead.",
            ),
            (&format!(r#"{character},"race":null"#), "race", "The field race must be a text."),
            (
                r#""type":"character_create","name":"?""#,
                "name",
                "The field name must be 3 to 24 letters (A to Z), digits, apostrophes, hyphens and single spaces \
                 between them.",
            ),
            (
                r#""type":"auth_request","username":"a b","password":"""#,
                "username",
                "The field username must be 3 to 50 letters (A to Z), digits, dots, hyphens and underscores.",
            ),
            (r#""type":"mute","character_id":7,"muted":"yes""#, "muted", "The field muted must be true or false."),
            (
                r#""type":"move","to_location_id":0,"position":{"x":1}"#,
                "position.y",
                "The field position.y is missing.",
            ),
            (
                r#""type":"move","to_location_id":0,"position":{"x":1,"y":"2","z":0}"#,
                "position.y",
                "The field position.y must be a number.",
            ),
            (
                r#""type":"move","to_location_id":0,"position":{"x":1e9,"y":0,"z":0}"#,
                "position",
                "The field position must have coordinates from -10000 to 10000.",
            ),
            (r#""type":"ack","last_seq":"1""#, "last_seq", "The field last_seq must be a whole number from 0."),
        ] {
            assert_eq!(told(fields), (ErrorCode::InvalidField, field.into(), sentence.into()), "{fields}");
        }
        let twice = told(r#""type":"character_select","character_id":1,"character_id":2"#);
        assert_eq!((twice.1.as_str(), twice.2.as_str()), ("character_id", "The field character_id is there twice."));
        let long = told(&format!(r#""type":"ping","message_id":"{}""#, "x".repeat(65)));
        assert_eq!(long.2, "The field message_id must have at most 64 characters.");
    }

    #[test]
    fn a_sentence_of_its_own_has_no_prefix_and_what_is_found_is_never_repeated() {
        assert_eq!(about("content", "There is nothing to read."), "There is nothing to read.");
        for said in [
            "invalid type: string \"hunter22, expected \", expected u64",
            "invalid value: integer `22`, expected u64",
        ] {
            assert_eq!(about("id", said), "The field id must be a whole number from 0.");
        }
        assert_eq!(
            about("list", "invalid length 21, expected a list of at most 20"),
            "The field list must be a list of at most 20."
        );
        assert_eq!(about("kind", "unknown variant `x`, expected `a` or `b`"), "The field kind must be a or b.");
        assert_eq!(
            about("kind", "unknown variant `x`, expected one of `a`, `b`, `c`"),
            "The field kind must be a, b or c."
        );
        assert_eq!(
            about("kind", "invalid type: null, expected struct Secret with 2 elements"),
            "The field kind must be an object."
        );
    }
}
