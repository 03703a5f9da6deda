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

mod answers;
pub mod attachment;
mod backlog;
pub mod bonds;
pub mod connection;
mod disbelief;
pub mod evidence;
pub mod heartbeats;
pub mod interest;
mod lead;
pub mod log;
pub mod logic;
mod memories;
#[cfg(target_arch = "wasm32")]
mod object;
pub mod outbox;
mod pace;
mod pending;
pub mod post;
mod reliable;
pub mod resume;
pub mod settings;
pub mod slots;
mod standing;
#[cfg(target_arch = "wasm32")]
mod store;
pub mod talk;
#[cfg(test)]
mod tests;
pub mod tick;
pub mod tickets;
mod walk;
