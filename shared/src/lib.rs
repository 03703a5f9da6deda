//! What the browser client, the server and the bots all compile: the protocol's
//! types and codecs, the rules of the game, and the cryptography.
//!
//! Pure: no clock, no randomness and no I/O. Time and entropy are arguments.

// The code that `derive(Wire)` writes uses this name, in this crate as in others.
extern crate self as shardlink_shared;

pub mod codec;
pub mod crypto;
pub mod entropy;
pub mod error;
pub mod ids;
pub mod items;
pub mod limits;
pub mod protocol;
pub mod rules;
#[cfg(feature = "schema")]
pub mod schema;
pub mod sheet;
pub mod text;
pub mod time;
pub mod vector;
pub mod world;
pub mod wrapping;

pub use error::{ErrorCode, FieldProblem, Refusal};
