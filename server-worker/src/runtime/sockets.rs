//! What the binding's WebSocket lacks: attachments as raw bytes (four times faster than
//! serde's), one JS buffer sent to many sockets, the backlog, and whether the runtime answers
//! heartbeats.

use crate::hub::{
    sockets::connection::ConnectionId,
    sockets::heartbeats::{PING, PONG},
};
use js_sys::{JsString, Uint8Array};
use shardlink_shared::{
    codec::Encoded,
    limits::{BACKLOG_LOOK, BACKLOG_PAUSE},
    time::Millis,
};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};
use wasm_bindgen::{JsCast, JsValue, prelude::*};
use worker::{State, WebSocket, console_error, worker_sys::WebSocketRequestResponsePair};

#[wasm_bindgen]
extern "C" {
    /// A socket as the runtime hands it in.
    #[derive(Clone)]
    pub type RawSocket;

    /// The object's own state as the runtime hands it in.
    pub type RawState;

    #[wasm_bindgen(method, catch, js_name = setWebSocketAutoResponse)]
    fn set_auto_response(this: &RawState, pair: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = serializeAttachment)]
    fn serialize_attachment(this: &RawSocket, value: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = deserializeAttachment)]
    fn deserialize_attachment(this: &RawSocket) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = send)]
    fn try_send(this: &RawSocket, value: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = close)]
    fn try_close(this: &RawSocket, code: u16, reason: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, getter, js_name = bufferedAmount)]
    fn buffered_amount(this: &RawSocket) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = shardlinkConnection)]
    fn connection(this: &RawSocket) -> Option<f64>;

    #[wasm_bindgen(method, setter, js_name = shardlinkConnection)]
    fn set_connection(this: &RawSocket, id: f64);
}

/// The socket inside the binding's.
pub fn raw(socket: &WebSocket) -> RawSocket {
    let value: &JsValue = socket.as_ref().as_ref();
    value.clone().unchecked_into()
}

/// The state of an object, as the binding has it and as the runtime does.
pub fn raw_state(state: State) -> (State, RawState) {
    let inner = state._inner();
    let value: &JsValue = inner.as_ref();
    let raw = value.clone().unchecked_into();
    (State::from(inner), raw)
}

impl RawState {
    /// Sets whether the runtime answers heartbeats or leaves them to the object.
    pub fn answer_heartbeats(&self, by_runtime: bool) {
        let pair = if by_runtime {
            WebSocketRequestResponsePair::new(PING, PONG).map(JsValue::from)
        } else {
            Ok(JsValue::UNDEFINED)
        };
        if let Err(error) = pair.and_then(|pair| self.set_auto_response(&pair)) {
            console_error!("heartbeats: {error:?}");
        }
    }
}

/// The sockets whose backlog is to be looked at, by the bytes sent to each. Looking crosses
/// into JavaScript, so it is not done at every send; and it is done a moment after the sends,
/// because what was just sent waits in any case.
#[derive(Default)]
pub struct Looks {
    due: RefCell<Vec<ConnectionId>>,
    last: Cell<Millis>,
}

/// A socket, and the bytes sent to it since its backlog was looked at.
pub struct Sent {
    /// The socket.
    pub socket: RawSocket,
    bytes: Cell<usize>,
}

impl From<RawSocket> for Sent {
    fn from(socket: RawSocket) -> Self {
        // After a sleep it is not known what was sent before, so the backlog is looked at soon.
        Self { socket, bytes: Cell::new(0) }
    }
}

impl Looks {
    /// Sends a frame of this length to a socket, and counts its bytes.
    pub fn send(&self, id: ConnectionId, to: &Sent, frame: &JsValue, length: usize) {
        to.socket.send(frame);
        let before = to.bytes.get();
        let after = before.saturating_add(length);
        to.bytes.set(after);
        if before < BACKLOG_LOOK && after >= BACKLOG_LOOK {
            self.look_at(id);
        }
    }

    /// Has a socket's backlog looked at the next time.
    pub fn look_at(&self, id: ConnectionId) {
        self.due.borrow_mut().push(id);
    }

    /// The backlogs of the sockets that are due to be looked at, if it is time.
    pub fn look(&self, sockets: &HashMap<ConnectionId, Sent>, now: Millis) -> Vec<(ConnectionId, usize)> {
        if self.due.borrow().is_empty() || now.since(self.last.get()) < BACKLOG_PAUSE {
            return Vec::new();
        }
        self.last.set(now);
        self.due
            .borrow_mut()
            .drain(..)
            .filter_map(|id| {
                let sent = sockets.get(&id)?;
                sent.bytes.set(0);
                Some((id, sent.socket.backlog()))
            })
            .collect()
    }
}

/// A frame as one JS value, shared by all its receivers.
pub fn shared(frame: &Encoded) -> JsValue {
    match frame {
        Encoded::Text(text) => JsString::from(text.as_str()).into(),
        Encoded::Binary(bytes) => shared_bytes(bytes),
    }
}

/// A binary frame as one JS value, shared by all its receivers.
pub fn shared_bytes(frame: &[u8]) -> JsValue {
    Uint8Array::from(frame).into()
}

impl RawSocket {
    /// Sends a shared frame. A socket that is closing refuses it, which needs no answer: its
    /// close event follows.
    pub fn send(&self, frame: &JsValue) {
        let _ = self.try_send(frame);
    }

    /// The bytes that wait to be written; 0 where the runtime does not tell.
    pub fn backlog(&self) -> usize {
        self.buffered_amount().unwrap_or(0.0) as usize
    }

    /// Closes the socket. One that is closing already refuses: its close event follows.
    pub fn close(&self, code: u16, reason: &str) {
        let _ = self.try_close(code, reason);
    }

    /// Writes what the socket keeps while the object sleeps (at most 16 KiB).
    pub fn attach(&self, bytes: &[u8]) -> Result<(), JsValue> {
        self.serialize_attachment(&Uint8Array::from(bytes).into())
    }

    /// What the socket kept.
    pub fn attachment(&self) -> Option<Vec<u8>> {
        let value = self.deserialize_attachment().ok()?;
        value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
    }

    /// Disowns a socket: from here on what comes from it belongs to no connection, also after a
    /// sleep.
    pub fn detach(&self) {
        self.set_connection(0.0);
        // A socket that is closed already keeps no attachment.
        let _ = self.attach(&[]);
    }

    /// Writes the connection's number on the JS object that the runtime hands in
    /// with each of its messages.
    pub fn set_id(&self, id: u64) {
        self.set_connection(id as f64);
    }

    /// The connection's number, if this JS object carries it.
    pub fn id(&self) -> Option<u64> {
        self.connection().map(|id| id as u64).filter(|id| *id != 0)
    }
}

/// Copies a binary message into `bytes`. Of one that is longer than `most` only enough is
/// copied to show that it is too long.
pub fn read(message: &JsValue, most: usize, bytes: &mut Vec<u8>) {
    let mut array = Uint8Array::new(message);
    if array.length() as usize > most {
        array = array.subarray(0, most as u32 + 1);
    }
    bytes.resize(array.length() as usize, 0);
    array.copy_to(bytes);
}
