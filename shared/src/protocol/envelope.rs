//! What stands around every message.

use crate::{limits::MAX_MESSAGE_ID, time::Millis};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A sender's own name for a request, which the answer repeats.
///
/// JSON clients use strings of at most 64 characters, the binary client
/// numbers; a number shown in JSON is its digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RequestId {
    /// A JSON client's.
    Text(Box<str>),
    /// The binary client's.
    Number(u32),
}

impl RequestId {
    /// A JSON client's id, if it has at most 64 characters.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        (text.chars().count() <= MAX_MESSAGE_ID).then(|| Self::Text(text.into()))
    }

    /// The id as a number: the binary client's own, or the one that a text spells in digits.
    #[must_use]
    pub fn as_number(&self) -> Option<u32> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Number(number) => Some(*number),
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// What stands around a message in both encodings. Type, version and priority
/// are the codec's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// The sender's own name for the message.
    pub message_id: Option<RequestId>,
    /// The message_id this answers.
    pub reply_to: Option<RequestId>,
    /// The number of a reliable message, rising.
    pub seq: Option<u64>,
    /// When it was sent; a client's is never judged.
    pub timestamp: Option<Millis>,
}

impl Envelope {
    /// Of something that answers nothing.
    #[must_use]
    pub fn at(now: Millis) -> Self {
        Self { timestamp: Some(now), ..Self::default() }
    }

    /// Of an answer.
    #[must_use]
    pub fn answering(reply_to: Option<RequestId>, now: Millis) -> Self {
        Self { reply_to, ..Self::at(now) }
    }
}

/// A moment inside a message: seconds since the Unix epoch as a float in JSON,
/// milliseconds in binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp(pub Millis);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_f64(self.0.as_seconds())
        } else {
            serializer.serialize_u64(self.0.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let seconds = f64::deserialize(deserializer)?;
            from_seconds(seconds).map(Self).ok_or_else(|| de::Error::custom("must be seconds since 1970"))
        } else {
            let moment = Millis(u64::deserialize(deserializer)?);
            let in_time = (moment <= Millis::LAST).then_some(Self(moment));
            in_time.ok_or_else(|| de::Error::custom("must be before the year 10000"))
        }
    }
}

/// The moment of this many seconds since the Unix epoch; `None` if it is not a
/// time from 1970 to the year 9999.
#[must_use]
pub fn from_seconds(seconds: f64) -> Option<Millis> {
    let milliseconds = (seconds * 1000.0).round();
    (0.0..=Millis::LAST.0 as f64).contains(&milliseconds).then_some(Millis(milliseconds as u64))
}

/// A span of time inside a message, up to 49 days: seconds as a float in JSON,
/// milliseconds in binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Seconds {
    milliseconds: u32,
}

impl Seconds {
    /// At least this many seconds, in whole milliseconds.
    #[must_use]
    pub fn at_least(seconds: f64) -> Self {
        // `as` saturates, and makes 0 of what is not a number.
        Self { milliseconds: (seconds * 1000.0).ceil() as u32 }
    }

    /// This many seconds, to the nearest millisecond; `None` if it is not a span from 0 to
    /// 2^32−1 milliseconds.
    #[must_use]
    pub fn nearest(seconds: f64) -> Option<Self> {
        let milliseconds = (seconds * 1000.0).round();
        let in_bounds = (0.0..=f64::from(u32::MAX)).contains(&milliseconds);
        in_bounds.then_some(Self { milliseconds: milliseconds as u32 })
    }

    /// This many milliseconds.
    #[must_use]
    pub const fn of_milliseconds(milliseconds: u32) -> Self {
        Self { milliseconds }
    }

    /// The whole milliseconds.
    #[must_use]
    pub const fn milliseconds(self) -> u32 {
        self.milliseconds
    }

    /// The seconds.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.milliseconds) / 1000.0
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_f64(self.as_f64())
        } else {
            serializer.serialize_u32(self.milliseconds)
        }
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u32::deserialize(deserializer).map(|milliseconds| Self { milliseconds });
        }
        let span = Self::nearest(f64::deserialize(deserializer)?);
        span.ok_or_else(|| de::Error::custom("must be seconds from 0 to 4294967"))
    }
}
