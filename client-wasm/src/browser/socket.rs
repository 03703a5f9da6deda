//! One WebSocket, and what it tells.

use super::runtime;
use crate::logic::token::Token;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use shardlink_shared::{
    codec::{Encoded, Frame},
    protocol::SUBPROTOCOL_BINARY,
};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

/// What happened.
#[derive(Debug)]
pub enum Happened<'a> {
    /// It is open.
    Opened,
    /// A frame came.
    Frame(Frame<'a>),
    /// It closed, with a code and a reason.
    Closed(u16, String),
}

/// A WebSocket. Once it is dropped, nothing more is heard from it.
pub struct Socket {
    socket: WebSocket,
    callbacks: Option<Callbacks>,
}

struct Callbacks {
    _opened: Closure<dyn Fn()>,
    _frame: Closure<dyn Fn(MessageEvent)>,
    _closed: Closure<dyn Fn(CloseEvent)>,
}

impl Socket {
    /// Opens a socket with a ticket, and tells `hear` what happens.
    ///
    /// # Errors
    /// For an address or a ticket that the browser does not take.
    pub fn open(url: &str, ticket: &Token, hear: Rc<dyn Fn(Happened<'_>)>) -> Result<Self, JsValue> {
        let protocols = Array::of2(&SUBPROTOCOL_BINARY.into(), &ticket.reveal().into());
        let socket = WebSocket::new_with_str_sequence(url, &protocols)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let opened = Closure::<dyn Fn()>::new({
            let hear = Rc::clone(&hear);
            move || hear(Happened::Opened)
        });
        let frame = Closure::<dyn Fn(MessageEvent)>::new({
            let hear = Rc::clone(&hear);
            move |event: MessageEvent| {
                let data = event.data();
                if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
                    hear(Happened::Frame(Frame::Binary(&Uint8Array::new(buffer).to_vec())));
                } else if let Some(text) = data.as_string() {
                    hear(Happened::Frame(Frame::Text(&text)));
                }
            }
        });
        // The browser never tells a page what went wrong; a close always follows an error.
        let closed = Closure::<dyn Fn(CloseEvent)>::new(move |event: CloseEvent| {
            hear(Happened::Closed(event.code(), event.reason()));
        });
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(frame.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Ok(Self { socket, callbacks: Some(Callbacks { _opened: opened, _frame: frame, _closed: closed }) })
    }

    /// Sends a frame. On a socket that is not open it is lost, and the close
    /// that follows says so.
    pub fn send(&self, frame: &Encoded) {
        let _ = match frame {
            Encoded::Text(text) => self.socket.send_with_str(text),
            Encoded::Binary(bytes) => self.socket.send_with_u8_array(bytes),
        };
    }

    /// Closes the socket with this code; nothing more is heard from it.
    pub fn close(self, code: u16) {
        let _ = self.socket.close_with_code(code);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
        // This may be one of the callbacks running: they are freed when it is over.
        let callbacks = self.callbacks.take();
        runtime::later(move || drop(callbacks));
    }
}
