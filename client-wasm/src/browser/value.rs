//! Rust values as JavaScript's: plain objects with the JSON field names, null
//! for what is missing.

use crate::logic::failure::Failure;
use js_sys::Reflect;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use shardlink_shared::{
    codec::Incoming,
    protocol::{Body, MessageSet, ServerMessage},
};
use wasm_bindgen::prelude::*;

/// The value in JavaScript.
///
/// # Errors
/// BAD_RESPONSE, for an integer that JavaScript's numbers do not hold.
pub fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, Failure> {
    value.serialize(&Serializer::json_compatible()).map_err(|_| Failure::bad_response())
}

/// A message as one flat object: its fields, its type, and its timestamp in seconds.
///
/// # Errors
/// As [`to_js`].
pub fn message(incoming: &Incoming<ServerMessage>) -> Result<JsValue, Failure> {
    let object = to_js(&Body(&incoming.message))?;
    set(&object, "type", &incoming.message.message_type().name.into());
    if let Some(timestamp) = incoming.envelope.timestamp {
        set(&object, "timestamp", &timestamp.as_seconds().into());
    }
    Ok(object)
}

/// Sets a property of an object of our own making.
pub fn set(object: &JsValue, key: &str, value: &JsValue) {
    // It fails for frozen objects and for what is no object only.
    let _ = Reflect::set(object, &key.into(), value);
}
