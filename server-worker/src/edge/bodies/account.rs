//! The bodies of routes about an account: signing in by a password, sessions, what its owner
//! changes.

use super::{
    Body, Place,
    scram::{StretchedPassword, all},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    Refusal,
    codec::json,
    crypto::{password::Verifier, scram::MAX_MESSAGE},
    ids::{CharacterId, PlayerId},
    protocol::bounded::{Secret, Text},
    sheet::iso8601,
    text::{Password, UserName},
    time::Millis,
};

#[cfg(feature = "schema")]
use super::scram::{BASE64_OF_16, BASE64_OF_32};
#[cfg(feature = "schema")]
use shardlink_shared::{limits::PBKDF2_ITERATIONS, schema::Iso8601};

/// `POST /api/auth/register` and `/api/auth/login`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Credentials {
    pub username: UserName,
    pub password: Password,
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

fn missing(field: &'static str) -> Refusal {
    Refusal::field(field, format!("The field {field} is missing."))
}

fn wanted<T>(field: &'static str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| missing(field))
}

impl ChangePassword {
    /// The proof of the old password, and the new one: plain, or stretched.
    ///
    /// # Errors
    /// INVALID_FIELD with the fields that are missing or wrong.
    pub fn into_parts(self) -> Result<(OldPassword, Result<Password, Verifier>), Refusal> {
        let Some(handshake) = self.handshake_id else {
            return match (self.old_password, self.new_password) {
                (Some(old), Some(new)) => Ok((OldPassword::Plain(old), Ok(new))),
                (old, new) => {
                    let wanted = [("old_password", old.is_none()), ("new_password", new.is_none())];
                    Err(all(wanted.into_iter().filter(|(_, gone)| *gone).map(|(field, _)| missing(field))))
                }
            };
        };
        match (self.client_final, self.salt, self.iterations, self.stored_key, self.server_key) {
            (Some(client_final), Some(salt), Some(iterations), Some(stored_key), Some(server_key)) => {
                let stretched = StretchedPassword { salt, iterations, stored_key, server_key };
                Ok((OldPassword::Scram(handshake, client_final), Err(stretched.into_verifier()?)))
            }
            (client_final, salt, iterations, stored_key, server_key) => {
                let wanted = [
                    ("client_final", client_final.is_none()),
                    ("salt", salt.is_none()),
                    ("iterations", iterations.is_none()),
                    ("stored_key", stored_key.is_none()),
                    ("server_key", server_key.is_none()),
                ];
                Err(all(wanted.into_iter().filter(|(_, gone)| *gone).map(|(field, _)| missing(field))))
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let fields = |body: &str| -> Vec<_> {
            parts(body).unwrap_err().problems().into_iter().map(|problem| problem.field).collect()
        };
        let field = |body: &str| fields(body).swap_remove(0);
        assert_eq!(fields("{}"), ["old_password", "new_password"]);
        assert_eq!(
            fields(r#"{"handshake_id":"h","iterations":1}"#),
            ["client_final", "salt", "stored_key", "server_key"]
        );
        assert_eq!(fields(&scram.replace("600000", "1").replace("AAAA==", "A")), ["salt", "iterations"]);
        assert_eq!(field("{}"), "old_password");
        assert_eq!(field(r#"{"old_password":"hunter22"}"#), "new_password");
        assert_eq!(field(r#"{"handshake_id":"h"}"#), "client_final");
        assert_eq!(field(r#"{"handshake_id":"h","client_final":"c"}"#), "salt");
        assert_eq!(field(&scram.replace("600000", "599999")), "iterations");
    }
}
