//! What a hub knows of each socket: who is at its other end, what it keeps over a sleep, and how
//! much it may send and be sent.

pub mod attachment;
pub mod backlog;
pub mod connection;
pub mod heartbeats;
pub mod pace;
