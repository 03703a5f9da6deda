//! The Hub: sockets and who stands where.

use serde::{Deserialize, Serialize};
use shardlink_shared::{ErrorCode, crypto::token::SessionId, ids::CharacterId};

/// A hub's object, by its number in the realm.
#[must_use]
pub fn object_name(number: u32) -> String {
    format!("{}-{number}", super::world::REALM)
}

calls!("HUB",
    /// What a Hub is asked by other objects.
    HubCall {
        /// A session has ended: its socket is closed, and the code says why.
        EndSession { session: SessionId, code: ErrorCode } -> ();
        /// Whether a character is in the world on this connection.
        Holds { character: CharacterId, connection: u64 } -> bool;
        /// A session has another token: its socket stays.
        RenewSession { old: SessionId, new: SessionId } -> ();
        /// A session has selected a character: it enters the world on the
        /// session's socket.
        EnterWorld { session: SessionId, character: CharacterId } -> ();
    }
);
