//! A message to players inside a call between objects: as it goes over the wire in binary, in
//! base64. A hub can send it on as it is, and no JSON decoder of every message is compiled.

use base64ct::{Base64Unpadded, Encoding as _};
use serde::{Deserialize, Deserializer, Serializer, de::Error};
use shardlink_shared::{
    codec::{Frame, binary, decode},
    limits::MAX_SERVER_FRAME,
    protocol::{Envelope, ServerMessage},
};
use std::borrow::Cow;

/// Writes it. Used as `#[serde(with = "packed")]`.
///
/// # Errors
/// The format's own.
pub fn serialize<S: Serializer>(message: &ServerMessage, serializer: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::with_capacity(64);
    binary::append(&mut bytes, &Envelope::default(), message);
    serializer.serialize_str(&Base64Unpadded::encode_string(&bytes))
}

/// Reads it.
///
/// # Errors
/// The format's own; what is not one message.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ServerMessage, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let bytes = Base64Unpadded::decode_vec(&text).map_err(|_| Error::custom("not base64"))?;
    let mut messages = decode::<ServerMessage>(Frame::Binary(&bytes), MAX_SERVER_FRAME);
    match (messages.next(), messages.next()) {
        (Some(Ok(only)), None) => Ok(only.message),
        _ => Err(Error::custom("not a message")),
    }
}
