//! **Throttle**: how often something failed or was asked for in the last minute, by user name
//! and by address.
//!
//! - Owns: a count and the beginning of its minute for each key; in memory, what is
//!   being judged.
//! - Keyed by: one of 64, by the key's hash, so that no name or address that a
//!   stranger brings becomes an object.
//! - Called by: whatever signs in or registers, on the edge and in hubs.
//! - Invariant: unknown names are counted like known ones.
//! - Survives sleep as: rows, which an alarm removes when they are a minute old.

pub mod logic;
#[cfg(target_arch = "wasm32")]
mod object;
pub mod rows;
#[cfg(target_arch = "wasm32")]
mod store;
