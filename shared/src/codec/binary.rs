//! Binary 1. A frame is one or more messages, each
//!
//! ```text
//! length: varint   of what follows, in bytes, at least 2
//! tag: u8          the message's type
//! head: u8         which of these follow: 1 message_id, 2 reply_to, 4 seq, 8 timestamp
//! message_id, reply_to: varint u32
//! seq: varint u64
//! timestamp: varint u64, milliseconds since the Unix epoch
//! body             postcard's wire format, field after field, to the end
//! ```
//!
//! Varints are postcard's (LEB128). Revisions of one major understand each
//! other: fields are only ever appended to a message's own struct, surplus
//! bytes inside a body are skipped, missing trailing fields take their
//! defaults, unknown tags are skipped. A first byte of 0, which no length can
//! be, is reserved for compressed frames.

pub use super::fields::{BodyError, read_body};

use super::{Incoming, Rejected, json::too_large};
use crate::{
    ErrorCode, Refusal,
    protocol::{Body, Envelope, MessageSet, RequestId},
    time::Millis,
};
use serde::{Serialize, de::DeserializeOwned};

const HAS_MESSAGE_ID: u8 = 1;
const HAS_REPLY_TO: u8 = 2;
const HAS_SEQ: u8 = 4;
const HAS_TIMESTAMP: u8 = 8;

/// A message whose fields have not been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw<'a> {
    /// What stood around it.
    pub envelope: Envelope,
    /// Its type's tag.
    pub tag: u8,
    /// Its fields.
    pub body: &'a [u8],
}

/// The messages of a binary frame whose lengths are known to tile it.
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    /// The messages of a frame of at most `max_len` bytes. [`super::decode`] serves either
    /// encoding; a program that hears binary alone (the browser client) uses this and does
    /// without the JSON decoder's code.
    ///
    /// # Errors
    /// TOO_LARGE, or MALFORMED where the parts do not tile the frame exactly.
    pub fn new(bytes: &'a [u8], max_len: usize) -> Result<Self, Refusal> {
        if bytes.len() > max_len {
            return Err(too_large(max_len));
        }
        let malformed = |why| Err(Refusal::new(ErrorCode::Malformed).saying(why));
        if bytes.first() == Some(&0) {
            return malformed("Compressed frames are not supported.");
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let Some((length, after)) = split_varint(rest) else {
                return malformed("The frame ends inside a length.");
            };
            let Some(next) = usize::try_from(length).ok().filter(|length| *length >= 2).and_then(|n| after.get(n..))
            else {
                return malformed("A length does not fit its frame.");
            };
            rest = next;
        }
        if bytes.is_empty() {
            return malformed("The frame is empty.");
        }
        Ok(Self { rest: bytes })
    }

    /// The next message, of any type, with its fields unread; or the refusal of a message whose
    /// head is cut short.
    pub fn next_raw(&mut self) -> Option<Result<Raw<'a>, Rejected>> {
        let (length, after) = split_varint(self.rest)?;
        let (message, rest) = after.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        let (&[tag, head], body) = message.split_first_chunk::<2>()?;
        Some(match read_head(head, body) {
            Some((envelope, body)) => Ok(Raw { envelope, tag, body }),
            None => Err(Refusal::new(ErrorCode::Malformed).saying("The message's head is cut short.").into()),
        })
    }

    /// The next message, or the refusal of one that cannot be read; unknown
    /// tags are skipped.
    pub fn next_message<M: MessageSet>(&mut self) -> Option<Result<Incoming<M>, Rejected>> {
        loop {
            let Raw { envelope, tag, body } = match self.next_raw()? {
                Ok(raw) => raw,
                Err(rejected) => return Some(Err(rejected)),
            };
            match M::from_binary(tag, body) {
                Some(Ok(message)) => return Some(Ok(Incoming { envelope, message })),
                Some(Err(_)) => {
                    let name = M::TYPES.iter().find(|row| row.tag == tag).map_or("?", |row| row.name);
                    let refusal = Refusal::new(ErrorCode::InvalidField)
                        .saying(format!("A field of {name} is missing, cut short or out of bounds."));
                    return Some(Err(Rejected { refusal, message_id: envelope.message_id }));
                }
                None if M::OTHER_TYPES.iter().any(|row| row.tag == tag) => {
                    let refusal = Refusal::new(ErrorCode::NotAllowed).at("type");
                    return Some(Err(Rejected { refusal, message_id: envelope.message_id }));
                }
                None => {}
            }
        }
    }
}

/// The fields of a frame's only message, if it is of this tag, has no head and can be read. A
/// shortcut for messages that come thousands of times a second: the general decoder moves
/// values of the size of the largest message.
#[must_use]
pub fn read_only<T: DeserializeOwned>(frame: &[u8], tag: u8) -> Option<T> {
    let (&[length, found, head], body) = frame.split_first_chunk::<3>()?;
    let fits = length & 0x80 == 0 && usize::from(length) == body.len() + 2;
    (fits && found == tag && head == 0).then(|| read_body(body).ok()).flatten()
}

fn read_head(head: u8, body: &[u8]) -> Option<(Envelope, &[u8])> {
    let mut rest = body;
    let mut field = |bit| -> Option<Option<u64>> {
        if head & bit == 0 {
            return Some(None);
        }
        let (value, after) = split_varint(rest)?;
        rest = after;
        Some(Some(value))
    };
    let number = |value: Option<u64>| match value {
        None => Some(None),
        Some(value) => u32::try_from(value).ok().map(|value| Some(RequestId::Number(value))),
    };
    let envelope = Envelope {
        message_id: number(field(HAS_MESSAGE_ID)?)?,
        reply_to: number(field(HAS_REPLY_TO)?)?,
        seq: field(HAS_SEQ)?,
        timestamp: field(HAS_TIMESTAMP)?.map(Millis).filter(|moment| *moment <= Millis::LAST),
    };
    Some((envelope, rest))
}

/// Splits a varint off: at most 10 bytes, at most 2^64−1.
fn split_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        let bits = u64::from(byte & 0x7f);
        if index == 9 && bits > 1 {
            return None;
        }
        value |= bits << (7 * index);
        if byte & 0x80 == 0 {
            return bytes.get(index + 1..).map(|rest| (value, rest));
        }
    }
    None
}

pub(super) fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a message to a frame.
pub fn append<M: MessageSet>(out: &mut Vec<u8>, envelope: &Envelope, message: &M) {
    let start = append_head(out, envelope, message.message_type().tag);
    append_body(out, &Body(message));
    write_length(out, start);
}

/// Appends a message of this tag, whose fields are in binary already, to a frame.
pub fn append_raw(out: &mut Vec<u8>, envelope: &Envelope, tag: u8, body: &[u8]) {
    let start = append_head(out, envelope, tag);
    out.extend_from_slice(body);
    write_length(out, start);
}

/// Appends the fields of a message.
pub fn append_body<T: Serialize + ?Sized>(out: &mut Vec<u8>, fields: &T) {
    // The types of the protocol always serialize: their lists know their length.
    if let Ok(written) = postcard::to_extend(fields, std::mem::take(out)) {
        *out = written;
    }
}

/// Appends a place for the length, and the head; returns where the message starts.
fn append_head(out: &mut Vec<u8>, envelope: &Envelope, tag: u8) -> usize {
    let start = out.len();
    // One byte is kept for the length, which nearly always fits it.
    out.push(0);
    out.push(tag);
    let number = |id: &Option<RequestId>| id.as_ref().and_then(RequestId::as_number).map(u64::from);
    let fields = [
        (HAS_MESSAGE_ID, number(&envelope.message_id)),
        (HAS_REPLY_TO, number(&envelope.reply_to)),
        (HAS_SEQ, envelope.seq),
        (HAS_TIMESTAMP, envelope.timestamp.map(|timestamp| timestamp.0)),
    ];
    out.push(fields.iter().filter(|(_, value)| value.is_some()).map(|(bit, _)| bit).sum());
    for value in fields.into_iter().filter_map(|(_, value)| value) {
        push_varint(out, value);
    }
    start
}

/// Writes the length of what follows `start` into its place, a byte at `start`, making room if
/// the length needs more than that byte.
fn write_length(out: &mut Vec<u8>, start: usize) {
    let length = out.len() - start - 1;
    let more = (length.max(1).ilog2() / 7) as usize;
    out.resize(out.len() + more, 0);
    let end = out.len() - more;
    out.copy_within(start + 1..end, start + 1 + more);
    let mut rest = length;
    for (index, byte) in out.iter_mut().skip(start).take(more + 1).enumerate() {
        *byte = rest as u8 & 0x7f | if index < more { 0x80 } else { 0 };
        rest >>= 7;
    }
}
