//! **Character**: a sheet, and where it is.
//!
//! - Owns: name, sheet, last location, and a lease of 90 s on where it is online.
//! - Keyed by: character_id.
//! - Called by: the edge and hubs, on behalf of its owner.
//! - Invariant: it is online in one visit at a time; the newest wins.
//! - Survives sleep as: rows.

pub mod logic;
#[cfg(target_arch = "wasm32")]
mod object;
#[cfg(target_arch = "wasm32")]
mod store;
