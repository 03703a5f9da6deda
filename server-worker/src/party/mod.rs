//! **Party**: who is in it, who is invited, who leads.
//!
//! - Owns: members and where they are, invitations, leader, loot rule, the last words.
//! - Keyed by: party_id, which is random and drawn by the server.
//! - Called by: the edge and hubs on behalf of characters that have its id on their
//!   list; Characters, which say where they are.
//! - Invariant: a member's Character holds the seat that the party knows it by, or is
//!   about to; the version rises with every change and never goes back; a party that
//!   has ended never begins again.
//! - Survives sleep as: rows. What was said and not passed on yet does not: chat is
//!   sent once.

pub mod errand;
pub mod logic;
#[cfg(test)]
mod model;
#[cfg(target_arch = "wasm32")]
mod object;
pub mod state;
#[cfg(target_arch = "wasm32")]
mod store;
#[cfg(test)]
mod tests;
