//! **Hub**: the sockets of up to 500 players (by default), where each of them stands,
//! and who sees whom.
//!
//! - Owns: connections, positions, rate limits, the pace, what is said reliably. All
//!   locations live in each hub.
//! - Keyed by: realm and number.
//! - Called by: clients over their sockets; the edge when a session ends or selects a
//!   character, or the server stops; World, Parties and Characters with what is said and
//!   what has changed.
//! - Invariant: a session has one socket, a character one place; nothing is
//!   sent to a socket that has not been authenticated but errors.
//! - Survives sleep as: its sockets' attachments; and rows: of places, which outlive
//!   their sockets, of reliable messages, of letters to Characters that were not answered,
//!   of tickets that have served and could be shown again, and of sessions there was word of.

pub mod admission;
pub mod area;
pub mod desk;
pub mod logic;
#[cfg(target_arch = "wasm32")]
mod object;
pub mod outbox;
pub mod post;
pub mod report;
pub mod rows;
pub mod settings;
pub mod sockets;
pub mod state;
#[cfg(target_arch = "wasm32")]
mod store;
pub mod stream;
#[cfg(test)]
mod tests;
