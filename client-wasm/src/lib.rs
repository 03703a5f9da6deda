//! Shardlink's browser client.
//!
//! [`logic`] decides and `browser` does: the
//! logic is pure (time and entropy are arguments), compiles natively, and is
//! what the load bots drive over their own sockets; the shell exists for wasm32
//! alone and holds no rule.

pub mod logic;

#[cfg(target_arch = "wasm32")]
pub mod browser;
