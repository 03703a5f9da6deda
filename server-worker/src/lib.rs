//! Shardlink's backend: an edge that speaks REST and passes WebSockets on, and
//! the objects that own all state. See `ARCHITECTURE.md`.
//!
//! Each object is a folder: `mod.rs` says what it owns, `logic.rs` decides
//! (pure, tested natively), `rows.rs` says what its rows hold (likewise), `store.rs` has
//! the SQL, `object.rs` is the shell. What is compiled for wasm32 alone cannot leak into what decides.

#[macro_use]
pub mod calls;

pub mod account;
pub mod alarm;
pub mod character;
pub mod config;
pub mod damage;
pub mod directory;
pub mod edge;
pub mod effect;
pub mod hub;
pub mod letters;
pub mod monotonic;
pub mod network;
pub mod row;
pub mod service;
pub mod systems;
pub mod text;
pub mod throttle;
pub mod world;

#[cfg(test)]
mod golden;
#[cfg(target_arch = "wasm32")]
mod runtime;
