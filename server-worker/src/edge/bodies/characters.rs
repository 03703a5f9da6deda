//! The bodies of routes about an account's characters, and about the way into the world with
//! one.

use serde::{Deserialize, Serialize};
use shardlink_shared::{ids::CharacterId, sheet::Sheet};

/// `POST /api/characters/select`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Select {
    pub character_id: CharacterId,
}

/// The account's characters.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Characters {
    pub characters: Vec<Sheet>,
}

/// A character that was made.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Created {
    pub success: bool,
    pub character: Sheet,
}

/// A character that was selected, and the way into the world.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Selected {
    pub success: bool,
    pub character: Sheet,
    pub hub: u32,
    pub ticket: String,
}

/// A ticket for the WebSocket.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct TicketBody {
    pub ticket: String,
    pub hub: u32,
}
