//! Cryptography on RustCrypto's crates: passwords, tokens.

pub mod password;
pub mod token;
