//! What a hub knows of each socket: who is at its other end, what it keeps over a sleep, and how
//! much it may send and be sent.

pub mod attachment;
pub mod connection;
pub mod frames;
pub mod heartbeats;
pub mod pace;
pub mod traffic;

use heartbeats::Heartbeats;
use pace::Pace;

/// How much comes in.
#[derive(Debug, Default)]
pub(in crate::hub) struct Load {
    pub pace: Pace,
    pub heartbeats: Heartbeats,
}
