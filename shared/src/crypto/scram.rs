//! SCRAM-SHA-256 (RFC 5802, RFC 7677), both sides: the browser proves that it
//! knows a password, the server that it knows the verifier, and neither tells the
//! other what it knows. Without channel binding, which browsers cannot do.

use super::password::{Salt, SaltedPassword, Verifier, base64, mac, unbase64};
use crate::{limits::PBKDF2_ITERATIONS, text::UserName};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// The GS2 header of a client without channel binding, and its base64.
const GS2_HEADER: &str = "n,,";
const GS2_HEADER_BASE64: &str = "biws";

/// The longest message of an exchange, in bytes: a name of 50, two nonces of at
/// most 64, and what stands around them.
pub const MAX_MESSAGE: usize = 512;

/// The longest nonce of a side, in characters.
const MAX_NONCE: usize = 64;

/// Why an exchange ends here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScramError {
    /// A message is not of the form that RFC 5802 §7 gives.
    Malformed,
    /// The client asks for channel binding, which is not offered.
    ChannelBinding,
    /// The user name breaks the rules of names.
    InvalidName,
    /// The server's nonce does not begin with the client's.
    WrongNonce,
    /// The server asks for fewer than 600,000 iterations.
    TooFewIterations,
    /// The other side does not know what it must know.
    WrongProof,
}

impl fmt::Display for ScramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "The message is not of SCRAM's form.",
            Self::ChannelBinding => "Channel binding is not offered.",
            Self::InvalidName => "The user name breaks the rules of names.",
            Self::WrongNonce => "The nonce is not the one that was sent.",
            Self::TooFewIterations => "The server asks for too few iterations.",
            Self::WrongProof => "The proof is wrong.",
        })
    }
}

impl std::error::Error for ScramError {}

/// What a client says first, read by the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFirst {
    /// Who signs in.
    pub username: UserName,
    nonce: String,
    /// The message without its GS2 header: a part of what both sides sign.
    pub bare: String,
}

impl ClientFirst {
    /// Reads `n,,n=name,r=nonce`.
    ///
    /// # Errors
    /// Malformed, ChannelBinding or InvalidName.
    pub fn parse(message: &str) -> Result<Self, ScramError> {
        if message.len() > MAX_MESSAGE {
            return Err(ScramError::Malformed);
        }
        // `y` says that the client could bind a channel but believes that the server does not
        // offer it, which is true.
        let bare = match message.split_once(',') {
            Some(("n" | "y", rest)) => rest.strip_prefix(',').ok_or(ScramError::Malformed)?,
            Some((flag, _)) if flag.starts_with("p=") => return Err(ScramError::ChannelBinding),
            _ => return Err(ScramError::Malformed),
        };
        let (name, rest) =
            bare.strip_prefix("n=").and_then(|rest| rest.split_once(',')).ok_or(ScramError::Malformed)?;
        let nonce = rest.strip_prefix("r=").filter(|nonce| is_nonce(nonce)).ok_or(ScramError::Malformed)?;
        // `=2C` and `=3D` stand for characters that no user name has.
        let username = UserName::parse(name).map_err(|_| ScramError::InvalidName)?;
        Ok(Self { username, nonce: nonce.to_owned(), bare: bare.to_owned() })
    }

    /// The server's answer: `r=…,s=…,i=…`. `server_nonce` is random.
    #[must_use]
    pub fn answer(&self, server_nonce: [u8; 18], salt: &Salt, iterations: u32) -> String {
        format!("r={}{},s={},i={iterations}", self.nonce, base64(&server_nonce), base64(salt))
    }
}

/// What a client says last, judged by the server.
///
/// # Errors
/// Malformed, ChannelBinding, WrongNonce or WrongProof.
pub fn verify(
    verifier: &Verifier,
    client_first_bare: &str,
    server_first: &str,
    client_final: &str,
) -> Result<String, ScramError> {
    if client_final.len() > MAX_MESSAGE {
        return Err(ScramError::Malformed);
    }
    let (without_proof, proof) = client_final.rsplit_once(",p=").ok_or(ScramError::Malformed)?;
    let rest = without_proof.strip_prefix("c=").ok_or(ScramError::Malformed)?;
    let (binding, nonce) = rest.split_once(",r=").ok_or(ScramError::Malformed)?;
    // `n,,` or `y,,`.
    if binding != GS2_HEADER_BASE64 && binding != "eSws" {
        return Err(ScramError::ChannelBinding);
    }
    let ours = server_first.strip_prefix("r=").and_then(|rest| rest.split(',').next());
    if ours != Some(nonce) {
        return Err(ScramError::WrongNonce);
    }
    let proof: [u8; 32] = unbase64(proof).ok_or(ScramError::Malformed)?;
    let signed = [client_first_bare, server_first, without_proof].join(",");
    let signature = mac(&verifier.stored_key, &[signed.as_bytes()]);
    let client_key = xor(proof, signature);
    let stored_key: [u8; 32] = Sha256::digest(client_key).into();
    if !bool::from(stored_key.ct_eq(&verifier.stored_key)) {
        return Err(ScramError::WrongProof);
    }
    Ok(format!("v={}", base64(&mac(&verifier.server_key, &[signed.as_bytes()]))))
}

/// The client's side, while it waits for the server's first message.
#[derive(Debug, Clone)]
pub struct Client {
    nonce: String,
    bare: String,
}

/// What the server asks the client to stretch its password with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge {
    /// The salt.
    pub salt: Salt,
    /// The iterations, at least 600,000.
    pub iterations: u32,
}

impl Client {
    /// Begins; `nonce` is random.
    #[must_use]
    pub fn new(username: &UserName, nonce: [u8; 18]) -> Self {
        let nonce = base64(&nonce);
        let bare = format!("n={username},r={nonce}");
        Self { nonce, bare }
    }

    /// The client's first message.
    #[must_use]
    pub fn first(&self) -> String {
        format!("{GS2_HEADER}{}", self.bare)
    }

    /// Reads the server's first message.
    ///
    /// # Errors
    /// Malformed, WrongNonce or TooFewIterations.
    pub fn challenge(&self, server_first: &str) -> Result<Challenge, ScramError> {
        self.challenge_of_at_least(server_first, PBKDF2_ITERATIONS)
    }

    fn challenge_of_at_least(&self, server_first: &str, least: u32) -> Result<Challenge, ScramError> {
        let rest = server_first.strip_prefix("r=").filter(|rest| rest.len() <= MAX_MESSAGE);
        let (nonce, rest) = rest.and_then(|rest| rest.split_once(",s=")).ok_or(ScramError::Malformed)?;
        let (salt, iterations) = rest.split_once(",i=").ok_or(ScramError::Malformed)?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(ScramError::WrongNonce);
        }
        let salt = unbase64(salt).ok_or(ScramError::Malformed)?;
        let iterations: u32 = iterations.parse().map_err(|_| ScramError::Malformed)?;
        // Stretching is the client's work: a server may not ask for hours of it.
        if iterations > 20 * PBKDF2_ITERATIONS {
            return Err(ScramError::Malformed);
        }
        if iterations < least {
            return Err(ScramError::TooFewIterations);
        }
        Ok(Challenge { salt, iterations })
    }

    /// The client's last message, and what the server must answer.
    ///
    /// # Errors
    /// Malformed.
    pub fn finish(&self, server_first: &str, salted: &SaltedPassword) -> Result<(String, Expected), ScramError> {
        let rest = server_first.strip_prefix("r=").ok_or(ScramError::Malformed)?;
        let nonce = rest.split(',').next().ok_or(ScramError::Malformed)?;
        let without_proof = format!("c={GS2_HEADER_BASE64},r={nonce}");
        let signed = [self.bare.as_str(), server_first, &without_proof].join(",");
        let client_key = mac(&salted.0, &[b"Client Key"]);
        let stored_key: [u8; 32] = Sha256::digest(client_key).into();
        let proof = xor(client_key, mac(&stored_key, &[signed.as_bytes()]));
        let server_key = mac(&salted.0, &[b"Server Key"]);
        let expected = Expected(mac(&server_key, &[signed.as_bytes()]));
        Ok((format!("{without_proof},p={}", base64(&proof)), expected))
    }
}

/// The signature of a server that knows the verifier. Prints as `Expected(..)`.
#[derive(Clone)]
pub struct Expected([u8; 32]);

impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expected(..)")
    }
}

impl Expected {
    /// Judges the server's last message, `v=…`.
    ///
    /// # Errors
    /// Malformed or WrongProof.
    pub fn check(&self, server_final: &str) -> Result<(), ScramError> {
        let signature: [u8; 32] = server_final.strip_prefix("v=").and_then(unbase64).ok_or(ScramError::Malformed)?;
        if bool::from(self.0.ct_eq(&signature)) { Ok(()) } else { Err(ScramError::WrongProof) }
    }
}

/// A nonce is printable ASCII without a comma (RFC 5802 §7).
fn is_nonce(text: &str) -> bool {
    (1..=MAX_NONCE).contains(&text.len()) && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && byte != b',')
}

fn xor(mut a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    for (a, b) in a.iter_mut().zip(b) {
        *a ^= b;
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::password::Derivation;

    // RFC 7677 §3.
    const CLIENT_FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const SERVER_FIRST: &str =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const CLIENT_FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
        p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const SERVER_FINAL: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    fn salted(password: &str, salt: &Salt, iterations: u32) -> SaltedPassword {
        Derivation::new(password.as_bytes(), salt, iterations).advance(iterations).unwrap()
    }

    fn rfc_salt() -> Salt {
        unbase64("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap()
    }

    fn rfc_client() -> Client {
        Client { nonce: "rOprNGfwEbeRWgbNEkqO".into(), bare: "n=user,r=rOprNGfwEbeRWgbNEkqO".into() }
    }

    #[test]
    fn both_sides_say_what_rfc_7677_says() {
        let verifier = salted("pencil", &rfc_salt(), 4096).verifier(rfc_salt(), 4096);
        let first = ClientFirst::parse(CLIENT_FIRST).unwrap();
        assert_eq!(first.username.as_str(), "user");
        assert_eq!(verify(&verifier, &first.bare, SERVER_FIRST, CLIENT_FINAL).as_deref(), Ok(SERVER_FINAL));

        let client = rfc_client();
        assert_eq!(client.first(), CLIENT_FIRST);
        let challenge = client.challenge_of_at_least(SERVER_FIRST, 4096).unwrap();
        assert_eq!(challenge, Challenge { salt: rfc_salt(), iterations: 4096 });
        let (last, expected) = client.finish(SERVER_FIRST, &salted("pencil", &rfc_salt(), 4096)).unwrap();
        assert_eq!(last, CLIENT_FINAL);
        assert_eq!(expected.check(SERVER_FINAL), Ok(()));
        assert_eq!(expected.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5="), Err(ScramError::Malformed));
        let other = SERVER_FINAL.replace("6rri", "7rri");
        assert_eq!(expected.check(&other), Err(ScramError::WrongProof));
        assert_eq!(expected.check("v=AAAA"), Err(ScramError::Malformed));
        assert_eq!(expected.check("e=other-error"), Err(ScramError::Malformed));
    }

    #[test]
    fn a_client_refuses_a_server_that_asks_for_fewer_than_600_000_iterations() {
        assert_eq!(rfc_client().challenge(SERVER_FIRST), Err(ScramError::TooFewIterations));
        let enough = SERVER_FIRST.replace("4096", "600000");
        assert_eq!(rfc_client().challenge(&enough).map(|challenge| challenge.iterations), Ok(600_000));
        let absurd = SERVER_FIRST.replace("4096", "4000000000");
        assert_eq!(rfc_client().challenge(&absurd), Err(ScramError::Malformed));
    }

    #[test]
    fn a_client_refuses_a_nonce_that_is_not_its_own_and_more() {
        for answer in
            [SERVER_FIRST.replace("rOpr", "sOpr"), SERVER_FIRST.replace("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", "")]
        {
            assert_eq!(rfc_client().challenge(&answer), Err(ScramError::WrongNonce));
        }
    }

    #[test]
    fn the_wrong_password_nonce_or_binding_is_refused() {
        let verifier = salted("pencil", &rfc_salt(), 4096).verifier(rfc_salt(), 4096);
        let bare = "n=user,r=rOprNGfwEbeRWgbNEkqO";
        let judge = |last: &str| verify(&verifier, bare, SERVER_FIRST, last).unwrap_err();
        let (wrong, _) = rfc_client().finish(SERVER_FIRST, &salted("pencils", &rfc_salt(), 4096)).unwrap();
        assert_eq!(judge(&wrong), ScramError::WrongProof);
        assert_eq!(judge(&CLIENT_FINAL.replace("%hv", "%hw")), ScramError::WrongNonce);
        assert_eq!(judge(&CLIENT_FINAL.replace("biws", "cD0=")), ScramError::ChannelBinding);
        // The client signs the header it sent: another one fails the proof.
        assert_eq!(judge(&CLIENT_FINAL.replace("biws", "eSws")), ScramError::WrongProof);
        for message in ["", "c=biws", "c=biws,r=x", "c=biws,r=x,p=???", &"x".repeat(600)] {
            assert!(matches!(judge(message), ScramError::Malformed | ScramError::WrongNonce), "{message}");
        }
    }

    #[test]
    fn what_a_client_says_first_is_read_strictly() {
        let refused = |message: &str| ClientFirst::parse(message).unwrap_err();
        assert_eq!(refused("p=tls-exporter,,n=user,r=abc"), ScramError::ChannelBinding);
        assert_eq!(refused("n,,n=a b,r=abc"), ScramError::InvalidName);
        assert_eq!(refused("n,,n=us=2Cer,r=abc"), ScramError::InvalidName);
        for message in
            ["", "n,", "n,,", "n,a=admin,n=user,r=abc", "n,,r=abc", "n,,n=user", "n,,n=user,r=", "n,,n=user,r=a b"]
        {
            assert_eq!(refused(message), ScramError::Malformed, "{message}");
        }
        assert!(ClientFirst::parse("y,,n=User,r=abc").is_ok());
        assert_eq!(refused(&format!("n,,n=user,r={}", "x".repeat(65))), ScramError::Malformed);
    }
}
