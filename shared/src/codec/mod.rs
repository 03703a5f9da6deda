//! One door between bytes and messages: [`decode`] and [`encode`], in both
//! encodings. Total: any input gives messages or a refusal, never a panic, and
//! costs at most a small multiple of its length.

pub mod binary;
pub(crate) mod fields;
pub mod json;
mod objects;
pub(crate) mod reading;
pub mod snapshot;
pub mod table;
pub(crate) mod words;

use crate::{
    Refusal,
    protocol::{Envelope, MessageSet, RequestId},
};

/// A frame as it comes from a socket.
#[derive(Debug, Clone, Copy)]
pub enum Frame<'a> {
    /// A text frame: one JSON message.
    Text(&'a str),
    /// A binary frame: one or more messages.
    Binary(&'a [u8]),
}

/// The two encodings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// JSON 1.0.0, in text frames.
    Json,
    /// Binary 1, in binary frames.
    Binary,
}

/// A frame to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoded {
    /// A text frame.
    Text(String),
    /// A binary frame.
    Binary(Vec<u8>),
}

impl Encoded {
    /// The frame's payload in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether the frame holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The frame to be read again.
    #[must_use]
    pub fn as_frame(&self) -> Frame<'_> {
        match self {
            Self::Text(text) => Frame::Text(text),
            Self::Binary(bytes) => Frame::Binary(bytes),
        }
    }
}

/// A message that was decoded, with what stood around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming<M> {
    /// What stood around it.
    pub envelope: Envelope,
    /// The message.
    pub message: M,
}

/// A message that could not be decoded: why, and its message_id, which the answer repeats.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// Why.
    pub refusal: Refusal,
    /// Its message_id, if that could be read.
    pub message_id: Option<RequestId>,
}

impl From<Refusal> for Rejected {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, message_id: None }
    }
}

/// Decodes the messages of a frame of at most `max_len` bytes.
///
/// A frame whose parts do not tile it exactly gives one refusal and nothing
/// else; a message inside it that cannot be read gives a refusal in its place.
/// Unknown binary tags are skipped: a newer peer may send them.
pub fn decode<M: MessageSet>(frame: Frame<'_>, max_len: usize) -> Messages<'_, M> {
    match frame {
        Frame::Text(text) => Messages::Json(Some(json::decode(text, max_len))),
        Frame::Binary(bytes) => match binary::Frames::new(bytes, max_len) {
            Ok(frames) => Messages::Binary(frames),
            Err(refusal) => Messages::Json(Some(Err(refusal.into()))),
        },
    }
}

/// The messages of a frame.
#[derive(Debug)]
pub enum Messages<'a, M> {
    /// One message, or the refusal of a whole frame.
    Json(Option<Result<Incoming<M>, Rejected>>),
    /// What is left of a binary frame.
    Binary(binary::Frames<'a>),
}

impl<M: MessageSet> Iterator for Messages<'_, M> {
    type Item = Result<Incoming<M>, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Json(message) => message.take(),
            Self::Binary(frames) => frames.next_message(),
        }
    }
}

/// Encodes a message into a frame of its own.
#[must_use]
pub fn encode<M: MessageSet>(encoding: Encoding, envelope: &Envelope, message: &M) -> Encoded {
    match encoding {
        Encoding::Json => Encoded::Text(json::encode(envelope, message)),
        Encoding::Binary => {
            let mut bytes = Vec::with_capacity(64);
            binary::append(&mut bytes, envelope, message);
            Encoded::Binary(bytes)
        }
    }
}

#[cfg(test)]
mod tests;
