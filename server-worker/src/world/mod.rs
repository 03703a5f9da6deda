//! **World**: what all hubs of a realm share.
//!
//! - Owns: when the realm began, the hubs and who is in them.
//! - Keyed by: the realm's name.
//! - Called by: the edge and hubs.
//! - Invariant: a hub that has not been heard of for two minutes holds nobody.
//! - Survives sleep as: rows.

pub mod logic;
#[cfg(target_arch = "wasm32")]
mod object;
#[cfg(target_arch = "wasm32")]
mod store;
