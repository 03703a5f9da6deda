//! Reads binary and tells a sink what it holds.

use super::{Kind, Sink};
use crate::{
    codec::snapshot::Entries,
    ids::MAX_ID,
    protocol::envelope::Timestamp,
    sheet::iso8601,
    time::Millis,
    vector::{UNITS_PER_METRE, Vec3},
    world::Faction,
};

/// Tells the fields of a message, which are those of a struct, as an object. Missing trailing fields take
/// their defaults, surplus bytes are skipped, as
/// [`binary::read_body`](crate::codec::binary::read_body) does.
///
/// `None` where a field is missing, cut short or out of bounds; the sink has been told
/// the fields before it then.
pub fn read(fields: &'static Kind, body: &[u8], sink: &mut dyn Sink) -> Option<()> {
    let Kind::Struct(fields) = fields else {
        return None;
    };
    let mut rest = body;
    sink.begin_object();
    for field in *fields {
        sink.key(field.name);
        if !rest.is_empty() {
            value(field.kind, &mut rest, sink)?;
        } else if field.default {
            // Every kind writes its default as zeros.
            value(field.kind, &mut [0; 3].as_slice(), sink)?;
        } else {
            return None;
        }
    }
    sink.end();
    Some(())
}

/// Tells one value that takes all the bytes.
///
/// `None` where it is cut short or out of bounds, or does not take all; what was read
/// before has been told then.
pub fn read_value(kind: &'static Kind, bytes: &[u8], sink: &mut dyn Sink) -> Option<()> {
    let mut rest = bytes;
    value(kind, &mut rest, sink)?;
    rest.is_empty().then_some(())
}

fn value(kind: &'static Kind, rest: &mut &[u8], sink: &mut dyn Sink) -> Option<()> {
    match kind {
        Kind::Bool => match byte(rest)? {
            0 => sink.boolean(false),
            1 => sink.boolean(true),
            _ => return None,
        },
        Kind::Whole(8) => sink.whole(byte(rest)?.into()),
        Kind::Whole(bits) => sink.whole(varint(rest, (*bits).into())?),
        Kind::Reach(reach) => {
            let signed = byte(rest)? as i8;
            signed_number(Some(signed).filter(|n| n.unsigned_abs() <= reach.unsigned_abs())?, sink);
        }
        Kind::Positive => sink.whole(varint(rest, 32).filter(|number| *number > 0)?),
        Kind::Id => sink.whole(varint(rest, 64).filter(|id| (1..=MAX_ID).contains(id))?),
        Kind::IdOrZero => sink.whole(varint(rest, 64).filter(|id| *id <= MAX_ID)?),
        Kind::Float => {
            let (bytes, after) = rest.split_first_chunk()?;
            *rest = after;
            sink.number(f64::from_le_bytes(*bytes));
        }
        Kind::Text(most) => sink.text(text(rest).filter(|text| text.len() <= *most as usize)?),
        Kind::Ruled(rule) => sink.text(&rule(text(rest)?).ok()?),
        Kind::Names(names) | Kind::LooseNames(names) => sink.text(names.get(usize::from(byte(rest)?))?),
        Kind::Option(kind) => match byte(rest)? {
            0 => sink.null(),
            1 => value(kind, rest, sink)?,
            _ => return None,
        },
        Kind::List(kind, most) => {
            let count = length(rest)?;
            if count > *most as usize {
                return None;
            }
            sink.begin_list();
            for _ in 0..count {
                value(kind, rest, sink)?;
            }
            sink.end();
        }
        Kind::Struct(fields) => {
            sink.begin_object();
            for field in *fields {
                sink.key(field.name);
                value(field.kind, rest, sink)?;
            }
            sink.end();
        }
        Kind::Moment => sink.number(Timestamp(moment(rest)?).0.as_seconds()),
        Kind::Span => sink.number(varint(rest, 32)? as f64 / 1000.0),
        Kind::Date => sink.text(&iso8601::format(moment(rest)?)),
        Kind::Vector => {
            let vector = Vec3 { x: zigzag(rest)?, y: zigzag(rest)?, z: zigzag(rest)? };
            metres(Some(vector).filter(|vector| vector.in_bounds())?, sink);
        }
        Kind::Counts => {
            sink.begin_object();
            for name in Faction::NAMES {
                sink.key(name);
                sink.whole(byte(rest)?.into());
            }
            sink.end();
        }
        Kind::Entries => {
            let length = length(rest)?;
            sink.begin_list();
            for entry in Entries::unpack(take(rest, length)?).ok()?.iter() {
                sink.begin_object();
                sink.key("slot");
                sink.whole(entry.slot.into());
                sink.key("position");
                metres(entry.position, sink);
                sink.key("velocity");
                metres(entry.velocity, sink);
                sink.end();
            }
            sink.end();
        }
    }
    Some(())
}

fn signed_number(value: i8, sink: &mut dyn Sink) {
    match u64::try_from(value) {
        Ok(whole) => sink.whole(whole),
        Err(_) => sink.number(value.into()),
    }
}

fn metres(vector: Vec3, sink: &mut dyn Sink) {
    sink.begin_object();
    for (key, hundredths) in [("x", vector.x), ("y", vector.y), ("z", vector.z)] {
        sink.key(key);
        sink.number(f64::from(hundredths) / UNITS_PER_METRE);
    }
    sink.end();
}

pub(super) fn moment(rest: &mut &[u8]) -> Option<Millis> {
    varint(rest, 64).map(Millis).filter(|moment| *moment <= Millis::LAST)
}

pub(super) fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let length = length(rest)?;
    std::str::from_utf8(take(rest, length)?).ok()
}

pub(super) fn length(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(varint(rest, usize::BITS)?).ok()
}

pub(super) fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (byte, after) = rest.split_first()?;
    *rest = after;
    Some(*byte)
}

pub(super) fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

/// A varint of at most this many bits, in no more bytes than that many bits need.
pub(super) fn varint(rest: &mut &[u8], bits: u32) -> Option<u64> {
    let mut number = 0_u64;
    let mut shift = 0;
    while shift < bits {
        let byte = byte(rest)?;
        let low = u64::from(byte & 0x7f);
        if bits - shift < 7 && low >> (bits - shift) != 0 {
            return None;
        }
        number |= low << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
    None
}

pub(super) fn zigzag(rest: &mut &[u8]) -> Option<i32> {
    let number = varint(rest, 32)? as u32;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}
