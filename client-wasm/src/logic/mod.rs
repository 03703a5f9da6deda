//! What the client decides: pure, without a browser.
//!
//! [`session::Session`] is the whole of a connection; the other files are its parts
//! ([`clock`], [`nearby`], [`predict`], [`reconnect`], `stream`, `requests`), [`systems`] is what players do beyond
//! walking, and [`told`] is what passes through; the rest is how one gets a connection
//! ([`sign_in`], [`token`]) and why something did not happen ([`failure`]).

pub mod clock;
pub mod failure;
pub mod nearby;
pub mod point;
pub mod predict;
mod reconcile;
pub mod reconnect;
mod requests;
pub mod session;
pub mod sign_in;
pub mod small_map;
mod stream;
pub mod systems;
pub mod token;
pub mod told;
