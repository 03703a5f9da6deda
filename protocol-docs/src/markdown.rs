//! docs/PROTOCOL.md: its text is written by hand, its tables between the markers
//! `<!-- generated: name -->` and `<!-- end of name -->` are ours.

use crate::protocol::{DEFINITIONS, Direction, Field, Kind, Message, Protocol};
use serde_json::Value;
use shardlink_shared::{ErrorCode, error::Retry, ids::MAX_ID, schema::IN_BYTES};
use std::{collections::BTreeMap, fmt::Write as _, io};

/// Where it is.
pub const PATH: &str = "docs/PROTOCOL.md";

/// The document with its tables as they should be.
///
/// # Errors
/// A marker is missing.
pub fn fill(document: &str, protocol: &Protocol) -> io::Result<String> {
    let parts = [
        ("types", types(protocol)),
        ("fields", all_fields(protocol)),
        ("shapes", shapes(protocol)),
        ("errors", errors()),
        ("closes", closes()),
    ];
    parts.into_iter().try_fold(document.to_owned(), |document, (name, table)| between(&document, name, &table))
}

fn between(document: &str, name: &str, table: &str) -> io::Result<String> {
    let (begin, end) = (format!("<!-- generated: {name} -->\n"), format!("<!-- end of {name} -->"));
    let missing = || io::Error::new(io::ErrorKind::InvalidData, format!("{PATH} has no part {name}"));
    let (before, rest) = document.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}\n{}\n\n{end}{after}", table.trim()))
}

/// A row of a table.
fn row(out: &mut String, cells: &[&str]) {
    for cell in cells {
        let _ = write!(out, "| {} ", cell.replace('|', "\\|"));
    }
    out.push_str("|\n");
}

fn head(out: &mut String, names: &[&str]) {
    row(out, names);
    let _ = writeln!(out, "|{}", "---|".repeat(names.len()));
}

/// Every type, by tag.
fn types(protocol: &Protocol) -> String {
    let mut out = String::new();
    head(&mut out, &["type", "tag", "sent by", "priority", "meaning"]);
    let mut messages: Vec<_> = protocol.messages().collect();
    // A stable sort: the client's comes first.
    messages.sort_by_key(|message| message.row.tag);
    for message in messages {
        let link = format!("[`{}`](#{})", message.row.name, anchor(&heading(protocol, message)));
        let (tag, by) = (message.row.tag.to_string(), message.direction.name());
        let priority = format!("{} {:?}", message.row.priority as u8, message.row.priority).to_lowercase();
        row(&mut out, &[&link, &tag, by, &priority, &message.meaning]);
    }
    out
}

/// The types of a direction that have the same fields.
fn alike<'a>(protocol: &'a Protocol, message: &'a Message) -> impl Iterator<Item = &'a Message> {
    let messages = if message.direction == Direction::Client { &protocol.client } else { &protocol.server };
    messages.iter().filter(|other| other.body == message.body)
}

fn heading(protocol: &Protocol, message: &Message) -> String {
    let names: Vec<_> = alike(protocol, message).map(|other| format!("`{}`", other.row.name)).collect();
    format!("{}, from the {}", names.join(", "), message.direction.name())
}

/// What GitHub makes of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// The fields of every type.
fn all_fields(protocol: &Protocol) -> String {
    let mut out = String::new();
    for message in protocol.messages() {
        if alike(protocol, message).next().is_some_and(|first| first.row.tag != message.row.tag) {
            continue;
        }
        let _ = writeln!(out, "### {}\n", heading(protocol, message));
        let alone = alike(protocol, message).count() == 1;
        let text = if alone { message.text() } else { message.notes.clone() };
        if !text.trim().is_empty() {
            let _ = writeln!(out, "{}\n", text.trim());
        }
        if !alone && message.row.is_request {
            for other in alike(protocol, message) {
                let _ = writeln!(out, "- `{}`: {} {}", other.row.name, other.meaning, other.outcome());
            }
            out.push('\n');
        }
        if message.fields.is_empty() {
            out.push_str("No fields.\n\n");
            continue;
        }
        fields(&mut out, &message.fields, protocol);
        out.push('\n');
    }
    out
}

fn fields(out: &mut String, fields: &[Field], protocol: &Protocol) {
    head(out, &["field", "type", "bounds", "required", "meaning"]);
    for field in fields {
        let required = if field.required { "yes" } else { "no" };
        let (kind, bounds) = (kind(&field.schema, protocol), bounds(&field.schema, protocol));
        row(out, &[&format!("`{}`", field.name), &kind, &bounds, required, &field.meaning]);
    }
}

/// What fields hold that has a name of its own.
fn shapes(protocol: &Protocol) -> String {
    let mut out = String::new();
    for (name, shape) in &protocol.shapes {
        let _ = writeln!(out, "### {name}\n");
        let what = match &shape.kind {
            Kind::Plain(schema) => {
                let pattern = schema.get("pattern").and_then(Value::as_str);
                let pattern = pattern.map(|pattern| format!(", matching `{pattern}`")).unwrap_or_default();
                format!("{}: {}{pattern}.", capitalised(&kind(schema, protocol)), bounds(schema, protocol))
            }
            _ => String::new(),
        };
        let text = format!("{} {what}", shape.meaning);
        if !text.trim().is_empty() {
            let _ = writeln!(out, "{}\n", text.trim());
        }
        match &shape.kind {
            Kind::Object { fields: members, .. } => fields(&mut out, members, protocol),
            Kind::Names(names) if names.iter().all(|(_, meaning)| meaning.is_empty()) => {
                let names: Vec<_> = names.iter().map(|(name, _)| format!("`{name}`")).collect();
                let _ = writeln!(out, "One of {}.", names.join(", "));
            }
            // The errors have a table of their own.
            Kind::Names(_) if name == "ErrorCode" => out.push_str("One of [the table](#errors).\n"),
            Kind::Names(names) => {
                for (name, meaning) in names {
                    let _ = writeln!(out, "- `{name}`: {meaning}");
                }
            }
            Kind::Plain(_) => {}
        }
        out.push('\n');
    }
    out
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A schema as a word or two.
fn kind(schema: &Value, protocol: &Protocol) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix(DEFINITIONS)) {
        return format!("[{name}](#{})", name.to_ascii_lowercase());
    }
    if let Some(either) = schema.get("anyOf").and_then(Value::as_array) {
        return either.iter().map(|one| kind(one, protocol)).collect::<Vec<_>>().join(" or ");
    }
    let word = |kind: &str| match kind {
        "string" => "text".to_owned(),
        "array" => {
            format!("list of {}", schema.get("items").map(|items| kind_of_item(items, protocol)).unwrap_or_default())
        }
        other => other.to_owned(),
    };
    match schema.get("type") {
        Some(Value::String(one)) => word(one),
        Some(Value::Array(several)) => {
            several.iter().filter_map(Value::as_str).map(word).collect::<Vec<_>>().join(" or ")
        }
        _ => String::new(),
    }
}

fn kind_of_item(schema: &Value, protocol: &Protocol) -> String {
    let (kind, bounds) = (kind(schema, protocol), bounds(schema, protocol));
    if bounds.is_empty() { kind } else { format!("{kind} ({bounds})") }
}

/// What a schema says about how much: "1 to 500 characters".
fn bounds(schema: &Value, protocol: &Protocol) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix(DEFINITIONS)) {
        return match protocol.shapes.get(name).map(|shape| &shape.kind) {
            Some(Kind::Plain(schema)) => bounds(schema, protocol),
            _ => String::new(),
        };
    }
    let number = |key: &str| schema.get(key).filter(|value| value.is_number());
    if let Some(most) = number("maxItems") {
        return format!("at most {most}");
    }
    if let Some(most) = number("maxLength") {
        let unit =
            if schema.get("$comment").and_then(Value::as_str) == Some(IN_BYTES) { "bytes" } else { "characters" };
        return match number("minLength") {
            Some(least) => format!("{least} to {most} {unit}"),
            None => format!("at most {most} {unit}"),
        };
    }
    match (number("minimum"), number("maximum").or_else(|| number("exclusiveMaximum"))) {
        (Some(least), Some(most)) => format!("{least} to {}", power(most)),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {}", power(most)),
        (None, None) => schema.get("anyOf").and_then(Value::as_array).map_or_else(String::new, |either| {
            either
                .iter()
                .map(|one| bounds(one, protocol))
                .filter(|bounds| !bounds.is_empty())
                .collect::<Vec<_>>()
                .join(" or ")
        }),
    }
}

/// Large bounds as people know them.
fn power(most: &Value) -> String {
    match most.as_u64() {
        Some(MAX_ID) => "2^53−1".to_owned(),
        Some(most) if most == u64::from(u32::MAX) => "2^32−1".to_owned(),
        _ => most.to_string(),
    }
}

/// The one table of errors.
fn errors() -> String {
    let mut out = String::new();
    head(&mut out, &["code", "HTTP status", "close code", "may retry", "meaning"]);
    for code in ErrorCode::ALL {
        let info = code.info();
        let close = info.close.map(|close| close.to_string()).unwrap_or_default();
        let retry = if info.retry == Retry::Later { "later" } else { "no" };
        row(&mut out, &[&format!("`{}`", info.code), &info.status.to_string(), &close, retry, info.meaning]);
    }
    out
}

/// The close codes of that table.
fn closes() -> String {
    let mut by_code = BTreeMap::<u16, Vec<&str>>::new();
    for info in ErrorCode::ALL.iter().map(|code| code.info()) {
        if let Some(close) = info.close {
            by_code.entry(close).or_default().push(info.code);
        }
    }
    let mut out = String::new();
    head(&mut out, &["close code", "errors"]);
    for (close, codes) in by_code {
        let codes: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
        row(&mut out, &[&close.to_string(), &codes.join(", ")]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_is_replaced() {
        let document = "before\n<!-- generated: x -->\nold\n<!-- end of x -->\nafter\n";
        let filled = between(document, "x", "new\n").unwrap();
        assert_eq!(filled, "before\n<!-- generated: x -->\n\nnew\n\n<!-- end of x -->\nafter\n");
        assert_eq!(between(&filled, "x", "new\n").unwrap(), filled);
        assert!(between(document, "y", "").is_err());
    }

    #[test]
    fn headings_link_as_github_has_them() {
        assert_eq!(anchor("`chat`, `party_chat`, from the client"), "chat-party_chat-from-the-client");
    }
}
