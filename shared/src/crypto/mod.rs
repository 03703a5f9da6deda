//! Cryptography on RustCrypto's crates: passwords, the SCRAM exchange, tokens, and what players
//! seal for each other.

pub mod password;
pub mod scram;
#[cfg(feature = "sealed")]
pub mod sealed;
pub mod token;
