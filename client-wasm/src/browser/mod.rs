//! What the client does in a browser: sockets, timers, and values for JavaScript. No rule
//! lives here; see [`crate::logic`]. REST, the account and what is kept over a reload are the
//! facade's (`npm/src/`).

pub mod error;
pub mod exports;
pub mod perform;
pub mod runtime;
pub mod scram;
pub mod socket;
pub mod value;
