//! What the client decides: pure, without a browser.
//!
//! [`session::Session`] is the whole of a connection; the other files are its parts
//! ([`chat`], [`clock`], [`nearby`], [`party`], [`predict`], [`reconnect`], `stream`, `requests`), how one gets one
//! ([`sign_in`]) and what REST answers mean ([`rest`], [`failure`], [`endpoint`]).

pub mod canon;
pub mod chat;
pub mod clock;
pub mod endpoint;
pub mod failure;
pub mod nearby;
pub mod party;
pub mod point;
pub mod predict;
mod reconcile;
pub mod reconnect;
mod requests;
pub mod rest;
pub mod session;
pub mod sign_in;
mod stream;
