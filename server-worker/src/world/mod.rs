//! **World**: what all hubs of a realm share.
//!
//! - Owns: when the realm began, the hubs and how many are in them, the order of what
//!   is said to everybody and to factions, what each hub was told of the realm.
//! - Keyed by: the realm's name.
//! - Called by: the edge and hubs.
//! - Invariant: a hub that has not reported for a minute counts as empty; all hubs hear the
//!   same words in the same order.
//! - Survives sleep as: rows.
//! - Damaged storage is not replaced: only a backup has the realm's beginning and its log of
//!   events. Reports, histories and retired hubs could be made anew, but are in the same file,
//!   and no part of a damaged file is trusted. While World is damaged nobody is placed in a
//!   hub; accounts and characters go on.

pub mod logic;
#[cfg(target_arch = "wasm32")]
mod object;
mod placement;
pub mod rows;
pub mod speech;
#[cfg(target_arch = "wasm32")]
mod store;
pub mod telling;
