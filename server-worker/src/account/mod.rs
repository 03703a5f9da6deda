//! **Account**: who signs in, and what is theirs.
//!
//! - Owns: the password's verifier, the sessions, the list of characters.
//! - Keyed by: player_id, which is random and stands in every token.
//! - Called by: the edge, hubs, Directories.
//! - Invariant: one live session; a session that has ended has a letter under way to the
//!   hub of its socket until that has answered; a character that is listed exists and its
//!   name is claimed, whatever crashed while it was made or deleted.
//! - Survives sleep as: rows.

pub mod errand;
pub mod logic;
pub mod made;
#[cfg(target_arch = "wasm32")]
mod object;
pub mod rows;
mod sessions;
mod slots;
#[cfg(target_arch = "wasm32")]
mod store;
