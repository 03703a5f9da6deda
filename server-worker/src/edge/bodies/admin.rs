//! The bodies of routes for those who run the realm.

use serde::Deserialize;
use shardlink_shared::ids::CharacterId;

/// A year in seconds.
pub const YEAR: u32 = 365 * 24 * 60 * 60;

/// `POST /api/admin/mute`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AdminMute {
    /// Any character of the account.
    pub character_id: CharacterId,
    /// Whether it may not speak.
    pub muted: bool,
    /// For how many seconds, a year at most; without a number until it is let speak.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = YEAR)))]
    pub seconds: Option<u32>,
}
