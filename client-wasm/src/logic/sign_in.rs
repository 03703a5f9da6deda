//! Signing up and signing in without showing the password: SCRAM-SHA-256 (RFC
//! 5802, RFC 7677), as steps that can be taken in their order only.
//!
//! [`SignIn`] names the account, [`Challenged`] waits for the stretched password, and
//! [`Proving`] waits for the server's proof. Only [`Proving::judge`] hands out the session
//! that the server answered.

use super::{
    failure::Failure,
    rest::{Account, Token},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    Refusal,
    crypto::{
        password::{SaltedPassword, base64},
        scram::{Challenge, Client, Expected, MAX_MESSAGE, ScramError},
    },
    entropy::{self, Entropy},
    ids::PlayerId,
    limits::PBKDF2_ITERATIONS,
    protocol::bounded::Text,
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

/// The keys that check a password and cannot sign in; texts are base64.
#[derive(Debug, Serialize)]
struct Checks {
    salt: String,
    iterations: u32,
    stored_key: String,
    server_key: String,
}

impl Checks {
    fn of(Challenge { salt, iterations }: Challenge, salted: &SaltedPassword) -> Self {
        let verifier = salted.verifier(salt, iterations);
        Self {
            salt: base64(&salt),
            iterations,
            stored_key: base64(&verifier.stored_key),
            server_key: base64(&verifier.server_key),
        }
    }
}

/// The body of signing up.
#[derive(Debug, Serialize)]
pub struct SignUp<'a> {
    username: &'a UserName,
    #[serde(flatten)]
    checks: Checks,
}

/// The body of changing a password: the proof of the old one, and what checks
/// the new one, which was stretched as [`sign_up`] asked.
#[derive(Debug, Serialize)]
pub struct NewPassword {
    #[serde(flatten)]
    old: Finish,
    #[serde(flatten)]
    new: Checks,
}

impl NewPassword {
    /// Changes a password that has been proved to another.
    #[must_use]
    pub fn new(old: Finish, challenge: Challenge, salted: &SaltedPassword) -> Self {
        Self { old, new: Checks::of(challenge, salted) }
    }
}

/// What changing a password answers.
#[derive(Debug, Deserialize)]
pub struct PasswordChanged {
    #[serde(default)]
    server_final: Text<MAX_MESSAGE>,
}

impl<'a> SignUp<'a> {
    /// Signs up with a password that was stretched as [`sign_up`] asked.
    #[must_use]
    pub fn new(username: &'a UserName, challenge: Challenge, salted: &SaltedPassword) -> Self {
        Self { username, checks: Checks::of(challenge, salted) }
    }
}

/// A sign-in that waits for what the server asks.
#[derive(Debug)]
pub struct SignIn(Client);

/// The body of starting a sign-in.
#[derive(Debug, Serialize)]
pub struct Start {
    client_first: String,
}

/// What starting a sign-in answers.
#[derive(Debug, Deserialize)]
pub struct Started {
    handshake_id: Text<2048>,
    server_first: Text<MAX_MESSAGE>,
}

impl SignIn {
    /// Begins.
    pub fn new(username: &UserName, entropy: &mut dyn Entropy) -> (Self, Start) {
        let client = Client::new(username, entropy::bytes(entropy));
        let start = Start { client_first: client.first() };
        (Self(client), start)
    }

    /// Takes what the server asks.
    ///
    /// # Errors
    /// WEAK_SERVER for too few iterations, BAD_RESPONSE.
    pub fn challenged(self, started: Started) -> Result<Challenged, Failure> {
        let challenge = self.0.challenge(started.server_first.as_str()).map_err(|error| match error {
            ScramError::TooFewIterations => Failure::weak_server(),
            _ => Failure::bad_response(),
        })?;
        Ok(Challenged { client: self.0, started, challenge })
    }
}

/// A sign-in that waits for the password to be stretched.
#[derive(Debug)]
pub struct Challenged {
    client: Client,
    started: Started,
    /// What to stretch it with.
    pub challenge: Challenge,
}

/// The body of finishing a sign-in.
#[derive(Debug, Serialize)]
pub struct Finish {
    handshake_id: Text<2048>,
    client_final: String,
}

impl Challenged {
    /// Takes the stretched password.
    ///
    /// # Errors
    /// BAD_RESPONSE.
    pub fn stretched(self, salted: &SaltedPassword) -> Result<(Proving, Finish), Failure> {
        let finish = self.client.finish(self.started.server_first.as_str(), salted);
        let (client_final, expected) = finish.map_err(|_| Failure::bad_response())?;
        Ok((Proving(expected), Finish { handshake_id: self.started.handshake_id, client_final }))
    }
}

/// A sign-in that waits for the server's proof that it knows the account.
#[derive(Debug)]
pub struct Proving(Expected);

/// What finishing a sign-in answers: a session that is not to be trusted yet.
#[derive(Debug, Deserialize)]
pub struct SignedIn {
    /// A missing proof counts as a wrong one.
    #[serde(default)]
    server_final: Text<MAX_MESSAGE>,
    session_token: Token,
    username: Text<64>,
    player_id: PlayerId,
}

/// A session of a server that has proved nothing; it is only good for being ended.
#[derive(Debug)]
pub struct Unproved(pub Token);

impl Proving {
    /// Judges the proof; gives the session, and whose it is.
    ///
    /// # Errors
    /// The session, if the proof is wrong.
    pub fn judge(self, SignedIn { server_final, session_token, username, player_id }: SignedIn) -> Judged {
        match self.0.check(server_final.as_str()) {
            Ok(()) => Ok((session_token, Account { username, player_id, character_id: None })),
            Err(_) => Err(Unproved(session_token)),
        }
    }
}

impl Proving {
    /// Judges the proof of a server that says it has changed the password.
    #[must_use]
    pub fn is_proved(&self, changed: &PasswordChanged) -> bool {
        self.0.check(changed.server_final.as_str()).is_ok()
    }
}

/// The verdict of [`Proving::judge`].
pub type Judged = Result<(Token, Account), Unproved>;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
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

    fn body(body: &impl Serialize) -> Value {
        serde_json::to_value(body).unwrap()
    }

    /// What the server says to a start: a handshake, and the message it signs.
    fn answer(start: &Start, iterations: u32) -> (ClientFirst, Started) {
        let first = ClientFirst::parse(body(start)["client_first"].as_str().unwrap()).unwrap();
        let server_first = first.answer([3; 18], &SALT, iterations);
        let started = json!({ "handshake_id": "h1_x", "server_first": server_first });
        (first, serde_json::from_value(started).unwrap())
    }

    fn signed_in(server_final: &str) -> SignedIn {
        let body = json!({"server_final": server_final, "success": true, "session_token": "s1_abc", "player_id": 7,
            "username": "Aria", "message": "Welcome", "expires_at": "2026-11-23T03:18:00.000Z"});
        serde_json::from_value(body).unwrap()
    }

    /// A whole exchange: what the client's side gives, or why the server refuses.
    fn exchange(password: &str, known: &Verifier) -> Result<Judged, ScramError> {
        let (sign_in, start) = SignIn::new(&username(), &mut Seeded::new(1));
        let (first, started) = answer(&start, 600_000);
        assert_eq!(first.username, username());
        let server_first = started.server_first.as_str().to_owned();
        let challenged = sign_in.challenged(started).unwrap();
        assert_eq!(challenged.challenge, Challenge { salt: SALT, iterations: 600_000 });
        let (proving, finish) =
            challenged.stretched(&salted(password, Challenge { salt: SALT, iterations: 1 })).unwrap();
        let finish = body(&finish);
        assert_eq!(finish["handshake_id"], "h1_x");
        let client_final = finish["client_final"].as_str().unwrap();
        let server_final = scram::verify(known, &first.bare, &server_first, client_final)?;
        Ok(proving.judge(signed_in(&server_final)))
    }

    #[test]
    fn who_knows_the_password_signs_in_at_a_server_that_knows_the_account() {
        let (token, account) = exchange("correct horse", &verifier("correct horse")).unwrap().unwrap();
        assert_eq!((token.reveal(), account.player_id.get()), ("s1_abc", 7));
        assert_eq!(
            serde_json::to_string(&account).unwrap(),
            r#"{"username":"Aria","playerId":7,"characterId":null}"#
        );
    }

    #[test]
    fn who_does_not_know_the_password_is_refused_by_the_server() {
        let refused = exchange("battery staple", &verifier("correct horse")).unwrap_err();
        assert_eq!(refused, ScramError::WrongProof);
    }

    #[test]
    fn a_server_that_lies_gives_no_session() {
        // The impostor lets in whoever knows the password, but does not know the server's key.
        let impostor = Verifier { server_key: [0; 32], ..verifier("correct horse") };
        let Err(Unproved(token)) = exchange("correct horse", &impostor).unwrap() else {
            panic!("a wrong proof was taken");
        };
        assert_eq!(token.reveal(), "s1_abc");

        for proof in ["", "v=", "v=AAAA", "e=other-error"] {
            let (sign_in, start) = SignIn::new(&username(), &mut Seeded::new(1));
            let challenged = sign_in.challenged(answer(&start, 600_000).1).unwrap();
            let (proving, _) = challenged.stretched(&SaltedPassword([1; 32])).unwrap();
            assert!(proving.judge(signed_in(proof)).is_err(), "{proof}");
        }
        let none = r#"{"session_token":"s1_abc","player_id":7,"username":"Aria"}"#;
        assert_eq!(serde_json::from_str::<SignedIn>(none).unwrap().server_final.as_str(), "");
    }

    #[test]
    fn a_server_that_asks_for_too_little_is_weak_before_anything_is_stretched() {
        for (iterations, code) in [(599_999, "WEAK_SERVER"), (4096, "WEAK_SERVER"), (4_000_000_000, "BAD_RESPONSE")] {
            let (sign_in, start) = SignIn::new(&username(), &mut Seeded::new(1));
            let failure = sign_in.challenged(answer(&start, iterations).1).unwrap_err();
            assert_eq!(failure.code, code);
        }
    }

    #[test]
    fn another_exchanges_answer_is_a_bad_response() {
        let (_, others) = SignIn::new(&username(), &mut Seeded::new(2));
        let (sign_in, _) = SignIn::new(&username(), &mut Seeded::new(1));
        assert_eq!(sign_in.challenged(answer(&others, 600_000).1).unwrap_err().code, "BAD_RESPONSE");
    }

    #[test]
    fn two_sign_ins_never_say_the_same_first() {
        let mut entropy = Seeded::new(1);
        let mut first = || SignIn::new(&username(), &mut entropy).1.client_first;
        let one = first();
        assert!(one.starts_with("n,,n=Aria,r=") && one.len() == 36, "{one}");
        assert_ne!(one, first());
    }

    #[test]
    fn signing_up_sends_a_verifier_in_base64_and_no_password() {
        let challenge = sign_up(&mut Seeded::new(1));
        assert_eq!(challenge.iterations, 600_000);
        assert_ne!(challenge.salt, sign_up(&mut Seeded::new(2)).salt);
        let salted = salted("correct horse", challenge);
        let verifier = salted.verifier(challenge.salt, 600_000);
        let username = username();
        assert_eq!(
            body(&SignUp::new(&username, challenge, &salted)),
            json!({
                "username": "Aria",
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
        assert!(!format!("{:?}", signed_in("v=AAAA")).contains("s1_abc"));
        assert!(!format!("{:?}", Unproved(Token::parse("s1_abc").unwrap())).contains("s1_abc"));
    }
}
