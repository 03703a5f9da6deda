//! Connection: authentication, leaving, ping.

use super::{
    bounded::{Secret, Text},
    envelope::Timestamp,
};
use crate::{
    codec::table::{Take, Wire},
    ids::PlayerId,
    sheet::Sheet,
    text::UserName,
    time::Millis,
};
use serde::{Deserialize, Serialize};

/// `auth_request`, client to server: signs in; the first message on a socket
/// without a ticket. With a token the password is ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthRequest {
    /// Who is signing in.
    pub username: UserName,
    /// The password; what it may be is judged where it is compared.
    #[serde(default)]
    pub password: Option<Secret<256>>,
    /// A session's token instead of a password.
    #[serde(default)]
    pub session_token: Option<Secret<256>>,
}

impl AuthRequest {
    /// Signs in by a password; `None` if it is longer than 256 bytes.
    #[must_use]
    pub fn by_password(username: UserName, password: &str) -> Option<Self> {
        Some(Self { username, password: Some(Secret::parse(password).ok()?), session_token: None })
    }

    /// Continues a session; `None` if the token is longer than 256 bytes.
    #[must_use]
    pub fn by_token(username: UserName, token: &str) -> Option<Self> {
        Some(Self { username, password: None, session_token: Some(Secret::parse(token).ok()?) })
    }
}

/// `auth_response`, server to client: whether the socket is authenticated. It comes again
/// when the session is renewed (`POST /api/auth/refresh`), without a character and with
/// another resume token: the earlier one serves no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthResponse {
    /// Whether it is.
    pub success: bool,
    /// The session's token, if one was begun by a password.
    #[serde(default)]
    pub session_token: Option<Secret<256>>,
    /// Whose session it is.
    #[serde(default)]
    pub player_id: Option<PlayerId>,
    /// A sentence for the player.
    #[serde(default)]
    pub message: Option<Text<512>>,
    /// The server's clock.
    #[serde(default)]
    pub server_time: Timestamp,
    /// The character that entered the world, if the session has selected one.
    #[serde(default)]
    pub character: Option<Box<Sheet>>,
    /// What a reconnecting client shows to resume; the newest counts.
    #[serde(default)]
    pub resume_token: Option<Secret<512>>,
    /// The revisions the server speaks.
    #[serde(default)]
    pub protocol: Option<ProtocolRange>,
}

impl AuthResponse {
    /// The session is good; a token is shown if it has just begun.
    #[must_use]
    pub fn accepted(player: PlayerId, token: Option<&str>, character: Option<Box<Sheet>>, now: Millis) -> Self {
        Self {
            success: true,
            session_token: token.and_then(|token| Secret::parse(token).ok()),
            player_id: Some(player),
            character,
            ..Self::saying("Signed in.", now)
        }
    }

    /// The session is good under another token, which its owner has.
    #[must_use]
    pub fn renewed(player: PlayerId, resume_token: Option<Secret<512>>, now: Millis) -> Self {
        Self { success: true, player_id: Some(player), resume_token, ..Self::saying("Session renewed.", now) }
    }

    /// It is not.
    #[must_use]
    pub fn refused(why: &str, now: Millis) -> Self {
        Self::saying(why, now)
    }

    fn saying(message: &str, now: Millis) -> Self {
        Self {
            success: false,
            session_token: None,
            player_id: None,
            message: Some(Text::cut(message)),
            server_time: Timestamp(now),
            character: None,
            resume_token: None,
            protocol: Some(ProtocolRange::ours()),
        }
    }
}

/// The protocol revisions that a server speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProtocolRange {
    /// The lowest.
    pub min: Text<16>,
    /// The highest.
    pub max: Text<16>,
    /// The hash of the schema in hex: information, never a reason to refuse.
    pub schema_hash: Text<16>,
}

impl ProtocolRange {
    /// What this build speaks.
    #[must_use]
    pub fn ours() -> Self {
        Self {
            min: Text::cut(super::VERSION),
            max: Text::cut(super::VERSION),
            schema_hash: Text::cut(&format!("{:016x}", super::schema_hash())),
        }
    }
}

/// `disconnect`, either way: a goodbye before the close.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Disconnect {
    /// Why.
    #[serde(default)]
    pub reason: Option<Text<256>>,
}

/// `ping`, client to server: is anybody there?
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ping {}

/// `pong`, server to client: the answer to a ping.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pong {}

/// `resume`, client to server: the first message on a socket that shows a resume token. Where
/// the place is not kept any more, an [`AuthResponse`] with another token comes before the
/// answer. The socket is closed with 4001 where the session was renewed since (the client then
/// enters with a ticket), and with 4002 or 4004 where the session has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resume {
    /// The last reliable message that was received.
    pub last_seq: u64,
}

/// `resumed`, server to client: the connection continues where it broke off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resumed {
    /// How many missed messages follow, before the snapshot of the present.
    pub replayed: u32,
    /// Whether more messages were missed than follow, or the server has forgotten all that was
    /// before the loss.
    pub snapshot: bool,
}

/// `ack`, client to server: every reliable message up to this one was received. It has no
/// answer, so one with a message_id is refused with INVALID_FIELD. A number that was not sent
/// counts as the last that was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ack {
    /// The last of them.
    pub last_seq: u64,
}

/// `pace`, server to client: how often positions may be sent from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pace {
    /// Positions a second, at least 1.
    pub max_position_rate: u8,
}

/// `hub_transfer`, server to client: reconnect with this ticket, for example to
/// be with the player's party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HubTransfer {
    /// A ticket to another hub.
    pub ticket: Secret<256>,
}
