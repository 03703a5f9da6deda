//! What the binding's WebSocket lacks: attachments as raw bytes (four times
//! faster than serde's), one JS buffer sent to many, the backlog.

use js_sys::{JsString, Uint8Array};
use shardlink_shared::codec::Encoded;
use wasm_bindgen::{JsCast, JsValue, prelude::*};
use worker::WebSocket;

#[wasm_bindgen]
extern "C" {
    type RawSocket;

    #[wasm_bindgen(method, catch, js_name = serializeAttachment)]
    fn serialize_attachment(this: &RawSocket, value: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = deserializeAttachment)]
    fn deserialize_attachment(this: &RawSocket) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn send(this: &RawSocket, value: &JsValue) -> Result<(), JsValue>;
}

fn raw(socket: &WebSocket) -> &RawSocket {
    let value: &JsValue = socket.as_ref().as_ref();
    value.unchecked_ref()
}

/// A frame as the one JS value that all its receivers share.
pub fn shared(frame: &Encoded) -> JsValue {
    match frame {
        Encoded::Text(text) => JsString::from(text.as_str()).into(),
        Encoded::Binary(bytes) => Uint8Array::from(bytes.as_slice()).into(),
    }
}

/// Sends a shared frame. A socket that is closing refuses it, and its close
/// event follows: nothing to do.
pub fn send(socket: &WebSocket, frame: &JsValue) {
    let _ = raw(socket).send(frame);
}

/// Writes what the socket keeps while the object sleeps (at most 16 KiB).
pub fn attach(socket: &WebSocket, bytes: &[u8]) -> Result<(), JsValue> {
    raw(socket).serialize_attachment(&Uint8Array::from(bytes).into())
}

/// What the socket kept.
pub fn attachment(socket: &WebSocket) -> Option<Vec<u8>> {
    let value = raw(socket).deserialize_attachment().ok()?;
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
}

const ID: &str = "shardlinkConnection";

/// Writes the connection's number on the JS object that the runtime hands in
/// with each of its messages.
pub fn set_id(socket: &WebSocket, id: u64) {
    let value: &JsValue = socket.as_ref().as_ref();
    let _ = js_sys::Reflect::set(value, &wasm_bindgen::intern(ID).into(), &JsValue::from_f64(id as f64));
}

/// The connection's number, if this JS object carries it.
pub fn id(socket: &WebSocket) -> Option<u64> {
    let value: &JsValue = socket.as_ref().as_ref();
    let id = js_sys::Reflect::get(value, &wasm_bindgen::intern(ID).into()).ok()?;
    id.as_f64().map(|id| id as u64)
}
