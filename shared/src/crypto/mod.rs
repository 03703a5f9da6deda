//! Cryptography on RustCrypto's crates: passwords, the SCRAM exchange, tokens.

pub mod password;
pub mod scram;
pub mod token;
