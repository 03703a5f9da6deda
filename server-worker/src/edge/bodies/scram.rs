//! The bodies of SCRAM's routes (RFC 5802), by which the server is never told a password.

use super::account::LoggedIn;
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::{
        password::{Salt, Verifier, unbase64},
        scram::MAX_MESSAGE,
    },
    limits::PBKDF2_ITERATIONS,
    protocol::bounded::Text,
    text::UserName,
};

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
pub(super) const BASE64_OF_16: &str = "^[A-Za-z0-9+/]{21}[AQgw]==$";

/// Base64 of 32 bytes.
#[cfg(feature = "schema")]
pub(super) const BASE64_OF_32: &str = "^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$";

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
pub(super) struct StretchedPassword {
    pub(super) salt: Text<64>,
    pub(super) iterations: u32,
    pub(super) stored_key: Text<64>,
    pub(super) server_key: Text<64>,
}

impl StretchedPassword {
    pub(super) fn into_verifier(self) -> Result<Verifier, Refusal> {
        fn bytes<const N: usize>(field: &str, text: &Text<64>) -> Result<[u8; N], Refusal> {
            let message = || format!("The field {field} must be base64 of {N} bytes.");
            unbase64(text.as_str()).ok_or_else(|| Refusal::field(field, message()))
        }
        let Self { iterations, .. } = self;
        let rounds = if iterations == PBKDF2_ITERATIONS {
            Ok(())
        } else {
            let message = format!("The field iterations must be {PBKDF2_ITERATIONS}.");
            Err(Refusal::field("iterations", message))
        };
        let salt: Result<Salt, Refusal> = bytes("salt", &self.salt);
        let (stored, server) = (bytes("stored_key", &self.stored_key), bytes("server_key", &self.server_key));
        match (salt, rounds, stored, server) {
            (Ok(salt), Ok(()), Ok(stored_key), Ok(server_key)) => {
                Ok(Verifier { salt, iterations, stored_key, server_key })
            }
            (salt, rounds, stored, server) => {
                let wrong = [salt.err(), rounds.err(), stored.err(), server.err()];
                Err(all(wrong.into_iter().flatten()))
            }
        }
    }
}

/// What is wrong with several fields as one refusal.
pub(super) fn all(refusals: impl IntoIterator<Item = Refusal>) -> Refusal {
    let mut refusals = refusals.into_iter();
    match refusals.next() {
        Some(first) => first.and(refusals),
        None => ErrorCode::InvalidField.into(),
    }
}
