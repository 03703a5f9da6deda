//! Passwords, for the facade (`npm/src/account.ts`), which carries the messages: the steps of
//! signing in, what a server is told of a new password, and the stretching where a page has no
//! WebCrypto.

use super::runtime::Browser;
use crate::logic::{
    failure::Failure,
    sign_in::{Challenged, Checks, Credentials, Proving, SignIn, sign_up},
};
use shardlink_shared::crypto::{
    password::{Derivation, SaltedPassword},
    scram::Challenge,
};
use wasm_bindgen::prelude::*;

/// A sign-in, step after step.
#[wasm_bindgen]
pub struct Scram(Step);

enum Step {
    Begun(SignIn),
    Challenged(Challenged),
    Proving(Proving),
    Over,
}

#[wasm_bindgen]
impl Scram {
    /// Begins.
    ///
    /// # Errors
    /// INVALID_FIELD, with the field `username` or `password`.
    #[wasm_bindgen(constructor)]
    pub fn new(username: &str, password: &str) -> Result<Scram, JsValue> {
        let known = Credentials::parse(username, password)?;
        Ok(Self(Step::Begun(SignIn::new(&known.username, &mut Browser))))
    }

    /// What to say first.
    #[must_use]
    pub fn first(&self) -> Option<String> {
        match &self.0 {
            Step::Begun(sign_in) => Some(sign_in.first()),
            _ => None,
        }
    }

    /// Takes what the server asks; gives the 16 bytes of the salt, and its iterations as the
    /// last 4 (little-endian).
    ///
    /// # Errors
    /// WEAK_SERVER, BAD_RESPONSE.
    pub fn challenge(&mut self, server_first: &str) -> Result<Vec<u8>, JsValue> {
        let Step::Begun(sign_in) = std::mem::replace(&mut self.0, Step::Over) else {
            return Err(Failure::bad_response().into());
        };
        let challenged = sign_in.challenged(server_first)?;
        let asked = packed(challenged.challenge);
        self.0 = Step::Challenged(challenged);
        Ok(asked)
    }

    /// Takes the stretched password; gives what to say last.
    ///
    /// # Errors
    /// BAD_RESPONSE.
    pub fn finish(&mut self, salted: &[u8]) -> Result<String, JsValue> {
        let (Step::Challenged(challenged), Ok(salted)) = (&self.0, salted.try_into()) else {
            return Err(Failure::bad_response().into());
        };
        let (proving, client_final) = challenged.stretched(&SaltedPassword(salted))?;
        self.0 = Step::Proving(proving);
        Ok(client_final)
    }

    /// Whether the server has proved that it knows the account.
    #[must_use]
    pub fn proves(&self, server_final: &str) -> bool {
        matches!(&self.0, Step::Proving(proving) if proving.is_proved(server_final))
    }
}

/// What a new password is to be stretched with, as [`Scram::challenge`] gives it.
///
/// # Errors
/// INVALID_FIELD, with the field `username` or `password`, for what breaks the rules.
#[wasm_bindgen(js_name = newPassword)]
pub fn new_password(username: &str, password: &str) -> Result<Vec<u8>, JsValue> {
    Credentials::parse(username, password)?;
    Ok(packed(sign_up(&mut Browser)))
}

/// What a server is told of a password that was stretched so: stored key and server key, in
/// base64, and the salt.
#[wasm_bindgen(js_name = passwordChecks)]
#[must_use]
pub fn password_checks(asked: &[u8], salted: &[u8]) -> Option<Vec<String>> {
    let checks = Checks::of(unpacked(asked)?, &SaltedPassword(salted.try_into().ok()?));
    Some(vec![checks.salt, checks.stored_key, checks.server_key])
}

/// PBKDF2 in slices.
#[wasm_bindgen]
pub struct Stretching(Option<Derivation>);

#[wasm_bindgen]
impl Stretching {
    /// Of this password, as [`Scram::challenge`] asked.
    #[wasm_bindgen(constructor)]
    pub fn new(password: &[u8], asked: &[u8]) -> Stretching {
        Self(unpacked(asked).map(|asked| Derivation::new(password, &asked.salt, asked.iterations)))
    }

    /// Does at most `rounds` more; the 32 bytes, when all are done.
    pub fn advance(&mut self, rounds: u32) -> Option<Vec<u8>> {
        self.0.as_mut()?.advance(rounds).map(|salted| salted.0.to_vec())
    }
}

fn packed(challenge: Challenge) -> Vec<u8> {
    [challenge.salt.as_slice(), &challenge.iterations.to_le_bytes()].concat()
}

fn unpacked(asked: &[u8]) -> Option<Challenge> {
    let (salt, iterations) = asked.split_first_chunk()?;
    Some(Challenge { salt: *salt, iterations: u32::from_le_bytes(iterations.try_into().ok()?) })
}
