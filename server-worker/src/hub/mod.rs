//! **Hub**: the sockets of up to 500 players (by default), where each of them stands,
//! and who sees whom.
//!
//! - Owns: connections, positions, rate limits, the pace, what is said reliably. All
//!   locations live in each hub.
//! - Keyed by: realm and number.
//! - Called by: clients over their sockets; the edge when a session ends or selects a
//!   character, or the server stops; World, Parties and Characters with what is said and
//!   what has changed.
//! - Invariant: a session has one socket, a character one place; until a socket has
//!   authenticated, it is told nothing but errors and what answers its own messages.
//! - Survives sleep as: its sockets' attachments, and rows: places, which outlive their sockets;
//!   reliable messages; letters to Characters that have not been answered; tickets that have
//!   served and could be shown again; sessions that there was word of lately.

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
