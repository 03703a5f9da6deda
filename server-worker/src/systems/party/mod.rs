//! **Party**: who is in it, who is invited, who leads.
//!
//! - Owns: members and where they are, invitations, leader, loot rule, the last words.
//! - Keyed by: party_id, which is random and drawn by the server.
//! - Called by: the edge and hubs on behalf of characters that have its id on their
//!   list; Characters, which say where they are.
//! - Serves: `party_create`, `_invite`, `_accept`, `_decline`, `_leave`, `_disband`, `_kick`,
//!   `_withdraw`, `_promote`, `_loot` (`requests.rs`).
//! - Keeps of a player in a hub: its party, and the version it was told of (`fact.rs`).
//! - Invariant: a member's Character holds the seat that the party knows it by, or is
//!   about to; the version rises with every change and never goes back; a party that
//!   has ended never begins again.
//! - Survives sleep as: rows. What was said and not passed on yet does not: chat is
//!   sent once.

pub mod contract;
pub mod errand;
pub mod fact;
#[cfg(test)]
mod flow_tests;
mod invitations;
pub mod logic;
#[cfg(test)]
mod model;
#[cfg(target_arch = "wasm32")]
mod object;
pub mod record;
mod requests;
pub mod rows;
pub mod state;
#[cfg(target_arch = "wasm32")]
mod store;
#[cfg(test)]
mod tests;

pub use requests::{Party, PartyAnswer, PartyRequest, Request, gathering, look_at_party, party_request, view};
