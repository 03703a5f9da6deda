//! Emotes: gestures, which everybody sees who sees the player.

use super::bounded::Text;
use crate::{codec::table::Wire, ids::CharacterId, limits::MAX_EMOTE};
use serde::{Deserialize, Serialize};

/// The name of an emote, one of the world's: at first wave, dance, bow, cheer, point and sit.
pub type EmoteName = Text<MAX_EMOTE>;

/// `emote`, client to server: makes a gesture. The answer is the sender's own copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SendEmote {
    /// Which: a name of the world's emotes.
    pub emote: EmoteName,
}

/// `emote`, server to client: somebody whom one sees makes a gesture. It is told once, and not
/// again to whoever resumes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Emote {
    /// Who.
    pub character_id: CharacterId,
    /// Which.
    pub emote: EmoteName,
}
