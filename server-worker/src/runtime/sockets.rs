//! What the binding's WebSocket lacks: attachments as raw bytes (four times
//! faster than serde's), one JS buffer sent to many, the backlog, heartbeats that are
//! answered by the runtime or are not.

use crate::hub::{
    connection::ConnectionId,
    heartbeats::{PING, PONG},
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

    /// What the runtime hands an object of itself.
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
    /// Has the runtime answer heartbeats, or leave them to the object.
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

/// The bytes that were sent to sockets, and of whom it is time to look at the backlog.
/// The look crosses into JavaScript, so it is not made at every send; and it is made a
/// moment after them, because what was just sent waits in any case.
#[derive(Default)]
pub struct Looks {
    due: RefCell<Vec<ConnectionId>>,
    last: Cell<Millis>,
}

/// A socket, and the bytes it was sent since its backlog was looked at.
pub struct Sent {
    /// The socket.
    pub socket: RawSocket,
    bytes: Cell<usize>,
}

impl From<RawSocket> for Sent {
    fn from(socket: RawSocket) -> Self {
        // After a sleep too it is looked at soon: what it had been sent is forgotten.
        Self { socket, bytes: Cell::new(0) }
    }
}

impl Looks {
    /// Sends a frame of this length to a socket.
    pub fn send(&self, id: ConnectionId, to: &Sent, frame: &JsValue, length: usize) {
        to.socket.send(frame);
        let before = to.bytes.get();
        let after = before.saturating_add(length);
        to.bytes.set(after);
        if before < BACKLOG_LOOK && after >= BACKLOG_LOOK {
            self.look_at(id);
        }
    }

    /// A socket is to be looked at the next time.
    pub fn look_at(&self, id: ConnectionId) {
        self.due.borrow_mut().push(id);
    }

    /// The backlogs of the sockets that are to be looked at, if it is time.
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

/// A frame as the one JS value that all its receivers share.
pub fn shared(frame: &Encoded) -> JsValue {
    match frame {
        Encoded::Text(text) => JsString::from(text.as_str()).into(),
        Encoded::Binary(bytes) => shared_bytes(bytes),
    }
}

/// A binary frame as the one JS value that all its receivers share.
pub fn shared_bytes(frame: &[u8]) -> JsValue {
    Uint8Array::from(frame).into()
}

impl RawSocket {
    /// Sends a shared frame. A socket that is closing refuses it, and its close
    /// event follows: nothing to do.
    pub fn send(&self, frame: &JsValue) {
        let _ = self.try_send(frame);
    }

    /// How many bytes wait to be written; none where the runtime does not tell.
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

    /// Nothing that comes from this socket is anybody's from here on, in this life of the
    /// object and after a sleep.
    pub fn detach(&self) {
        self.set_connection(0.0);
        // One that is closed already keeps nothing.
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

/// A binary message's bytes, copied into `bytes`: of one longer than `most` no more
/// than shows that it is too long.
pub fn read(message: &JsValue, most: usize, bytes: &mut Vec<u8>) {
    let mut array = Uint8Array::new(message);
    if array.length() as usize > most {
        array = array.subarray(0, most as u32 + 1);
    }
    bytes.resize(array.length() as usize, 0);
    array.copy_to(bytes);
}
