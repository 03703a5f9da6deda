//! **Character**: a sheet, and where it is.
//!
//! - Owns: name, sheet, inventory, last location, the word of the hub it is in; its seat
//!   in a party, the parties it is invited into, whom it does not want to hear.
//! - Keyed by: character_id.
//! - Called by: the edge and hubs, on behalf of its owner; Parties.
//! - Invariant: it is online in one visit at a time; the newest wins. Whether a hub
//!   that crashed still holds it is asked of the hub when it matters. It has one seat
//!   in one party; a seat that it claimed and does not hear of is settled after 30 s.
//! - Survives sleep as: rows.

pub mod logic;
#[cfg(target_arch = "wasm32")]
mod object;
pub mod record;
pub mod social;
#[cfg(target_arch = "wasm32")]
mod store;
