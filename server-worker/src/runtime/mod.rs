//! The shell that all objects share: clock, entropy, storage, calls, answers.
//! Compiled for wasm32 alone.

pub mod alarm;
pub mod boot;
pub mod call;
pub mod clock;
pub mod damage;
pub mod db;
pub mod entropy;
pub mod hashing;
pub mod platform;
pub mod row_shell;
pub mod settings;
pub mod shell;
pub mod sockets;
