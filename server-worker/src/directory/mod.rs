//! **Directory**: the names of accounts and characters.
//!
//! - Owns: name, id, owner and the state of the claim.
//! - Keyed by: one of 64, by the hash of kind and normalised name, so that no
//!   name a stranger types becomes an object.
//! - Called by: the edge, hubs.
//! - Invariant: a name belongs to at most one id; a claim that nobody commits
//!   is settled with its account after 30 s.
//! - Survives sleep as: rows. It keeps nothing in memory: there may be millions.

pub mod logic;
#[cfg(target_arch = "wasm32")]
mod object;
pub mod rows;
#[cfg(target_arch = "wasm32")]
mod store;
