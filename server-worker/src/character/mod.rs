//! **Character**: a sheet, and where it is.
//!
//! - Owns: name, sheet, inventory, last location, and the word of the hub it is in.
//! - Keyed by: character_id.
//! - Called by: the edge and hubs, on behalf of its owner.
//! - Invariant: it is online in one visit at a time; the newest wins. Whether a hub
//!   that crashed still holds it is asked of the hub when it matters.
//! - Survives sleep as: rows.

pub mod logic;
#[cfg(target_arch = "wasm32")]
mod object;
#[cfg(target_arch = "wasm32")]
mod store;
