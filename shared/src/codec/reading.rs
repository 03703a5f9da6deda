//! JSON read into types: objects alone pass for structs, nothing nests too deep, and an error names
//! the field at fault.

use super::{objects, words};
use crate::{ErrorCode, Refusal, limits::MAX_NESTING};
use serde::{Deserialize, de::DeserializeOwned};

/// Why the fields of a message could not be read.
pub type BodyError = Refusal;

/// Reads the fields of a message; the error names the field at fault.
pub fn read_body<T: DeserializeOwned>(text: &str) -> Result<T, BodyError> {
    read(text)
}

/// Reads a JSON text into a type, whose structs are objects and not arrays; the error
/// names the field at fault.
///
/// # Errors
/// MALFORMED for what is not JSON (or not an object where one is wanted),
/// INVALID_FIELD for a field that is missing, of the wrong type or out of bounds.
pub fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Refusal> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = objects::read(&mut deserializer);
    read.and_then(|value| deserializer.end().map(|()| value)).map_err(|_| {
        // A text that could not be read is read again, this time with the path to the field at
        // fault.
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let mut track = serde_path_to_error::Track::new();
        match objects::read::<T, _>(serde_path_to_error::Deserializer::new(&mut deserializer, &mut track)) {
            Err(error) => refusal_of(&error, &track.path()),
            // The value itself was fine, so something follows it.
            Ok(_) => Refusal::new(ErrorCode::Malformed).saying("There is something after the JSON value."),
        }
    })
}

fn refusal_of(error: &serde_json::Error, path: &serde_path_to_error::Path) -> Refusal {
    let sentence = error.to_string();
    let sentence = sentence.split(" at line ").next().unwrap_or_default();
    if !error.is_data() {
        return Refusal::new(ErrorCode::Malformed).saying(format!("This is not valid JSON: {sentence}."));
    }
    let path = path.to_string();
    // serde names a missing field in its sentence only.
    if let Some(missing) = sentence.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let field = if path == "." { missing.to_owned() } else { format!("{path}.{missing}") };
        let message = format!("The field {field} is missing.");
        return Refusal::field(field, message);
    }
    if let Some(field) = words::duplicate(sentence) {
        return Refusal::new(ErrorCode::Malformed).at(field).saying(format!("The field {field} is there twice."));
    }
    if path == "." {
        return Refusal::new(ErrorCode::Malformed).saying("A message is a JSON object.");
    }
    let message = words::about(&path, sentence);
    Refusal::field(path, message)
}

/// Refuses, before anything is read, a text that is no object or nests too deep.
///
/// # Errors
/// TOO_DEEP, or MALFORMED for an array: serde would read it as a struct, field by
/// field.
pub fn check_object(text: &str) -> Result<(), Refusal> {
    check_nesting(text)?;
    if text.trim_start().starts_with('[') {
        return Err(Refusal::new(ErrorCode::Malformed).saying("A message is a JSON object."));
    }
    Ok(())
}

/// Refuses, before anything recurses, a text that nests deeper than [`MAX_NESTING`].
///
/// # Errors
/// TOO_DEEP.
fn check_nesting(text: &str) -> Result<(), Refusal> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_NESTING {
                    return Err(Refusal::new(ErrorCode::TooDeep));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}
