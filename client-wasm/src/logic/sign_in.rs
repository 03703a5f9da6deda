//! Signing up and signing in without showing the password: SCRAM-SHA-256 (RFC
//! 5802, RFC 7677), as steps that can be taken in their order only.
//!
//! [`SignIn`] names the account, [`Challenged`] waits for the stretched password, and
//! [`Proving`] waits for the server's proof that it knows the account. What carries the
//! messages (`browser/scram.rs` and the facade's `account.ts`, the bots) uses no session
//! before [`Proving::is_proved`] has said so.

use super::failure::Failure;
use serde::Serialize;
use shardlink_shared::{
    Refusal,
    crypto::{
        password::{SaltedPassword, base64},
        scram::{Challenge, Client, Expected, ScramError},
    },
    entropy::{self, Entropy},
    limits::PBKDF2_ITERATIONS,
    text::{Password, UserName},
};

/// A user name and a password that keep the rules.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Credentials {
    pub username: UserName,
    pub password: Password,
}

impl Credentials {
    /// What a player wrote.
    ///
    /// # Errors
    /// INVALID_FIELD, with the field `username` or `password`.
    pub fn parse(username: &str, password: &str) -> Result<Self, Failure> {
        let username =
            UserName::parse(username).map_err(|rule| Refusal::field("username", format!("The user name {rule}.")))?;
        let password =
            Password::parse(password).map_err(|rule| Refusal::field("password", format!("The password {rule}.")))?;
        Ok(Self { username, password })
    }
}

/// Begins a sign-up: what the password is to be stretched with.
pub fn sign_up(entropy: &mut dyn Entropy) -> Challenge {
    Challenge { salt: entropy::bytes(entropy), iterations: PBKDF2_ITERATIONS }
}

/// What a server is told of a new password: the keys that check it and cannot sign in.
/// Texts are base64.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct Checks {
    pub salt: String,
    pub iterations: u32,
    pub stored_key: String,
    pub server_key: String,
}

impl Checks {
    /// Of a password that was stretched as [`sign_up`] asked.
    #[must_use]
    pub fn of(Challenge { salt, iterations }: Challenge, salted: &SaltedPassword) -> Self {
        let verifier = salted.verifier(salt, iterations);
        Self {
            salt: base64(&salt),
            iterations,
            stored_key: base64(&verifier.stored_key),
            server_key: base64(&verifier.server_key),
        }
    }
}

/// A sign-in that waits for what the server asks.
#[derive(Debug)]
pub struct SignIn(Client);

impl SignIn {
    /// Begins.
    pub fn new(username: &UserName, entropy: &mut dyn Entropy) -> Self {
        Self(Client::new(username, entropy::bytes(entropy)))
    }

    /// What to say first.
    #[must_use]
    pub fn first(&self) -> String {
        self.0.first()
    }

    /// Takes what the server asks.
    ///
    /// # Errors
    /// WEAK_SERVER for too few iterations, BAD_RESPONSE.
    pub fn challenged(self, server_first: &str) -> Result<Challenged, Failure> {
        let challenge = self.0.challenge(server_first).map_err(|error| match error {
            ScramError::TooFewIterations => Failure::weak_server(),
            _ => Failure::bad_response(),
        })?;
        Ok(Challenged { client: self.0, server_first: server_first.to_owned(), challenge })
    }
}

/// A sign-in that waits for the password to be stretched.
#[derive(Debug)]
pub struct Challenged {
    client: Client,
    server_first: String,
    /// What to stretch it with.
    pub challenge: Challenge,
}

impl Challenged {
    /// Takes the stretched password; gives what to say last.
    ///
    /// # Errors
    /// BAD_RESPONSE.
    pub fn stretched(&self, salted: &SaltedPassword) -> Result<(Proving, String), Failure> {
        let (client_final, expected) =
            self.client.finish(&self.server_first, salted).map_err(|_| Failure::bad_response())?;
        Ok((Proving(expected), client_final))
    }
}

/// A sign-in that waits for the server's proof that it knows the account.
#[derive(Debug)]
pub struct Proving(Expected);

impl Proving {
    /// Judges the proof. A session of a server that has not proved itself is good for nothing
    /// but being ended; an empty proof is a wrong one.
    #[must_use]
    pub fn is_proved(&self, server_final: &str) -> bool {
        self.0.check(server_final).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shardlink_shared::{
        crypto::{
            password::{Derivation, Salt, Verifier},
            scram::{self, ClientFirst},
        },
        entropy::Seeded,
    };

    const SALT: Salt = [9; 16];

    /// What a password is stretched to: the 600,000 rounds are tested elsewhere.
    fn salted(password: &str, challenge: Challenge) -> SaltedPassword {
        let mut derivation = Derivation::new(password.as_bytes(), &challenge.salt, 2);
        derivation.advance(2).unwrap()
    }

    fn verifier(password: &str) -> Verifier {
        salted(password, Challenge { salt: SALT, iterations: 600_000 }).verifier(SALT, 600_000)
    }

    fn username() -> UserName {
        UserName::parse("Aria").unwrap()
    }

    fn begun(seed: u64) -> SignIn {
        SignIn::new(&username(), &mut Seeded::new(seed))
    }

    /// What the server answers a start with, and what it has read of that.
    fn answer(first: &str, iterations: u32) -> (ClientFirst, String) {
        let first = ClientFirst::parse(first).unwrap();
        let server_first = first.answer([3; 18], &SALT, iterations);
        (first, server_first)
    }

    /// A whole exchange: whether the server has proved itself, or why it refuses.
    fn exchange(password: &str, known: &Verifier) -> Result<bool, ScramError> {
        let sign_in = begun(1);
        let (first, server_first) = answer(&sign_in.first(), 600_000);
        assert_eq!(first.username, username());
        let challenged = sign_in.challenged(&server_first).unwrap();
        assert_eq!(challenged.challenge, Challenge { salt: SALT, iterations: 600_000 });
        let salted = salted(password, Challenge { salt: SALT, iterations: 1 });
        let (proving, client_final) = challenged.stretched(&salted).unwrap();
        let server_final = scram::verify(known, &first.bare, &server_first, &client_final)?;
        Ok(proving.is_proved(&server_final))
    }

    #[test]
    fn who_knows_the_password_signs_in_at_a_server_that_knows_the_account() {
        assert_eq!(exchange("correct horse", &verifier("correct horse")), Ok(true));
    }

    #[test]
    fn who_does_not_know_the_password_is_refused_by_the_server() {
        assert_eq!(exchange("battery staple", &verifier("correct horse")), Err(ScramError::WrongProof));
    }

    #[test]
    fn a_server_that_lies_has_not_proved_itself() {
        // The impostor lets in whoever knows the password, but does not know the server's key.
        let impostor = Verifier { server_key: [0; 32], ..verifier("correct horse") };
        assert_eq!(exchange("correct horse", &impostor), Ok(false));

        let sign_in = begun(1);
        let (_, server_first) = answer(&sign_in.first(), 600_000);
        let (proving, _) = sign_in.challenged(&server_first).unwrap().stretched(&SaltedPassword([1; 32])).unwrap();
        for proof in ["", "v=", "v=AAAA", "e=other-error"] {
            assert!(!proving.is_proved(proof), "{proof}");
        }
    }

    #[test]
    fn a_server_that_asks_for_too_little_is_weak_before_anything_is_stretched() {
        for (iterations, code) in [(599_999, "WEAK_SERVER"), (4096, "WEAK_SERVER"), (4_000_000_000, "BAD_RESPONSE")] {
            let sign_in = begun(1);
            let (_, server_first) = answer(&sign_in.first(), iterations);
            assert_eq!(sign_in.challenged(&server_first).unwrap_err().code, code);
        }
    }

    #[test]
    fn another_exchanges_answer_is_a_bad_response() {
        let (_, server_first) = answer(&begun(2).first(), 600_000);
        assert_eq!(begun(1).challenged(&server_first).unwrap_err().code, "BAD_RESPONSE");
    }

    #[test]
    fn two_sign_ins_never_say_the_same_first() {
        let mut entropy = Seeded::new(1);
        let mut first = || SignIn::new(&username(), &mut entropy).first();
        let one = first();
        assert!(one.starts_with("n,,n=Aria,r=") && one.len() == 36, "{one}");
        assert_ne!(one, first());
    }

    #[test]
    fn signing_up_tells_what_checks_a_password_in_base64_and_not_the_password() {
        let challenge = sign_up(&mut Seeded::new(1));
        assert_eq!(challenge.iterations, 600_000);
        assert_ne!(challenge.salt, sign_up(&mut Seeded::new(2)).salt);
        let salted = salted("correct horse", challenge);
        let verifier = salted.verifier(challenge.salt, 600_000);
        assert_eq!(
            serde_json::to_value(Checks::of(challenge, &salted)).unwrap(),
            json!({
                "salt": base64(&challenge.salt),
                "iterations": 600_000,
                "stored_key": base64(&verifier.stored_key),
                "server_key": base64(&verifier.server_key),
            })
        );
    }

    #[test]
    fn what_breaks_the_rules_names_its_field() {
        let refused = |username: &str, password: &str| {
            let failure = Credentials::parse(username, password).unwrap_err();
            assert_eq!(failure.code, "INVALID_FIELD");
            (failure.field.unwrap(), failure.message)
        };
        assert_eq!(refused("a b", "secret").0, "username");
        assert_eq!(refused("ab", "").0, "username");
        for password in ["", "short", &"x".repeat(257), &"é".repeat(129)] {
            let (field, message) = refused("aria", password);
            assert_eq!((field.as_str(), message.as_str()), ("password", "The password must be 6 to 256 bytes long."));
        }
        assert!(Credentials::parse("aria", &"é".repeat(128)).is_ok());
    }

    #[test]
    fn no_secret_prints() {
        let credentials = Credentials::parse("Aria", "correct horse").unwrap();
        assert!(!format!("{credentials:?}").contains("horse"));
    }
}
