//! The Directory: names.

use serde::{Deserialize, Serialize};
use shardlink_shared::ids::PlayerId;

/// How many Directories there are.
pub const SHARDS: u64 = 64;

/// What a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// An account.
    User,
    /// A character.
    Character,
    /// A character again, by its id in digits: whether there is such a one is asked
    /// before it is addressed.
    CharacterId,
}

impl Kind {
    /// How rows spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Character => "character",
            Self::CharacterId => "character_id",
        }
    }
}

/// The Directory that a name belongs to: one of a fixed set, by the name's
/// FNV-1a hash, so that a made-up name makes no object.
#[must_use]
pub fn object_name(kind: Kind, key: &str) -> String {
    format!("directory-{}", super::spread(&format!("{}\0{key}", kind.as_str()), SHARDS))
}

/// A name that somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The account's or the character's id.
    pub id: u64,
    /// The account it belongs to.
    pub owner: PlayerId,
}

calls!("DIRECTORY",
    /// What a Directory is asked.
    DirectoryCall {
        /// Claims a name for an id; it must be committed soon. Refused with NAME_TAKEN.
        Claim { kind: Kind, key: String, id: u64, owner: PlayerId } -> ();
        /// Makes a claim final. Refused with NOT_FOUND if it was settled meanwhile.
        Commit { kind: Kind, key: String, id: u64 } -> ();
        /// Enters a name for good. Refused with NAME_TAKEN if another id has it.
        Record { kind: Kind, key: String, id: u64, owner: PlayerId } -> ();
        /// Gives a name up, if this id has it.
        Release { kind: Kind, key: String, id: u64 } -> ();
        /// Who has a name.
        Find { kind: Kind, key: String } -> Option<Named>;
    }
);
