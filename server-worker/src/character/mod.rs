//! **Character**: a sheet, and where it is.
//!
//! - Owns: name, sheet, inventory, last location, where it is in the world, by the last word of
//!   its hub; its seat in a party, the parties it is invited into, whom it does not want to
//!   hear.
//! - Keyed by: character_id.
//! - Called by: the edge and hubs, on behalf of its owner; Parties.
//! - Invariant: it is online in one visit at a time, and the newest wins. Where it matters
//!   whether a hub that crashed still holds it, that hub is asked. It has one seat in one
//!   party; a seat that it has claimed without hearing more is settled after 30 s.
//! - Survives sleep as: rows.

pub mod logic;
#[cfg(target_arch = "wasm32")]
mod object;
pub mod record;
pub mod rows;
pub mod social;
#[cfg(target_arch = "wasm32")]
mod store;
