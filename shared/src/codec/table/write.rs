//! Writes values in binary.

use super::{Field, Kind, Value};
use crate::{
    ErrorCode, Refusal,
    codec::{binary::push_varint, words::one_of},
    ids::MAX_ID,
    protocol::envelope::{Seconds, from_seconds},
    vector::Vec3,
    world::same_name,
};

/// Appends the fields of a message, which are those of a struct. Members that are no fields are ignored.
///
/// # Errors
/// INVALID_FIELD, with the field and a sentence, for one that is missing, of the wrong
/// type or out of bounds; what was appended until then stays. MALFORMED
/// for a value that is no object.
pub fn write(fields: &'static Kind, message: &Value, out: &mut Vec<u8>) -> Result<(), Refusal> {
    value(fields, message, out).map_err(|problem| {
        let field = problem.field;
        if field.is_empty() {
            return Refusal::new(ErrorCode::Malformed).saying("A message is an object.");
        }
        let message = match problem.must.as_str() {
            "" => format!("The field {field} is missing."),
            sentence if sentence.ends_with('.') => sentence.to_owned(),
            must => format!("The field {field} must {must}."),
        };
        Refusal::field(field, message)
    })
}

/// What is wrong with a value.
struct Problem {
    /// The way to the field at fault.
    field: String,
    /// What it must do ("be a text"), or a sentence of its own; empty if it is missing.
    must: String,
}

impl Problem {
    fn must(must: impl Into<String>) -> Self {
        Self { field: String::new(), must: must.into() }
    }

    /// The same problem, found inside this field or at this place of a list.
    fn inside(mut self, outer: &str) -> Self {
        self.field = match self.field.as_str() {
            "" => outer.to_owned(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        self
    }
}

type Written = Result<(), Problem>;

fn struct_of(fields: &'static [Field], value: &Value, out: &mut Vec<u8>) -> Written {
    if !matches!(value, Value::Object(_)) {
        return Err(no_object(fields.iter().map(|field| field.name)));
    }
    for field in fields {
        let written = match (value.get(field.name), field.kind) {
            (Some(member), kind) => self::value(kind, member, out),
            (None, Kind::Option(_)) => {
                out.push(0);
                Ok(())
            }
            (None, kind) if field.default => {
                // Every kind writes its default as zeros: a vector as three, any other as one.
                out.extend_from_slice(if matches!(kind, Kind::Vector) { &[0; 3] } else { &[0] });
                Ok(())
            }
            (None, _) => Err(Problem::must("")),
        };
        written.map_err(|problem| problem.inside(field.name))?;
    }
    Ok(())
}

fn value(kind: &'static Kind, value: &Value, out: &mut Vec<u8>) -> Written {
    match kind {
        Kind::Bool => match value {
            Value::Bool(value) => out.push((*value).into()),
            _ => return Err(Problem::must("be true or false")),
        },
        Kind::Whole(bits) => match (whole(value).filter(|n| *bits == 64 || n >> bits == 0), bits) {
            (Some(number), 8) => out.push(number as u8),
            (Some(number), _) => push_varint(out, number),
            (None, 64) => return Err(Problem::must("be a whole number from 0")),
            (None, bits) => return Err(within(0, (1 << bits) - 1)),
        },
        Kind::Positive => bounded(whole(value), 1, u32::MAX.into(), out)?,
        // As in JSON, 7.0 is a whole number too.
        Kind::Id => match value {
            Value::Number(number) if number.fract() == 0.0 && (1.0..=MAX_ID as f64).contains(number) => {
                push_varint(out, *number as u64);
            }
            _ => bounded(whole(value), 1, MAX_ID, out)?,
        },
        Kind::IdOrZero => match value {
            Value::Null => out.push(0),
            Value::Whole(id) if *id <= MAX_ID => push_varint(out, *id),
            Value::Whole(_) => return Err(within(1, MAX_ID)),
            _ => return Err(Problem::must("be a whole number from 0")),
        },
        Kind::Text(most) => {
            let text = text(value)?;
            if text.len() > *most as usize {
                return Err(Problem::must(format!("be at most {most} bytes long")));
            }
            push_text(text, out);
        }
        Kind::Ruled(rule) => match rule(text(value)?) {
            Ok(text) => push_text(&text, out),
            Err(why) => return Err(Problem::must(why.strip_prefix("must ").unwrap_or(&why))),
        },
        Kind::Names(names) => named(names, text(value)?, |a, b| a == b, out)?,
        Kind::LooseNames(names) => named(names, text(value)?, same_name, out)?,
        Kind::Option(kind) => match value {
            Value::Null => out.push(0),
            some => {
                out.push(1);
                self::value(kind, some, out)?;
            }
        },
        Kind::List(kind, most) => {
            let Value::List(items) = value else {
                return Err(too_long(*most));
            };
            push_varint(out, items.len() as u64);
            for (index, item) in items.iter().enumerate() {
                if index == *most as usize {
                    return Err(too_long(*most));
                }
                self::value(kind, item, out).map_err(|problem| problem.inside(&format!("[{index}]")))?;
            }
        }
        Kind::Struct(fields) => struct_of(fields, value, out)?,
        Kind::Moment => {
            let moment = from_seconds(number(value)?).ok_or_else(|| Problem::must("be seconds since 1970"))?;
            push_varint(out, moment.0);
        }
        Kind::Span => {
            let span = Seconds::nearest(number(value)?);
            push_varint(
                out,
                span.ok_or_else(|| Problem::must("be seconds from 0 to 4294967"))?.milliseconds().into(),
            );
        }
        Kind::Vector => vector(value, out)?,
        Kind::Float | Kind::Reach(_) | Kind::Date | Kind::Counts | Kind::Entries => {
            return Err(Problem::must("be left to the server"));
        }
    }
    Ok(())
}

fn vector(value: &Value, out: &mut Vec<u8>) -> Written {
    const AXES: [&str; 3] = ["x", "y", "z"];
    if !matches!(value, Value::Object(_)) {
        return Err(no_object(AXES.into_iter()));
    }
    let mut metres = [0.0; 3];
    for (axis, metres) in AXES.into_iter().zip(&mut metres) {
        *metres = match value.get(axis) {
            Some(member) => number(member).map_err(|problem| problem.inside(axis))?,
            None if axis == "z" => 0.0,
            None => return Err(Problem::must("").inside(axis)),
        };
    }
    let [x, y, z] = metres;
    let vector = Vec3::from_metres(x, y, z);
    let Vec3 { x, y, z } = vector.ok_or_else(|| Problem::must("have coordinates from -10000 to 10000"))?;
    for hundredths in [x, y, z] {
        push_varint(out, u64::from(((hundredths << 1) ^ (hundredths >> 31)).cast_unsigned()));
    }
    Ok(())
}

fn named(names: &[&str], text: &str, same: fn(&str, &str) -> bool, out: &mut Vec<u8>) -> Written {
    let index = names.iter().position(|name| same(name, text));
    out.push(index.ok_or_else(|| Problem::must(format!("be {}", one_of(names))))? as u8);
    Ok(())
}

fn bounded(number: Option<u64>, least: u64, most: u64, out: &mut Vec<u8>) -> Written {
    push_varint(out, number.filter(|n| (least..=most).contains(n)).ok_or_else(|| within(least, most))?);
    Ok(())
}

fn push_text(text: &str, out: &mut Vec<u8>) {
    push_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

const fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Whole(number) => Some(*number),
        _ => None,
    }
}

fn number(value: &Value) -> Result<f64, Problem> {
    match value {
        Value::Whole(number) => Ok(*number as f64),
        Value::Number(number) => Ok(*number),
        _ => Err(Problem::must("be a number")),
    }
}

fn text(value: &Value) -> Result<&str, Problem> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(Problem::must("be a text")),
    }
}

fn within(least: u64, most: u64) -> Problem {
    Problem::must(format!("be a whole number from {least} to {most}"))
}

fn too_long(most: u32) -> Problem {
    Problem::must(format!("be a list of at most {most}"))
}

fn no_object(names: impl Iterator<Item = &'static str>) -> Problem {
    let names: Vec<&str> = names.collect();
    let with = match names.as_slice() {
        [] => String::new(),
        [only] => format!(" with {only}"),
        [most @ .., last] => format!(" with {} and {last}", most.join(", ")),
    };
    Problem::must(format!("be an object{with}"))
}
