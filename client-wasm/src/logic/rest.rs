//! What REST requests say and what their answers mean.

use super::failure::Failure;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use shardlink_shared::{
    Refusal,
    codec::{
        json,
        table::{Field, Kind, Wire},
    },
    error::ErrorCode,
    ids::{CharacterId, LocationId, PlayerId, ShardId},
    limits::MAX_CHARACTERS,
    protocol::{
        bounded::{List, Secret, Text},
        world::ShardCounts,
    },
    sheet::Sheet,
    world::{Faction, Reality},
};
use std::borrow::Cow;

/// The routes.
pub mod path {
    #![allow(missing_docs)] // They are the contract's.
    pub const SCRAM_REGISTER: &str = "/api/auth/scram/register";
    pub const SCRAM_START: &str = "/api/auth/scram/start";
    pub const SCRAM_FINISH: &str = "/api/auth/scram/finish";
    pub const LOGOUT: &str = "/api/auth/logout";
    pub const SESSION: &str = "/api/auth/session";
    pub const PASSWORD: &str = "/api/auth/password";
    pub const ACCOUNT: &str = "/api/auth/account";
    pub const CHARACTERS: &str = "/api/characters";
    pub const SELECT: &str = "/api/characters/select";
    pub const TICKET: &str = "/api/ws/ticket";
    pub const WORLD_STATE: &str = "/api/world/state";
    pub const EVENTS: &str = "/api/world/events";
    pub const SHARDS: &str = "/api/world/shards";
}

/// A session's token or a ticket: only letters, digits, `_`, `-` and `.`, so
/// that it can stand in a header and in a subprotocol as it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Token(Secret<512>);

impl Token {
    /// The token written like this.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let plain = !text.is_empty() && text.chars().all(allowed);
        Secret::parse(text).ok().filter(|_| plain).map(Self)
    }

    /// The token itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl TryFrom<String> for Token {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text).ok_or("must be a token")
    }
}

/// The body of creating a character, as the player wrote it: the server judges.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct NewCharacter<'a> {
    pub name: &'a str,
    pub race: &'a str,
    pub class: &'a str,
    pub faction: &'a str,
}

/// The body of selecting a character.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct Select {
    pub character_id: CharacterId,
}

/// A new account.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all(serialize = "camelCase"))]
#[allow(missing_docs)]
pub struct Registered {
    pub player_id: PlayerId,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all(serialize = "camelCase"))]
pub struct Account {
    /// As its owner wrote it.
    pub username: Text<64>,
    /// Its id.
    pub player_id: PlayerId,
    /// The character it has selected.
    #[serde(default)]
    pub character_id: Option<CharacterId>,
}

// Games are told these in camel case.
impl Wire for Registered {
    const KIND: &'static Kind = &Kind::Struct(&[Field { name: "playerId", kind: PlayerId::KIND, default: false }]);
}

impl Wire for Account {
    const KIND: &'static Kind = &Kind::Struct(&[
        Field { name: "username", kind: Text::<64>::KIND, default: false },
        Field { name: "playerId", kind: PlayerId::KIND, default: false },
        Field { name: "characterId", kind: Option::<CharacterId>::KIND, default: false },
    ]);
}

/// The account's characters.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Characters {
    pub characters: List<Sheet, MAX_CHARACTERS>,
}

/// A character that was made.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Made {
    pub character: Sheet,
}

/// The answer to selecting a character and to asking for a ticket.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Ticket {
    pub ticket: Token,
}

/// The state of the realm.
#[derive(Debug, Deserialize, Serialize, Wire)]
#[allow(missing_docs)]
pub struct WorldState {
    pub current_reality: Reality,
    /// 0 to 100.
    pub reality_stability: f64,
    /// By the faction's name.
    #[serde(default)]
    pub faction_shard_counts: ShardCounts,
    #[serde(default)]
    pub dominant_faction: Option<Faction>,
    #[serde(default)]
    pub active_players: u32,
    #[serde(default)]
    pub total_aetherfalls: u64,
}

/// The path of a page of events.
///
/// # Errors
/// INVALID_FIELD.
pub fn events_path(limit: Option<f64>, cursor: Option<&str>) -> Result<String, Failure> {
    let mut path = format!("{}?", path::EVENTS);
    if let Some(limit) = limit {
        if limit.fract() != 0.0 || !(1.0..=200.0).contains(&limit) {
            return Err(Refusal::field("limit", "The limit must be an integer from 1 to 200.").into());
        }
        path.push_str(&format!("limit={}&", limit as u32));
    }
    if let Some(cursor) = cursor {
        if !cursor.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Refusal::field("cursor", "The cursor must be an earlier answer's.").into());
        }
        path.push_str(&format!("cursor={cursor}"));
    }
    Ok(path)
}

/// A page of what happened in the realm.
#[derive(Debug, Deserialize, Serialize, Wire)]
#[allow(missing_docs)]
pub struct Events {
    pub events: List<WorldEvent, 200>,
    /// What to ask the next page with.
    #[serde(default)]
    pub next_cursor: Option<Text<64>>,
}

/// Something that happened.
#[derive(Debug, Deserialize, Serialize, Wire)]
#[allow(missing_docs)]
pub struct WorldEvent {
    pub id: Text<64>,
    pub event_type: Text<64>,
    pub title: Text<256>,
    #[serde(default)]
    pub description: Text<1024>,
    /// ISO 8601.
    pub timestamp: Text<32>,
    #[serde(default)]
    pub faction: Option<Faction>,
}

/// The shards.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Shards {
    pub shards: List<ShardState, 64>,
}

/// A shard and who holds it.
#[derive(Debug, Deserialize, Serialize, Wire)]
#[allow(missing_docs)]
pub struct ShardState {
    pub id: ShardId,
    pub shard_number: u32,
    pub name: Text<64>,
    #[serde(default)]
    pub description: Text<512>,
    pub location_id: LocationId,
    #[serde(default)]
    pub is_captured: bool,
    #[serde(default)]
    pub owning_faction: Option<Faction>,
    #[serde(default)]
    pub guardian_name: Text<64>,
    #[serde(default)]
    pub guardian_defeated: bool,
    #[serde(default)]
    pub power_level: u32,
}

/// The largest body that is read, in bytes: ten characters are under 10 KiB.
const LARGEST: usize = 1024 * 1024;

/// An answer as it came.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header Retry-After.
    pub retry_after: Option<&'a str>,
    /// The body.
    pub body: &'a str,
}

#[derive(Deserialize)]
struct Problem<'a> {
    #[serde(borrow)]
    code: Cow<'a, str>,
    #[serde(borrow, default)]
    detail: Option<Cow<'a, str>>,
    #[serde(default)]
    errors: Vec<FieldProblem>,
    #[serde(default)]
    retry_after: Option<f64>,
}

#[derive(Deserialize)]
struct FieldProblem {
    field: String,
    #[serde(default)]
    message: String,
}

impl Answer<'_> {
    /// The answer of a request that succeeded.
    ///
    /// # Errors
    /// What the server refused; BAD_RESPONSE for a body that cannot be the answer to such a
    /// request.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Failure> {
        self.success()?;
        if self.body.len() > LARGEST || json::check_object(self.body).is_err() {
            return Err(Failure::bad_response());
        }
        serde_json::from_str(self.body).map_err(|_| Failure::bad_response())
    }

    /// Checks that the request succeeded, whatever it answered.
    ///
    /// # Errors
    /// What the server refused.
    pub fn success(self) -> Result<(), Failure> {
        if (200..300).contains(&self.status) { Ok(()) } else { Err(self.failure()) }
    }

    fn failure(self) -> Failure {
        let retry_after = self.retry_after.and_then(|text| text.trim().parse::<f64>().ok());
        let wait = |seconds: Option<f64>| seconds.or(retry_after).filter(|s| s.is_finite() && *s >= 0.0);
        match serde_json::from_str::<Problem<'_>>(self.body) {
            Ok(problem) if is_code(&problem.code) => {
                let first = problem.errors.into_iter().next();
                let meaning =
                    || ErrorCode::parse(&problem.code).map_or("The request failed.", |code| code.info().meaning);
                let detail = problem.detail.as_deref().filter(|detail| !detail.is_empty());
                let of_field =
                    first.as_ref().map(|first| first.message.as_str()).filter(|message| !message.is_empty());
                Failure {
                    message: detail.or(of_field).unwrap_or_else(meaning).to_owned(),
                    code: Cow::Owned(problem.code.into_owned()),
                    field: first.map(|first| first.field),
                    retry_after: wait(problem.retry_after),
                }
            }
            // A proxy whose server is away answers like this.
            _ if matches!(self.status, 502..=504) => Failure { retry_after: wait(None), ..Failure::unreachable() },
            _ => Failure { retry_after: wait(None), ..Failure::bad_response() },
        }
    }
}

fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer<'_> {
        Answer { status, retry_after: None, body }
    }

    #[test]
    fn a_token_that_could_break_out_of_a_header_is_none() {
        for text in ["", "a b", "a\nX: y", "ä", "a,b"] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
        assert_eq!(format!("{:?}", Token::parse("t1_a-b").unwrap()), "Token(Secret(..))");
    }

    #[test]
    fn a_problem_gives_its_code_field_and_wait() {
        let body = r#"{"type":"about:blank","title":"x","status":422,"code":"INVALID_FIELD","detail":"",
            "errors":[{"field":"username","message":"must be longer"}],"success":false}"#;
        let failure = answer(422, body).read::<Registered>().unwrap_err();
        assert_eq!((failure.code.as_ref(), failure.field.as_deref()), ("INVALID_FIELD", Some("username")));
        assert_eq!(failure.message, "must be longer");

        let body = r#"{"code":"RATE_LIMITED","detail":"Wait."}"#;
        let limited = Answer { retry_after: Some("30"), ..answer(429, body) }.success().unwrap_err();
        assert_eq!((limited.retry_after, limited.message.as_str()), (Some(30.0), "Wait."));
        let exact = r#"{"code":"RATE_LIMITED","retry_after":2.5}"#;
        assert_eq!(answer(429, exact).success().unwrap_err().retry_after, Some(2.5));
    }

    #[test]
    fn a_code_of_a_newer_server_is_kept() {
        let failure = answer(409, r#"{"code":"SOMETHING_NEW","detail":"Well."}"#).success().unwrap_err();
        assert_eq!((failure.code.as_ref(), failure.message.as_str()), ("SOMETHING_NEW", "Well."));
        assert!(!failure.may_retry());
    }

    #[test]
    fn what_is_no_answer_of_ours_is_a_bad_response_and_a_proxys_error_unreachable() {
        for body in ["", "<html>", "[]", "{}", r#"{"player_id":0}"#, r#"{"player_id":"7"}"#] {
            assert_eq!(answer(200, body).read::<Registered>().unwrap_err().code, "BAD_RESPONSE", "{body}");
        }
        assert_eq!(answer(404, "<html>").success().unwrap_err().code, "BAD_RESPONSE");
        assert_eq!(answer(502, "<html>").success().unwrap_err().code, "UNREACHABLE");
        assert_eq!(answer(400, r#"{"code":"<b>"}"#).success().unwrap_err().code, "BAD_RESPONSE");
    }

    #[test]
    fn the_state_of_the_world_is_read_with_what_is_missing_left_out() {
        let body = r#"{"current_reality":"Neutral","reality_stability":100,"faction_shard_counts":{"Shadowborn":2},
            "dominant_faction":null,"active_players":3,"total_aetherfalls":0,"more":1}"#;
        let state: WorldState = answer(200, body).read().unwrap();
        assert_eq!((state.active_players, state.faction_shard_counts.0[Faction::Shadowborn as usize]), (3, 2));
    }
}
