//! The bodies of REST, in the first generation's words.

use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::{
        password::{Verifier, unbase64},
        scram::MAX_MESSAGE,
    },
    ids::{CharacterId, PlayerId},
    limits::PBKDF2_ITERATIONS,
    protocol::bounded::{Secret, Text},
    sheet::{Sheet, iso8601},
    text::{Password, UserName},
    time::Millis,
};

/// `POST /api/auth/register` and `/api/auth/login`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Credentials {
    pub username: UserName,
    pub password: Password,
}

/// `POST /api/auth/scram/start`.
#[derive(Debug, Deserialize)]
pub struct ScramStart {
    /// `n,,n=name,r=nonce`.
    pub client_first: Text<MAX_MESSAGE>,
}

/// What starting answers.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct ScramStarted {
    pub handshake_id: String,
    pub server_first: String,
}

/// `POST /api/auth/scram/finish`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct ScramFinish {
    pub handshake_id: Text<2048>,
    pub client_final: Text<MAX_MESSAGE>,
}

/// What finishing answers: all that signing in answers, and the server's proof.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct ScramFinished {
    pub server_final: String,
    #[serde(flatten)]
    pub session: LoggedIn,
}

/// `POST /api/auth/scram/register`: texts are base64.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct ScramRegister {
    pub username: UserName,
    pub salt: Text<64>,
    pub iterations: u32,
    pub stored_key: Text<64>,
    pub server_key: Text<64>,
}

impl ScramRegister {
    /// Who registers, and with what.
    ///
    /// # Errors
    /// INVALID_FIELD with the field.
    pub fn into_verifier(self) -> Result<(UserName, Verifier), Refusal> {
        fn bytes<const N: usize>(field: &str, text: &Text<64>) -> Result<[u8; N], Refusal> {
            let message = || format!("The field {field} is base64 of {N} bytes.");
            unbase64(text.as_str()).ok_or_else(|| Refusal::field(field, message()))
        }
        if self.iterations != PBKDF2_ITERATIONS {
            let message = format!("The field iterations is exactly {PBKDF2_ITERATIONS}.");
            return Err(Refusal::field("iterations", message));
        }
        let verifier = Verifier {
            salt: bytes("salt", &self.salt)?,
            iterations: self.iterations,
            stored_key: bytes("stored_key", &self.stored_key)?,
            server_key: bytes("server_key", &self.server_key)?,
        };
        Ok((self.username, verifier))
    }
}

/// `POST /api/auth/logout`: the token here or in the header.
#[derive(Debug, Default, Deserialize)]
pub struct Logout {
    /// The session's token.
    #[serde(default)]
    pub session_token: Option<Secret<256>>,
}

/// `POST /api/characters/select`.
#[derive(Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Select {
    pub character_id: CharacterId,
}

/// What registering answers.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Registered {
    pub success: bool,
    pub message: &'static str,
    pub player_id: PlayerId,
}

/// What signing in answers.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct LoggedIn {
    pub success: bool,
    pub session_token: String,
    pub player_id: PlayerId,
    pub username: UserName,
    pub message: &'static str,
    #[serde(with = "iso8601")]
    pub expires_at: Millis,
}

/// What `GET /api/auth/session` answers.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct SessionInfo {
    pub success: bool,
    pub player_id: PlayerId,
    pub username: UserName,
    pub character_id: Option<CharacterId>,
    #[serde(with = "iso8601")]
    pub expires_at: Millis,
}

/// That it worked.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Done {
    pub success: bool,
    pub message: &'static str,
}

/// The account's characters.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Characters {
    pub characters: Vec<Sheet>,
}

/// A character that was made.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Created {
    pub success: bool,
    pub character: Sheet,
}

/// A character that was selected, and the way into the world.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Selected {
    pub success: bool,
    pub character: Sheet,
    pub hub: u32,
    pub ticket: String,
}

/// A ticket for the WebSocket.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct TicketBody {
    pub ticket: String,
    pub hub: u32,
}

/// `GET /api/status`.
#[derive(Debug, Serialize)]
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

/// A failure: RFC 9457 and the first generation's members side by side.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Problem {
    #[serde(rename = "type")]
    pub problem_type: String,
    pub title: &'static str,
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
}
