//! The contracts between objects: what each may be asked, and what it answers.
//! Every call is idempotent, because the runtime retries calls by itself.

use serde::{Serialize, de::DeserializeOwned};

/// A question to an object, or an instruction.
pub trait Call: Serialize {
    /// What comes back if it is not refused.
    type Answer: Serialize + DeserializeOwned;

    /// The binding of the object's namespace.
    const BINDING: &'static str;

    /// The JSON that the object decodes.
    fn encode(self) -> String;
}

macro_rules! calls {
    ($binding:literal, $(#[$set_doc:meta])* $set:ident {
        $($(#[$doc:meta])* $call:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty),* $(,)? } -> $answer:ty;)*
    }) => {
        $(#[$set_doc])*
        #[derive(Debug, Serialize, Deserialize)]
        #[allow(missing_docs)] // Each is documented at its struct.
        pub enum $set {
            $($call($call),)*
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Serialize, Deserialize)]
            #[allow(missing_docs)]
            pub struct $call {
                $($(#[$field_doc])* pub $field: $ty,)*
            }

            impl super::Call for $call {
                type Answer = $answer;
                const BINDING: &'static str = $binding;

                fn encode(self) -> String {
                    crate::effect::to_json(&$set::$call(self))
                }
            }
        )*
    };
}

/// Which of `shards` objects a text belongs to, by its FNV-1a hash.
fn spread(text: &str, shards: u64) -> u64 {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    // The low bits of FNV-1a of short texts are its weakest.
    (hash ^ (hash >> 32)) % shards
}

/// The Throttle: how often lately.
pub mod throttle {
    use serde::{Deserialize, Serialize};

    /// How many Throttles there are.
    pub const SHARDS: u64 = 64;

    /// The Throttle that a key belongs to: one of a fixed set.
    #[must_use]
    pub fn object_name(key: &str) -> String {
        format!("throttle-{}", super::spread(key, SHARDS))
    }

    calls!("THROTTLE",
        /// What a Throttle is asked.
        ThrottleCall {
            /// Counts a key once, if it has been counted less often than `limit`
            /// in this minute. Refused with RATE_LIMITED.
            Take { key: String, limit: u32 } -> ();
            /// Holds a place among those that may be counted, for an attempt
            /// that is being judged. Refused with RATE_LIMITED where as many
            /// have been counted or are being judged.
            Begin { key: String, limit: u32 } -> ();
            /// The attempt is judged, and counts or does not.
            End { key: String, counts: bool } -> ();
        }
    );
}

/// The Directory: names.
pub mod directory {
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
    }

    impl Kind {
        /// How rows spell it.
        #[must_use]
        pub const fn as_str(self) -> &'static str {
            match self {
                Self::User => "user",
                Self::Character => "character",
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
            /// Gives a name up, if this id has it.
            Release { kind: Kind, key: String, id: u64 } -> ();
            /// Who has a name.
            Find { kind: Kind, key: String } -> Option<Named>;
        }
    );
}

/// The Account: who signs in, and what is theirs.
pub mod account {
    use super::directory::Kind;
    use serde::{Deserialize, Serialize};
    use shardlink_shared::{
        crypto::{
            password::{Salt, Verifier},
            token::SessionId,
        },
        ids::{CharacterId, PlayerId},
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
        /// The hub that holds the session's socket, if it was another.
        pub previous_hub: Option<u32>,
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

    /// Sessions that ended, and the hubs that hold their sockets.
    pub type Ended = Vec<(SessionId, u32)>;

    /// A session that has begun.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct SignedIn {
        /// The account's user name, as it was registered.
        pub username: UserName,
        /// When the session ends if it is not used.
        pub expires: Millis,
        /// The sessions that this one ended.
        pub ended: Ended,
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
        /// The hub that holds the session's socket.
        pub hub: Option<u32>,
    }

    /// A password that was changed.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct PasswordChanged {
        /// The sessions that this ended.
        pub ended: Ended,
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
        /// The sessions that this ended.
        pub ended: Ended,
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
            /// Ends a session; the hub that holds its socket.
            EndSession { session: SessionId } -> Option<u32>;
            /// Begins a character; its id. Refused with TOO_MANY_CHARACTERS.
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
            /// Selects a character; the hub that holds the session's socket.
            /// Refused with NOT_YOUR_CHARACTER.
            SelectCharacter { session: SessionId, character: CharacterId } -> Option<u32>;
            /// Begins to delete a character; its name. Refused with NOT_YOUR_CHARACTER.
            BeginDelete { session: SessionId, character: CharacterId } -> CharacterName;
            /// The character is deleted, or could not be.
            FinishDelete { character: CharacterId, deleted: bool } -> ();
            /// Asked by a Directory: whether this account uses a name.
            Settle { kind: Kind, key: String, id: u64 } -> Settlement;
        }
    );
}

/// The Character: a sheet, and where it is.
pub mod character {
    use serde::{Deserialize, Serialize};
    use shardlink_shared::{
        ids::{CharacterId, LocationId, PlayerId},
        protocol::trade::Inventory,
        sheet::Sheet,
    };

    /// A character's object.
    #[must_use]
    pub fn object_name(character: CharacterId) -> String {
        character.to_string()
    }

    /// One stay in the world: what tells it from the stays before and after.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Visit {
        /// The hub.
        pub hub: u32,
        /// The hub's connection, which is random.
        pub connection: u64,
    }

    calls!("CHARACTER",
        /// What a Character is asked.
        CharacterCall {
            /// Makes the character.
            Create { owner: PlayerId, sheet: Sheet } -> ();
            /// Its account lists it: it need not ask.
            Confirm { owner: PlayerId } -> ();
            /// Its sheet.
            Get { owner: PlayerId } -> Sheet;
            /// It enters the world; its sheet.
            Enter { owner: PlayerId, visit: Visit } -> Sheet;
            /// It has come to another location.
            Travel { visit: Visit, location: LocationId } -> ();
            /// Where it is in the world, by the last word of it: the hub knows
            /// whether that still holds.
            Whereabouts { owner: PlayerId } -> Option<Visit>;
            /// It has left the world, from this location.
            Leave { visit: Visit, location: LocationId } -> ();
            /// What it holds.
            GetInventory { owner: PlayerId } -> Inventory;
            /// It is deleted. Refused with CHARACTER_ONLINE, unless it goes
            /// with its whole account.
            Delete { owner: PlayerId, even_online: bool } -> ();
        }
    );
}

/// The Hub: sockets and who stands where.
pub mod hub {
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
            /// The server stops: all sockets are closed, to resume, and none is let in
            /// for some seconds.
            Stop {} -> ();
        }
    );
}

/// The World: what all hubs share.
pub mod world {
    use serde::{Deserialize, Serialize};
    use shardlink_shared::{time::Millis, world::Faction};

    /// The one realm there is.
    pub const REALM: &str = "main";

    /// The realm's object.
    #[must_use]
    pub fn object_name() -> String {
        REALM.to_owned()
    }

    /// Who is there.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
    pub struct Population {
        /// Characters in the world.
        pub players: u32,
        /// Open sockets.
        pub sockets: u32,
    }

    /// The realm as a whole.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Status {
        /// When the realm began.
        pub started: Millis,
        /// Who is in all hubs together.
        pub population: Population,
    }

    /// Something that happened in the realm.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Happening {
        /// What kind of event it is.
        pub event_type: String,
        /// What it is called.
        pub title: String,
        /// What happened.
        pub description: String,
        /// When.
        pub at: Millis,
        /// The faction it is about.
        pub faction: Option<Faction>,
    }

    calls!("WORLD",
        /// What the World is asked.
        WorldCall {
            /// A hub with room, where each holds `capacity` players, by its number.
            Place { capacity: u32 } -> u32;
            /// The numbers of the hubs where somebody is.
            GetHubs {} -> Vec<u32>;
            /// A hub says who is there.
            Report { hub: u32, population: Population } -> ();
            /// The realm as a whole.
            GetStatus {} -> Status;
            /// What happened, the newest first: at most `limit` events, older
            /// than the one of the number `before`.
            GetEvents { before: Option<u64>, limit: u32 } -> Vec<(u64, Happening)>;
        }
    );
}

#[cfg(test)]
mod tests {
    use super::directory::{Kind, SHARDS, object_name};
    use std::collections::HashMap;

    #[test]
    fn names_spread_evenly_over_a_fixed_set_of_directories() {
        let mut counts: HashMap<String, u32> = HashMap::new();
        for n in 0..6_400 {
            *counts.entry(object_name(Kind::User, &format!("player{n}"))).or_default() += 1;
        }
        assert_eq!(counts.len() as u64, SHARDS);
        assert!(counts.values().all(|count| (50..200).contains(count)), "{counts:?}");
    }
}
