//! The bodies of REST, in the first generation's words.

use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::json,
    crypto::{
        password::{Salt, Verifier, unbase64},
        scram::MAX_MESSAGE,
    },
    ids::{CharacterId, PartyId, PlayerId},
    limits::{EVENTS_PAGE, MAX_EVENTS_PAGE, PBKDF2_ITERATIONS},
    protocol::{
        bounded::{Secret, Text},
        character::CharacterCreate,
        chat::WorldAnnouncement,
        party::{LootSharing, PartyCreate, PartyName, PartyReference, PartyUpdate},
    },
    sheet::{Sheet, iso8601},
    text::{CharacterName, Password, UserName},
    time::Millis,
    world::Faction,
};

#[cfg(feature = "schema")]
use shardlink_shared::schema::Iso8601;

/// Where a route's input stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It takes none: a body is not read.
    Nowhere,
    /// In a JSON body.
    Json,
    /// In a JSON body that may be left out.
    OptionalJson,
    /// In the address's query.
    Query,
}

/// What a route takes.
pub trait Body: Sized + Schema {
    /// Where it stands.
    const PLACE: Place;

    /// Reads it: the text of the body, or of the query.
    ///
    /// # Errors
    /// MALFORMED, TOO_DEEP, or INVALID_FIELD with the field.
    fn read(text: &str) -> Result<Self, Refusal>;
}

/// What the OpenAPI document describes, where it is made.
#[cfg(feature = "schema")]
pub trait Schema: schemars::JsonSchema {}
#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> Schema for T {}

/// What the OpenAPI document describes, where it is made: nothing here.
#[cfg(not(feature = "schema"))]
pub trait Schema {}
#[cfg(not(feature = "schema"))]
impl<T> Schema for T {}

macro_rules! json_bodies {
    ($($body:ty),* $(,)?) => {
        $(
            impl Body for $body {
                const PLACE: Place = Place::Json;

                fn read(text: &str) -> Result<Self, Refusal> {
                    json::check_object(text)?;
                    json::read(text)
                }
            }
        )*
    };
}

json_bodies!(
    Credentials,
    ScramStart,
    ScramFinish,
    ScramRegister,
    ChangePassword,
    DeleteAccount,
    Select,
    CharacterCreate,
    PartyCreate,
    PartyReference,
    Invite,
    AdminMute,
    WorldAnnouncement
);

/// Nothing is taken.
#[derive(Debug)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoBody {}

impl Body for NoBody {
    const PLACE: Place = Place::Nowhere;

    fn read(_: &str) -> Result<Self, Refusal> {
        Ok(Self {})
    }
}

/// `POST /api/auth/register` and `/api/auth/login`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Credentials {
    pub username: UserName,
    pub password: Password,
}

/// `POST /api/auth/scram/start`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScramStart {
    /// `n,,n=name,r=nonce`.
    pub client_first: Text<MAX_MESSAGE>,
}

/// What starting answers.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct ScramStarted {
    pub handshake_id: String,
    pub server_first: String,
}

/// `POST /api/auth/scram/finish`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct ScramFinish {
    pub handshake_id: Text<2048>,
    pub client_final: Text<MAX_MESSAGE>,
}

/// What finishing answers: all that signing in answers, and the server's proof.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct ScramFinished {
    pub server_final: String,
    #[serde(flatten)]
    pub session: LoggedIn,
}

/// Base64 of 16 bytes, as it is written: the bits that are left over are 0.
#[cfg(feature = "schema")]
const BASE64_OF_16: &str = "^[A-Za-z0-9+/]{21}[AQgw]==$";

/// Base64 of 32 bytes.
#[cfg(feature = "schema")]
const BASE64_OF_32: &str = "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$";

/// `POST /api/auth/scram/register`: texts are base64.
// Not flattened: then what is wrong would not be named.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScramRegister {
    /// The account's name.
    pub username: UserName,
    /// 16 random bytes.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = BASE64_OF_16)))]
    pub salt: Text<64>,
    /// Exactly 600,000.
    #[cfg_attr(feature = "schema", schemars(range(min = PBKDF2_ITERATIONS, max = PBKDF2_ITERATIONS)))]
    pub iterations: u32,
    /// 32 bytes: SHA-256 of the client's key (RFC 5802 §3).
    #[cfg_attr(feature = "schema", schemars(regex(pattern = BASE64_OF_32)))]
    pub stored_key: Text<64>,
    /// 32 bytes: the server's key (RFC 5802 §3).
    #[cfg_attr(feature = "schema", schemars(regex(pattern = BASE64_OF_32)))]
    pub server_key: Text<64>,
}

impl ScramRegister {
    /// Who registers, and what rests of the password.
    ///
    /// # Errors
    /// INVALID_FIELD with the field.
    pub fn into_verifier(self) -> Result<(UserName, Verifier), Refusal> {
        let Self { username, salt, iterations, stored_key, server_key } = self;
        let verifier = StretchedPassword { salt, iterations, stored_key, server_key }.into_verifier()?;
        Ok((username, verifier))
    }
}

/// A password that the client stretched.
struct StretchedPassword {
    salt: Text<64>,
    iterations: u32,
    stored_key: Text<64>,
    server_key: Text<64>,
}

impl StretchedPassword {
    fn into_verifier(self) -> Result<Verifier, Refusal> {
        fn bytes<const N: usize>(field: &str, text: &Text<64>) -> Result<[u8; N], Refusal> {
            let message = || format!("The field {field} is base64 of {N} bytes.");
            unbase64(text.as_str()).ok_or_else(|| Refusal::field(field, message()))
        }
        if self.iterations != PBKDF2_ITERATIONS {
            let message = format!("The field iterations is exactly {PBKDF2_ITERATIONS}.");
            return Err(Refusal::field("iterations", message));
        }
        let salt: Salt = bytes("salt", &self.salt)?;
        Ok(Verifier {
            salt,
            iterations: self.iterations,
            stored_key: bytes("stored_key", &self.stored_key)?,
            server_key: bytes("server_key", &self.server_key)?,
        })
    }
}

/// `POST /api/auth/password`: the old password and the new one; or the end of a
/// SCRAM exchange for the old one, and what the new one was stretched to.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangePassword {
    /// The old password.
    #[serde(default)]
    pub old_password: Option<Password>,
    /// The new password.
    #[serde(default)]
    pub new_password: Option<Password>,
    /// Of the SCRAM exchange.
    #[serde(default)]
    pub handshake_id: Option<Text<2048>>,
    /// Of the SCRAM exchange.
    #[serde(default)]
    pub client_final: Option<Text<MAX_MESSAGE>>,
    /// Of the new password: base64 of 16 bytes.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = BASE64_OF_16)))]
    pub salt: Option<Text<64>>,
    /// Of the new password: exactly 600,000.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = PBKDF2_ITERATIONS, max = PBKDF2_ITERATIONS)))]
    pub iterations: Option<u32>,
    /// Of the new password: base64 of 32 bytes.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = BASE64_OF_32)))]
    pub stored_key: Option<Text<64>>,
    /// Of the new password: base64 of 32 bytes.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = BASE64_OF_32)))]
    pub server_key: Option<Text<64>>,
}

/// What shows that the old password is known.
#[derive(Debug)]
pub enum OldPassword {
    /// The password.
    Plain(Password),
    /// A SCRAM exchange: its handshake and what the client says last.
    Scram(Text<2048>, Text<MAX_MESSAGE>),
}

fn wanted<T>(field: &'static str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::field(field, format!("The field {field} is missing.")))
}

impl ChangePassword {
    /// The proof of the old password, and the new one: plain, or stretched.
    ///
    /// # Errors
    /// INVALID_FIELD with the field that is missing or wrong.
    pub fn into_parts(self) -> Result<(OldPassword, Result<Password, Verifier>), Refusal> {
        let Some(handshake) = self.handshake_id else {
            let old = wanted("old_password", self.old_password)?;
            return Ok((OldPassword::Plain(old), Ok(wanted("new_password", self.new_password)?)));
        };
        let old = OldPassword::Scram(handshake, wanted("client_final", self.client_final)?);
        let stretched = StretchedPassword {
            salt: wanted("salt", self.salt)?,
            iterations: wanted("iterations", self.iterations)?,
            stored_key: wanted("stored_key", self.stored_key)?,
            server_key: wanted("server_key", self.server_key)?,
        };
        Ok((old, Err(stretched.into_verifier()?)))
    }
}

/// `DELETE /api/auth/account`: the password, or the end of a SCRAM exchange.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeleteAccount {
    /// The password.
    #[serde(default)]
    pub password: Option<Password>,
    /// Of the SCRAM exchange.
    #[serde(default)]
    pub handshake_id: Option<Text<2048>>,
    /// Of the SCRAM exchange.
    #[serde(default)]
    pub client_final: Option<Text<MAX_MESSAGE>>,
}

impl DeleteAccount {
    /// The proof.
    ///
    /// # Errors
    /// INVALID_FIELD with the field that is missing.
    pub fn into_proof(self) -> Result<OldPassword, Refusal> {
        match self.handshake_id {
            Some(handshake) => Ok(OldPassword::Scram(handshake, wanted("client_final", self.client_final)?)),
            None => wanted("password", self.password).map(OldPassword::Plain),
        }
    }
}

/// `POST /api/auth/logout`: the token here or in the header.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Logout {
    /// The session's token.
    #[serde(default)]
    pub session_token: Option<Secret<256>>,
}

impl Body for Logout {
    const PLACE: Place = Place::OptionalJson;

    fn read(text: &str) -> Result<Self, Refusal> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        json::check_object(text)?;
        json::read(text)
    }
}

/// The query of `GET /api/world/events`.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventsQuery {
    /// How many at most: 1 to 200, 50 if absent.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_EVENTS_PAGE)))]
    pub limit: u32,
    /// Where the last page ended: its `next_cursor`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub cursor: Option<u64>,
}

impl Body for EventsQuery {
    const PLACE: Place = Place::Query;

    fn read(query: &str) -> Result<Self, Refusal> {
        let mut read = Self { limit: EVENTS_PAGE, cursor: None };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MAX_EVENTS_PAGE).contains(limit));
                    let message = || format!("The field limit is an integer from 1 to {MAX_EVENTS_PAGE}.");
                    read.limit = limit.ok_or_else(|| Refusal::field("limit", message()))?;
                }
                "cursor" => {
                    let message = "The field cursor is the next_cursor of an earlier answer.";
                    read.cursor = Some(value.parse().map_err(|_| Refusal::field("cursor", message))?);
                }
                // Unknown fields are ignored, here as elsewhere.
                _ => {}
            }
        }
        Ok(read)
    }
}

/// `POST /api/characters/select`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Select {
    pub character_id: CharacterId,
}

/// What registering answers.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Registered {
    pub success: bool,
    pub message: &'static str,
    pub player_id: PlayerId,
}

/// What signing in answers.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct LoggedIn {
    pub success: bool,
    pub session_token: String,
    pub player_id: PlayerId,
    pub username: UserName,
    pub message: &'static str,
    #[serde(with = "iso8601")]
    #[cfg_attr(feature = "schema", schemars(with = "Iso8601"))]
    pub expires_at: Millis,
}

/// What `GET /api/auth/session` answers.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct SessionInfo {
    pub success: bool,
    pub player_id: PlayerId,
    pub username: UserName,
    pub character_id: Option<CharacterId>,
    #[serde(with = "iso8601")]
    #[cfg_attr(feature = "schema", schemars(with = "Iso8601"))]
    pub expires_at: Millis,
}

/// A password that was changed.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct PasswordChanged {
    pub success: bool,
    pub message: &'static str,
    /// The server's proof that it knew the old one, where SCRAM was the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_final: Option<String>,
}

/// What happened in the realm.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Events {
    /// The newest first.
    pub events: Vec<Event>,
    /// What to ask the next page with; absent after the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Something that happened.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// Its number in the log, as text.
    pub id: String,
    /// What kind of event it is.
    pub event_type: String,
    /// What it is called.
    pub title: String,
    /// What happened.
    pub description: String,
    /// When.
    #[serde(with = "iso8601")]
    #[cfg_attr(feature = "schema", schemars(with = "Iso8601"))]
    pub timestamp: Millis,
    /// The faction it is about.
    pub faction: Option<Faction>,
}

/// `GET /readyz`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ready {
    /// Always true: otherwise the answer is a problem.
    pub ready: bool,
}

/// That it worked.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Done {
    pub success: bool,
    pub message: &'static str,
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

/// `GET /api/status`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct StatusBody {
    pub status: &'static str,
    pub version: &'static str,
    pub active_players: u32,
    pub active_sessions: u32,
    pub websocket_connections: u32,
    /// Seconds since the realm began.
    pub uptime: u64,
}

/// `POST /api/party/invite`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invite {
    /// The party one leads.
    pub party_id: PartyId,
    /// Who is invited.
    pub invitee_id: CharacterId,
}

/// A party that was founded.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct PartyFounded {
    pub success: bool,
    pub party_id: PartyId,
    pub party_name: Option<PartyName>,
}

/// A party.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartyBody {
    /// The party.
    pub id: PartyId,
    /// Its name.
    pub party_name: Option<PartyName>,
    /// Who leads it.
    pub leader_id: CharacterId,
    /// Always true: a party that has ended is not found.
    pub is_active: bool,
    /// How many members it may have.
    pub max_members: u8,
    /// How many it has.
    pub member_count: usize,
    /// The loot rule.
    pub loot_sharing: LootSharing,
    /// The longest first.
    pub members: Vec<PartyMemberBody>,
}

/// A member of a party.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartyMemberBody {
    /// Who.
    pub character_id: CharacterId,
    /// Its name.
    pub name: CharacterName,
    /// Whether it is in the world.
    pub online: bool,
}

impl From<PartyUpdate> for PartyBody {
    fn from(update: PartyUpdate) -> Self {
        let members = update.member_ids.iter().zip(update.member_names.iter());
        let members = members.map(|(id, name)| PartyMemberBody {
            character_id: *id,
            name: name.clone(),
            online: update.online.contains(id),
        });
        Self {
            id: update.party_id,
            leader_id: update.leader_id,
            is_active: true,
            max_members: update.max_members,
            member_count: update.member_ids.len(),
            loot_sharing: update.loot_sharing,
            members: members.collect(),
            party_name: update.party_name,
        }
    }
}

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

/// A year in seconds.
pub const YEAR: u32 = 365 * 24 * 60 * 60;

/// A failure: RFC 9457 and the first generation's members side by side.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Problem {
    #[serde(rename = "type")]
    pub problem_type: String,
    pub title: &'static str,
    #[cfg_attr(feature = "schema", schemars(range(min = 400, max = 599)))]
    pub status: u16,
    pub detail: String,
    pub instance: String,
    pub code: ErrorCode,
    pub request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<f64>,
    pub success: bool,
    pub message: String,
    pub error: String,
}

/// A field at fault.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct FieldProblem {
    pub field: String,
    pub message: String,
}

impl Problem {
    /// The body of a refusal; `instance` is the path that was asked.
    #[must_use]
    pub fn of(refusal: &Refusal, instance: &str, request_id: String) -> Self {
        let info = refusal.code.info();
        let sentence = refusal.sentence().to_owned();
        Self {
            problem_type: format!("urn:shardlink:error:{}", info.code),
            title: info.meaning,
            status: info.status,
            detail: sentence.clone(),
            instance: Text::<256>::cut(instance).as_str().to_owned(),
            code: refusal.code,
            request_id,
            errors: refusal
                .field
                .iter()
                .map(|field| FieldProblem { field: field.clone(), message: sentence.clone() })
                .collect(),
            retry_after: refusal.retry_after,
            success: false,
            message: sentence.clone(),
            error: sentence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_members_of_both_generations() {
        let refusal = Refusal::new(ErrorCode::NameTaken).at("username");
        let problem = serde_json::to_value(Problem::of(&refusal, "/api/auth/register", "r1".into())).unwrap();
        assert_eq!(problem["type"], "urn:shardlink:error:NAME_TAKEN");
        assert_eq!(problem["status"], 409);
        assert_eq!(problem["code"], "NAME_TAKEN");
        assert_eq!(problem["success"], false);
        assert_eq!(problem["message"], problem["error"]);
        assert_eq!(problem["errors"][0]["field"], "username");
    }

    #[test]
    fn credentials_are_read_and_a_bad_one_names_its_field() {
        use shardlink_shared::codec::json::read;
        assert!(read::<Credentials>(r#"{"username":"aria","password":"hunter22"}"#).is_ok());
        let field = |body| read::<Credentials>(body).unwrap_err().field;
        assert_eq!(field(r#"{"username":"a","password":"hunter22"}"#).as_deref(), Some("username"));
        assert_eq!(field(r#"{"username":"aria","password":"short"}"#).as_deref(), Some("password"));
        assert_eq!(field(r#"{"username":"aria"}"#).as_deref(), Some("password"));
    }

    #[test]
    fn a_password_is_changed_by_telling_both_or_by_scram_and_what_is_missing_is_named() {
        let parts = |body: &str| ChangePassword::read(body).unwrap().into_parts();
        let plain = parts(r#"{"old_password":"hunter22","new_password":"hunter23"}"#);
        assert!(matches!(plain, Ok((OldPassword::Plain(_), Ok(_)))));
        let key = "A".repeat(43);
        let scram = format!(
            r#"{{"handshake_id":"h","client_final":"c","salt":"AAAAAAAAAAAAAAAAAAAAAA==","iterations":600000,"stored_key":"{key}=","server_key":"{key}="}}"#
        );
        assert!(matches!(parts(&scram), Ok((OldPassword::Scram(..), Err(_)))));
        let field = |body: &str| parts(body).unwrap_err().field.unwrap();
        assert_eq!(field("{}"), "old_password");
        assert_eq!(field(r#"{"old_password":"hunter22"}"#), "new_password");
        assert_eq!(field(r#"{"handshake_id":"h"}"#), "client_final");
        assert_eq!(field(r#"{"handshake_id":"h","client_final":"c"}"#), "salt");
        assert_eq!(field(&scram.replace("600000", "599999")), "iterations");
    }

    #[test]
    fn a_page_of_events_has_bounds_and_a_cursor() {
        let read = |query| EventsQuery::read(query).map_err(|refusal| refusal.field.unwrap());
        assert_eq!(read(""), Ok(EventsQuery { limit: 50, cursor: None }));
        assert_eq!(read("limit=2&cursor=17&other=1"), Ok(EventsQuery { limit: 2, cursor: Some(17) }));
        for query in ["limit=0", "limit=201", "limit=-1", "limit=many"] {
            assert_eq!(read(query), Err("limit".into()), "{query}");
        }
        assert_eq!(read("cursor=x"), Err("cursor".into()));
    }
}
