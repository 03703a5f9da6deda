//! Tokens: what a session and a ticket look like to clients, and what the server stores of
//! them.
//!
//! Both carry a tag under the server's secret, so that the edge knows a forged
//! one without asking an object: asking an object that does not exist creates it.

use super::password::mac;
use crate::{
    entropy::{self, Entropy},
    ids::{CharacterId, PlayerId},
    time::Millis,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// The prefix of a session's token.
const SESSION_PREFIX: &str = "s1_";

/// The prefix of a handshake.
const HANDSHAKE_PREFIX: &str = "h1_";

/// The longest sealed text, in characters: a handshake with the longest messages.
const MAX_SEALED: usize = 1_600;

/// The prefix of a ticket.
const TICKET_PREFIX: &str = "t1_";

/// The prefix of a resume token.
const RESUME_PREFIX: &str = "r1_";

const TAG: usize = 16;

/// A session's token: `s1_` and base64url of the player's id (8 bytes), 32
/// random bytes and a tag of 16. Prints as `SessionToken(..)`.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken {
    /// Whose session it is, so that the account is found without a lookup.
    pub player: PlayerId,
    secret: [u8; 32],
}

/// What is stored of a token and what names a session inside the server: the
/// SHA-256 of its random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionId(pub [u8; 32]);

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

impl SessionToken {
    /// A new session's token.
    pub fn generate(player: PlayerId, entropy: &mut dyn Entropy) -> Self {
        Self { player, secret: entropy::bytes(entropy) }
    }

    /// What is stored of it.
    #[must_use]
    pub fn id(&self) -> SessionId {
        SessionId(Sha256::digest(self.secret).into())
    }

    /// The token as text.
    #[must_use]
    pub fn reveal(&self, server_secret: &[u8]) -> String {
        let mut bytes = self.player.get().to_be_bytes().to_vec();
        bytes.extend(self.secret);
        seal(SESSION_PREFIX, bytes, server_secret)
    }

    /// Reads a token; `None` for what this server did not issue.
    #[must_use]
    pub fn parse(text: &str, server_secret: &[u8]) -> Option<Self> {
        let bytes = open(SESSION_PREFIX, text, server_secret)?;
        let (player, secret) = bytes.split_first_chunk::<8>()?;
        Some(Self { player: PlayerId::new(u64::from_be_bytes(*player))?, secret: secret.try_into().ok()? })
    }
}

/// A ticket for the WebSocket: good once, for 30 s, for one session and hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The session that asked for it.
    pub session: SessionId,
    /// Whose session it is.
    pub player: PlayerId,
    /// What the account said of the session, if the account tells this hub of any change to it.
    pub voucher: Option<Voucher>,
    /// The hub that has room, by its number.
    pub hub: u32,
    /// Until when it is good.
    pub expires: Millis,
    /// What tells two tickets apart.
    pub nonce: [u8; 8],
}

/// What an account says of a session that is good, so that the ticket's hub need not ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voucher {
    /// The character that the session has selected.
    pub character: Option<CharacterId>,
    /// Until when the account may not speak.
    pub silenced: Option<Millis>,
}

impl Ticket {
    /// The ticket as text: letters that a subprotocol may hold.
    #[must_use]
    pub fn reveal(&self, server_secret: &[u8]) -> String {
        let bytes = postcard::to_extend(self, Vec::new()).unwrap_or_default();
        seal(TICKET_PREFIX, bytes, server_secret)
    }

    /// Reads a ticket; `None` for what this server did not issue or what is
    /// past its time.
    #[must_use]
    pub fn parse(text: &str, server_secret: &[u8], now: Millis) -> Option<Self> {
        let bytes = open(TICKET_PREFIX, text, server_secret)?;
        postcard::from_bytes(&bytes).ok().filter(|ticket: &Self| now < ticket.expires)
    }
}

/// What a client shows to continue a connection that was lost: good while the session stands
/// under this name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeToken {
    /// The session that it was given to.
    pub session: SessionId,
    /// Whose session it is.
    pub player: PlayerId,
    /// The hub that keeps its place.
    pub hub: u32,
    /// The connection's number there.
    pub stream: u64,
}

impl ResumeToken {
    /// The token as text: letters that a subprotocol may hold.
    #[must_use]
    pub fn reveal(&self, server_secret: &[u8]) -> String {
        let bytes = postcard::to_extend(self, Vec::new()).unwrap_or_default();
        seal(RESUME_PREFIX, bytes, server_secret)
    }

    /// Reads a token; `None` for what this server did not issue.
    #[must_use]
    pub fn parse(text: &str, server_secret: &[u8]) -> Option<Self> {
        postcard::from_bytes(&open(RESUME_PREFIX, text, server_secret)?).ok()
    }
}

/// A SCRAM exchange between its two requests: what both sides will sign. The client keeps it,
/// so that a stranger's exchange costs the server no storage; and it says nothing about whether
/// the account exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handshake {
    /// What the client said first, without its header.
    pub client_first_bare: String,
    /// What the server answered.
    pub server_first: String,
    /// Until when it may be finished.
    pub expires: Millis,
    /// What tells two exchanges apart: each is finished once.
    pub nonce: [u8; 8],
}

impl Handshake {
    /// The handshake as text.
    #[must_use]
    pub fn reveal(&self, server_secret: &[u8]) -> String {
        let bytes = postcard::to_extend(self, Vec::new()).unwrap_or_default();
        seal(HANDSHAKE_PREFIX, bytes, server_secret)
    }

    /// Reads a handshake; `None` for what this server did not issue or what is
    /// past its time.
    #[must_use]
    pub fn parse(text: &str, server_secret: &[u8], now: Millis) -> Option<Self> {
        let bytes = open(HANDSHAKE_PREFIX, text, server_secret)?;
        postcard::from_bytes(&bytes).ok().filter(|handshake: &Self| now < handshake.expires)
    }
}

/// Whether a secret is the expected one, compared in a time that does not tell how much of it
/// is right.
#[must_use]
pub fn same(shown: &str, expected: &str) -> bool {
    shown.as_bytes().ct_eq(expected.as_bytes()).into()
}

fn tag(prefix: &str, bytes: &[u8], server_secret: &[u8]) -> [u8; TAG] {
    let full = mac(server_secret, &[b"shardlink token\0", prefix.as_bytes(), bytes]);
    let mut tag = [0; TAG];
    tag.copy_from_slice(full.split_at(TAG).0);
    tag
}

fn seal(prefix: &str, mut bytes: Vec<u8>, server_secret: &[u8]) -> String {
    let tag = tag(prefix, &bytes, server_secret);
    bytes.extend(tag);
    format!("{prefix}{}", Base64UrlUnpadded::encode_string(&bytes))
}

fn open(prefix: &str, text: &str, server_secret: &[u8]) -> Option<Vec<u8>> {
    let encoded = text.strip_prefix(prefix).filter(|encoded| encoded.len() <= MAX_SEALED)?;
    let mut bytes = Base64UrlUnpadded::decode_vec(encoded).ok()?;
    let found = bytes.split_off(bytes.len().checked_sub(TAG)?);
    bool::from(tag(prefix, &bytes, server_secret).as_slice().ct_eq(&found)).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Seeded;

    fn player() -> PlayerId {
        PlayerId::new(7_000_000_000).unwrap()
    }

    #[test]
    fn a_token_reads_back_and_names_its_player() {
        let token = SessionToken::generate(player(), &mut Seeded::new(1));
        let text = token.reveal(b"secret");
        let read = SessionToken::parse(&text, b"secret").unwrap();
        assert_eq!(read, token);
        assert_eq!(read.player, player());
        assert_eq!(format!("{token:?} {:?}", token.id()), "SessionToken(..) SessionId(..)");
    }

    #[test]
    fn a_forged_cut_or_foreign_token_is_none() {
        let text = SessionToken::generate(player(), &mut Seeded::new(1)).reveal(b"secret");
        assert_eq!(SessionToken::parse(&text, b"other secret"), None);
        for end in 0..text.len() {
            assert_eq!(SessionToken::parse(&text[..end], b"secret"), None, "cut at {end}");
        }
        for index in 3..text.len() {
            let mut forged = text.clone().into_bytes();
            forged[index] = if forged[index] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            // This holds for the last character too, some of whose bits are not used.
            assert_eq!(SessionToken::parse(&forged, b"secret"), None, "changed at {index}");
        }
        assert_eq!(SessionToken::parse(&"x".repeat(10_000), b"secret"), None);
    }

    #[test]
    fn a_handshake_of_the_longest_messages_reads_back_until_it_expires() {
        let handshake = Handshake {
            client_first_bare: "n".repeat(crate::crypto::scram::MAX_MESSAGE),
            server_first: "r".repeat(crate::crypto::scram::MAX_MESSAGE),
            expires: Millis(1_000),
            nonce: [1; 8],
        };
        let text = handshake.reveal(b"secret");
        assert_eq!(Handshake::parse(&text, b"secret", Millis(999)), Some(handshake));
        assert_eq!(Handshake::parse(&text, b"secret", Millis(1_000)), None);
        assert_eq!(Handshake::parse(&text, b"other", Millis(0)), None);
    }

    #[test]
    fn a_resume_token_reads_back_and_is_no_ticket() {
        let token = ResumeToken { session: SessionId([3; 32]), player: player(), hub: 2, stream: 1 << 51 };
        let text = token.reveal(b"secret");
        assert_eq!(ResumeToken::parse(&text, b"secret"), Some(token));
        assert_eq!(ResumeToken::parse(&text, b"other"), None);
        assert_eq!(Ticket::parse(&text.replace("r1_", "t1_"), b"secret", Millis(0)), None);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
        assert!(text.len() < 128);
    }

    #[test]
    fn a_ticket_is_good_until_it_expires_and_is_no_session() {
        let ticket = Ticket {
            session: SessionId([3; 32]),
            player: player(),
            voucher: Some(Voucher { character: CharacterId::new(9), silenced: Some(Millis(2_000)) }),
            hub: 2,
            expires: Millis(1_000),
            nonce: [1; 8],
        };
        let text = ticket.reveal(b"secret");
        assert_eq!(Ticket::parse(&text, b"secret", Millis(999)), Some(ticket));
        assert_eq!(Ticket::parse(&text, b"secret", Millis(1_000)), None);
        assert_eq!(SessionToken::parse(&text, b"secret"), None);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
    }
}
