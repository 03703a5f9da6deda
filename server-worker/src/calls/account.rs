//! The Account: who signs in, and what is theirs.

use super::directory::Kind;
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    crypto::{
        password::{Salt, Verifier},
        token::{SessionId, Voucher},
    },
    ids::{CharacterId, PartyId, PlayerId},
    text::{CharacterName, UserName},
    time::Millis,
};

/// An account's object.
#[must_use]
pub fn object_name(player: PlayerId) -> String {
    player.to_string()
}

/// A session that is good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticated {
    /// The account's user name.
    pub username: UserName,
    /// The character that the session has selected.
    pub character: Option<CharacterId>,
    /// When the session ends if it is not used.
    pub expires: Millis,
    /// The hub that has held the session's socket up to now, or is about to.
    pub hub: Option<u32>,
    /// Until when the account may not speak.
    pub silenced: Option<Millis>,
}

/// What shows that somebody knows the account's password.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Proof {
    /// What the password they told was stretched to.
    Verifier(Verifier),
    /// A SCRAM exchange.
    Scram(ScramProof),
}

/// A whole SCRAM exchange, which serves once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScramProof {
    /// What the client said first, without its header.
    pub client_first_bare: String,
    /// What the server answered.
    pub server_first: String,
    /// What the client said last.
    pub client_final: String,
    /// What tells the exchange from others.
    pub handshake: [u8; 8],
    /// Until when it may be finished.
    pub handshake_expires: Millis,
}

/// Sessions, and the hubs that hold their sockets.
pub type Sockets = Vec<(SessionId, u32)>;

/// A session that is good, as the hub is told that keeps its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name by now: the hub may not have heard of the newest.
    pub session: SessionId,
    /// Until when the account may not speak.
    pub silenced: Option<Millis>,
}

/// A session that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The account's user name, as it was registered.
    pub username: UserName,
    /// When the session ends if it is not used.
    pub expires: Millis,
    /// The server's proof that it knows the verifier, where SCRAM was the way.
    pub server_final: Option<String>,
}

/// A session that has a new token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    /// The account's user name.
    pub username: UserName,
    /// When the session ends if it is not used.
    pub expires: Millis,
}

/// A password that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordChanged {
    /// The server's proof that it knew the old verifier, where SCRAM was the way.
    pub server_final: Option<String>,
}

/// An account that is being deleted, and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// Which.
    pub player: PlayerId,
    /// Its name.
    pub username: UserName,
    /// Its characters and their names.
    pub characters: Vec<(CharacterId, CharacterName)>,
}

/// What becomes of a name that was claimed and not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settlement {
    /// It is in use: commit it.
    Keep,
    /// It is not: release it.
    Release,
    /// It is being created right now: ask again.
    Wait,
}

calls!("ACCOUNT",
    /// What an Account is asked.
    AccountCall {
        /// Makes the account. Refused with NAME_TAKEN if it is another's already.
        Create { player: PlayerId, username: UserName, verifier: Verifier } -> ();
        /// How the password was stretched.
        GetSalt {} -> (Salt, u32);
        /// Begins a session, for whoever knows the password, and ends the
        /// older ones; `mark` is where from, to be remembered. Refused with
        /// BAD_CREDENTIALS, whatever is wrong.
        SignIn { proof: Proof, session: SessionId, mark: Option<[u8; 16]> } -> SignedIn;
        /// Whether somebody signed in from there within the last 30 days.
        Knows { mark: [u8; 16] } -> bool;
        /// Gives a session another token. Refused with SESSION_EXPIRED.
        Renew { session: SessionId, new: SessionId } -> Renewed;
        /// Another password, for whoever knows the old one; ends the other
        /// sessions. Refused with SESSION_EXPIRED, BAD_CREDENTIALS.
        ChangePassword { session: SessionId, proof: Proof, verifier: Verifier } -> PasswordChanged;
        /// The account is going to be deleted, all of it. Refused with
        /// SESSION_EXPIRED, BAD_CREDENTIALS.
        BeginDeletion { session: SessionId, proof: Proof } -> Deletion;
        /// All that was the account's elsewhere is gone: so is the account.
        Erase {} -> ();
        /// Whether a session is good; `hub` is where its socket is, if it
        /// is a socket that asks. Refused with SESSION_EXPIRED.
        Authenticate { session: SessionId, hub: Option<u32> } -> Authenticated;
        /// The session is given a ticket to this hub, which is told from here on of what
        /// becomes of it, unless its socket is in another: then nobody vouches. Refused
        /// with SESSION_EXPIRED.
        Vouch { session: SessionId, hub: u32 } -> Option<Voucher>;
        /// The account may not speak until then, or may again; its sessions whose sockets
        /// are open, and the hubs that hold them. Refused with NOT_FOUND.
        Silence { until: Option<Millis> } -> Sockets;
        /// Ends a session, whose socket is closed before this is answered, if its hub
        /// answers.
        EndSession { session: SessionId } -> ();
        /// Asked by a hub to which a crash may have cost a word: whether the session is
        /// good whose place it keeps. Refused with SESSION_EXPIRED, SIGNED_IN_ELSEWHERE.
        Stands { session: SessionId, hub: u32 } -> Standing;
        /// Begins a character; its id. Refused with TOO_MANY_CHARACTERS, RATE_LIMITED.
        ReserveCharacter { session: SessionId, name: CharacterName } -> CharacterId;
        /// The character exists now. Refused with NOT_FOUND if it was
        /// settled meanwhile.
        CommitCharacter { character: CharacterId } -> ();
        /// The character could not be made.
        AbandonCharacter { character: CharacterId } -> ();
        /// The session's characters, oldest first.
        ListCharacters { session: SessionId } -> Vec<CharacterId>;
        /// Whether a character is the session's account's. Refused with
        /// SESSION_EXPIRED, NOT_YOUR_CHARACTER.
        Owns { session: SessionId, character: CharacterId } -> ();
        /// Selects a character. Refused with SESSION_EXPIRED, NOT_YOUR_CHARACTER.
        SelectCharacter { session: SessionId, character: CharacterId } -> Authenticated;
        /// Begins to delete a character; its name. Refused with NOT_YOUR_CHARACTER.
        BeginDelete { session: SessionId, character: CharacterId } -> CharacterName;
        /// The character is deleted, or could not be.
        FinishDelete { character: CharacterId, deleted: bool } -> ();
        /// One of its characters founds this party. Refused with RATE_LIMITED.
        FoundParty { party: PartyId } -> ();
        /// Asked by a Directory: whether this account uses a name.
        Settle { kind: Kind, key: String, id: u64 } -> Settlement;
    }
);
