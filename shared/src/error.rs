//! The one table of errors: REST, sockets, the client and the documents read it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Cow, fmt};

/// Whether the same request may succeed later without the player doing anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It will be refused again.
    No,
    /// After the time the answer names, or a short pause.
    Later,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct ErrorInfo {
    /// The code on the wire.
    pub code: &'static str,
    /// What it means, in a sentence a player may read.
    pub meaning: &'static str,
    /// The HTTP status of a REST answer.
    pub status: u16,
    /// The close code, where the error ends a socket.
    pub close: Option<u16>,
    /// Whether trying again helps.
    pub retry: Retry,
}

macro_rules! errors {
    ($($variant:ident, $code:literal, $status:literal, $close:expr, $retry:ident, $meaning:literal;)*) => {
        /// What was refused, and why.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum ErrorCode {
            $(#[doc = $meaning] #[cfg_attr(feature = "schema", schemars(rename = $code))] $variant,)*
        }

        impl ErrorCode {
            /// All codes, in the table's order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code's row of the table.
            #[must_use]
            pub const fn info(self) -> ErrorInfo {
                match self {
                    $(Self::$variant => ErrorInfo {
                        code: $code,
                        meaning: $meaning,
                        status: $status,
                        close: $close,
                        retry: Retry::$retry,
                    },)*
                }
            }
        }
    };
}

errors! {
    // Could not be decoded: `invalid_message`, HTTP 400 or 422.
    Malformed, "MALFORMED", 400, Some(4008), No, "The message is not valid JSON or not a valid binary frame.";
    UnknownType, "UNKNOWN_TYPE", 400, Some(4008), No, "The message's type is missing or unknown.";
    NotAllowed, "NOT_ALLOWED", 400, Some(4008), No, "Only the server sends messages of this type.";
    InvalidField, "INVALID_FIELD", 422, Some(4008), No, "A field is missing, of the wrong type or out of bounds.";
    TooDeep, "TOO_DEEP", 400, Some(4008), No, "The message nests more than 16 levels deep.";
    TooLarge, "TOO_LARGE", 413, Some(4008), No, "The message is larger than allowed.";
    RequestTimeout, "REQUEST_TIMEOUT", 408, None, Later, "The request did not arrive in time. Send it again.";
    UnsupportedVersion, "UNSUPPORTED_VERSION", 400, None, No, "This major version of the protocol is not supported.";

    // Understood and refused, because of who is asking.
    Unauthenticated, "UNAUTHENTICATED", 401, Some(4001), No, "Sign in first.";
    BadCredentials, "BAD_CREDENTIALS", 401, None, No, "The user name or the password is wrong.";
    SessionExpired, "SESSION_EXPIRED", 401, Some(4004), No, "The session has ended. Sign in again.";
    InvalidTicket, "INVALID_TICKET", 401, Some(4001), No, "The ticket is invalid, used or expired.";
    OriginRefused, "ORIGIN_REFUSED", 403, None, No, "Pages of this origin may not connect.";
    NotYourCharacter, "NOT_YOUR_CHARACTER", 403, None, No, "This is not one of your characters.";
    NoCharacter, "NO_CHARACTER", 409, None, No, "Select a character first.";
    AlreadyAuthenticated, "ALREADY_AUTHENTICATED", 409, None, No, "This connection is signed in already.";
    CharacterOnline, "CHARACTER_ONLINE", 409, None, No, "The character is in the world. Leave the world first.";

    // Accounts and characters.
    NameTaken, "NAME_TAKEN", 409, None, No, "This name is taken.";
    NameReserved, "NAME_RESERVED", 409, None, No, "This name is reserved.";
    TooManyCharacters, "TOO_MANY_CHARACTERS", 409, None, No, "An account has at most 10 characters.";

    // Movement.
    UnknownLocation, "UNKNOWN_LOCATION", 404, None, No, "There is no such location.";
    NotAdjacent, "NOT_ADJACENT", 409, None, No, "There is no way there from here.";
    NotThere, "NOT_THERE", 409, None, No, "Your character is not in the location you named.";
    MoveRejected, "MOVE_REJECTED", 409, None, No, "Your character cannot have moved there.";

    // Chat.
    Empty, "EMPTY", 422, None, No, "There is nothing to read in this text.";
    TooLong, "TOO_LONG", 422, None, No, "The text is too long.";
    RecipientOffline, "RECIPIENT_OFFLINE", 409, None, No, "The recipient is not in the world.";
    Muted, "MUTED", 403, None, No, "You have been silenced and may not speak.";
    TooManyMuted, "TOO_MANY_MUTED", 409, None, No, "You have muted 100 characters already.";

    // Parties.
    NotInParty, "NOT_IN_PARTY", 409, None, No, "You are not in a party.";
    AlreadyInParty, "ALREADY_IN_PARTY", 409, None, No, "The character is in a party already.";
    NotLeader, "NOT_LEADER", 403, None, No, "Only the party's leader may do this.";
    PartyFull, "PARTY_FULL", 409, None, No, "The party is full.";

    // Combat.
    InCombat, "IN_COMBAT", 409, None, No, "Not while your character is fighting.";
    NotInCombat, "NOT_IN_COMBAT", 409, None, No, "Your character is not in this fight.";
    NotYourTurn, "NOT_YOUR_TURN", 409, None, No, "It is not your turn.";
    InvalidTarget, "INVALID_TARGET", 409, None, No, "This target cannot be chosen.";
    SafeZone, "SAFE_ZONE", 409, None, No, "Nobody fights here.";

    // Trade and items.
    Busy, "BUSY", 409, None, Later, "The character is busy.";
    NotEnough, "NOT_ENOUGH", 409, None, No, "You do not have that much.";
    NotUsable, "NOT_USABLE", 409, None, No, "This item cannot be used like that.";
    OutdatedOffer, "OUTDATED_OFFER", 409, None, No, "The offers have changed since.";

    // What this server does not do.
    NotAvailable, "NOT_AVAILABLE", 501, None, No, "This server does not offer that.";

    // REST.
    NotFound, "NOT_FOUND", 404, None, No, "There is no such thing.";
    MethodNotAllowed, "METHOD_NOT_ALLOWED", 405, None, No, "This address does not answer to this method.";
    UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", 415, None, No, "Send JSON, with Content-Type: application/json.";
    UpgradeRequired, "UPGRADE_REQUIRED", 426, None, No, "This address speaks WebSocket.";

    // Pace and room.
    RateLimited, "RATE_LIMITED", 429, Some(4029), Later, "Too many requests. Wait a moment.";
    Overloaded, "OVERLOADED", 503, Some(1013), Later, "The server is too busy right now. Try again shortly.";
    Internal, "INTERNAL", 500, Some(1011), Later, "Something went wrong on the server. Nothing was lost.";
    StorageCorrupt, "STORAGE_CORRUPT", 503, None, No, "This data is damaged. Whoever runs this realm has to restore it from a backup.";

    NotConfigured, "NOT_CONFIGURED", 500, None, No, "The server is not configured. Its log says what is missing.";

    // Why a socket was closed.
    SignedInElsewhere, "SIGNED_IN_ELSEWHERE", 401, Some(4002), No, "Signed in elsewhere.";
    Banned, "BANNED", 403, Some(4003), No, "This account is banned.";
    LoggedOut, "LOGGED_OUT", 401, Some(4004), No, "Logged out.";
    TooSlow, "TOO_SLOW", 503, Some(4012), Later, "The connection could not keep up. Resume.";
    Restarting, "RESTARTING", 503, Some(1012), Later, "The server restarts. Resume.";
}

impl ErrorCode {
    /// The code on the wire, such as `NAME_TAKEN`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.info().code
    }

    /// The code written like this on the wire.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// The code that a server wrote; [`Self::Internal`] for one that only a newer server
    /// knows, `None` for what cannot be a code.
    #[must_use]
    pub fn of_wire(text: &str) -> Option<Self> {
        let is_code = || text.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        Self::parse(text).or_else(|| is_code().then_some(Self::Internal))
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::of_wire(&text).ok_or_else(|| de::Error::custom("must be an error code"))
    }
}

/// Something understood and refused: a code, and what else helps to put it right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// What was refused, and why.
    pub code: ErrorCode,
    /// A sentence for the player, where the table's is not precise enough.
    pub message: Option<String>,
    /// The field that is at fault.
    pub field: Option<String>,
    /// Seconds after which trying again may succeed.
    pub retry_after: Option<f64>,
    /// Other fields that are at fault as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<FieldProblem>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FieldProblem {
    /// The field's name; for a field inside another the whole path, such as `position.x`.
    pub field: String,
    /// A sentence for the player.
    pub message: String,
}

impl Refusal {
    /// The code with the table's own sentence.
    #[must_use]
    pub const fn new(code: ErrorCode) -> Self {
        Self { code, message: None, field: None, retry_after: None, also: Vec::new() }
    }

    /// A field that is missing, of the wrong type or out of bounds.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: Some(field.into()), message: Some(message.into()), ..Self::new(ErrorCode::InvalidField) }
    }

    /// The same with a sentence of its own.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// The same with the field at fault.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same with the seconds to wait.
    #[must_use]
    pub fn after(mut self, seconds: f64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The same with the fields of other refusals. A field that several name appears once, with
    /// the sentence of the first.
    #[must_use]
    pub fn and(mut self, others: impl IntoIterator<Item = Self>) -> Self {
        for other in others {
            let known: Vec<_> = self.problems().into_iter().map(|problem| problem.field).collect();
            self.also.extend(other.problems().into_iter().filter(|problem| !known.contains(&problem.field)));
        }
        self
    }

    /// All fields that are at fault.
    #[must_use]
    pub fn problems(&self) -> Vec<FieldProblem> {
        let first =
            self.field.iter().map(|field| FieldProblem { field: field.clone(), message: self.sentence().to_owned() });
        first.chain(self.also.iter().cloned()).collect()
    }

    /// The sentence for the player.
    #[must_use]
    pub fn sentence(&self) -> &str {
        self.message.as_deref().unwrap_or(self.code.info().meaning)
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.sentence())
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_reads_back() {
        for (index, code) in ErrorCode::ALL.iter().enumerate() {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
            assert_eq!(ErrorCode::ALL.iter().position(|other| other.as_str() == code.as_str()), Some(index));
        }
    }

    #[test]
    fn every_row_has_an_http_status_of_failure_and_a_sentence() {
        for code in ErrorCode::ALL {
            let info = code.info();
            assert!((400..600).contains(&info.status), "{code}");
            assert!(info.meaning.ends_with('.'), "{code}");
            assert!(info.close.is_none_or(|close| (1000..5000).contains(&close)), "{code}");
        }
    }

    #[test]
    fn a_refusal_tells_each_field_at_fault_once() {
        let [name, race, class] =
            ["name", "race", "class"].map(|field| Refusal::field(field, format!("{field} is bad.")));
        let all = name.clone().and([race.clone().and([class]), race, name]);
        let fields: Vec<_> = all.problems().into_iter().map(|problem| problem.field).collect();
        assert_eq!((all.sentence(), fields), ("name is bad.", vec!["name".into(), "race".into(), "class".into()]));
        assert_eq!(Refusal::new(ErrorCode::NotFound).problems(), []);
    }

    #[test]
    fn a_refusal_of_an_older_build_is_read_and_one_field_is_written_as_it_was() {
        let older = r#"{"code":"NAME_TAKEN","message":null,"field":"name","retry_after":null}"#;
        let refusal: Refusal = serde_json::from_str(older).unwrap();
        assert_eq!(refusal, Refusal::new(ErrorCode::NameTaken).at("name"));
        assert_eq!(serde_json::to_string(&refusal).unwrap(), older);
    }

    #[test]
    fn a_code_of_a_newer_server_reads_as_internal() {
        let code: ErrorCode = serde_json::from_str("\"SOMETHING_NEW\"").unwrap();
        assert_eq!(code, ErrorCode::Internal);
        assert!(serde_json::from_str::<ErrorCode>("\"no code\"").is_err());
    }
}
