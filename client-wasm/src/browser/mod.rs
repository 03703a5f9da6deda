//! What the client does in a browser: sockets, requests, storage, and values
//! for JavaScript. No rule lives here; see [`crate::logic`].

pub mod account;
pub mod error;
pub mod exports;
pub mod http;
pub mod perform;
pub mod runtime;
pub mod socket;
pub mod storage;
pub mod stretch;
pub mod subscriptions;
pub mod value;
