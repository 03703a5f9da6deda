//! Passwords at rest: a SCRAM-SHA-256 verifier (RFC 5802 §3, RFC 7677), which the plain login
//! computes too. Neither the password nor anything else that signs in can be got from it,
//! except by trying passwords.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// A salt: 16 random bytes.
pub type Salt = [u8; 16];

/// PBKDF2-HMAC-SHA256 in slices, so that other work of the thread waits for a slice and not
/// for the whole (RFC 8018 §5.2, one block of 32 bytes).
#[derive(Clone)]
pub struct Derivation {
    keyed: Hmac<Sha256>,
    last: [u8; 32],
    sum: [u8; 32],
    left: u32,
}

impl Derivation {
    /// The derivation of a password's key; `iterations` of at least 1.
    #[must_use]
    pub fn new(password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let keyed = keyed(password);
        let mut first = keyed.clone();
        first.update(salt);
        first.update(&1_u32.to_be_bytes());
        let last: [u8; 32] = first.finalize().into_bytes().into();
        Self { keyed, last, sum: last, left: iterations.saturating_sub(1) }
    }

    /// Does at most `rounds` more rounds; gives the key when all are done.
    pub fn advance(&mut self, rounds: u32) -> Option<SaltedPassword> {
        let rounds = rounds.min(self.left);
        for _ in 0..rounds {
            let mut mac = self.keyed.clone();
            mac.update(&self.last);
            self.last = mac.finalize().into_bytes().into();
            for (sum, byte) in self.sum.iter_mut().zip(self.last) {
                *sum ^= byte;
            }
        }
        self.left -= rounds;
        (self.left == 0).then_some(SaltedPassword(self.sum))
    }
}

/// What PBKDF2 makes of a password. It can sign in like the password, so it is never stored.
#[derive(Clone)]
pub struct SaltedPassword(pub [u8; 32]);

impl SaltedPassword {
    /// The verifier: `StoredKey = H(HMAC(salted, "Client Key"))` and
    /// `ServerKey = HMAC(salted, "Server Key")` (RFC 5802 §3).
    #[must_use]
    pub fn verifier(&self, salt: Salt, iterations: u32) -> Verifier {
        let client_key = mac(&self.0, &[b"Client Key"]);
        Verifier {
            salt,
            iterations,
            stored_key: Sha256::digest(client_key).into(),
            server_key: mac(&self.0, &[b"Server Key"]),
        }
    }
}

impl fmt::Debug for SaltedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SaltedPassword(..)")
    }
}

/// What is stored of a password. Prints as `Verifier(..)`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Verifier {
    pub salt: Salt,
    pub iterations: u32,
    pub stored_key: [u8; 32],
    pub server_key: [u8; 32],
}

impl Verifier {
    /// Whether the other was made from the same password, compared in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let same_key = self.stored_key.ct_eq(&other.stored_key) & self.server_key.ct_eq(&other.server_key);
        self.salt == other.salt && self.iterations == other.iterations && same_key.into()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

/// The salt that an unknown user name seems to have: always the same for one name, and
/// impossible to tell from a stored salt.
#[must_use]
pub fn made_up_salt(server_secret: &[u8], name_key: &str) -> Salt {
    let tag = mac(server_secret, &[b"shardlink made-up salt\0", name_key.as_bytes()]);
    let mut salt = [0; 16];
    salt.copy_from_slice(tag.split_at(16).0);
    salt
}

/// HMAC-SHA256 of the parts, one after the other.
#[must_use]
pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of every length (RFC 2104 §2).
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// Base64 as SCRAM and the REST bodies write it.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// The `N` bytes that a text is base64 of.
#[must_use]
pub fn unbase64<const N: usize>(text: &str) -> Option<[u8; N]> {
    Base64::decode_vec(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derive(password: &[u8], salt: &[u8], iterations: u32, slice: u32) -> [u8; 32] {
        let mut derivation = Derivation::new(password, salt, iterations);
        loop {
            if let Some(key) = derivation.advance(slice) {
                return key.0;
            }
        }
    }

    #[test]
    fn slices_give_what_the_crate_gives() {
        for (iterations, slice) in [(1, 1), (2, 1), (1000, 1), (1000, 7), (4096, 4000), (4096, 100_000)] {
            let mut expected = [0; 32];
            pbkdf2::pbkdf2_hmac::<Sha256>(b"correct horse", b"salt of 16 bytes", iterations, &mut expected);
            assert_eq!(derive(b"correct horse", b"salt of 16 bytes", iterations, slice), expected);
        }
    }

    #[test]
    fn the_verifier_of_rfc_7677_has_its_server_signature() {
        // RFC 7677 §3: user "user", password "pencil", 4096 iterations.
        let salt: Vec<u8> = Base64::decode_vec("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let salt: Salt = salt.try_into().unwrap();
        let salted = SaltedPassword(derive(b"pencil", &salt, 4096, 1000));
        let verifier = salted.verifier(salt, 4096);
        let auth_message = b"n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let signature = mac(&verifier.server_key, &[auth_message]);
        assert_eq!(base64(&signature), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn only_the_same_password_under_the_same_salt_matches() {
        let verifier =
            |password: &[u8], salt: Salt| SaltedPassword(derive(password, &salt, 10, 10)).verifier(salt, 10);
        assert!(verifier(b"secret", [1; 16]).matches(&verifier(b"secret", [1; 16])));
        assert!(!verifier(b"secret", [1; 16]).matches(&verifier(b"secreT", [1; 16])));
        assert!(!verifier(b"secret", [1; 16]).matches(&verifier(b"secret", [2; 16])));
    }

    #[test]
    fn a_made_up_salt_is_stable_and_differs_by_name_and_secret() {
        assert_eq!(made_up_salt(b"k", "aria"), made_up_salt(b"k", "aria"));
        assert_ne!(made_up_salt(b"k", "aria"), made_up_salt(b"k", "bria"));
        assert_ne!(made_up_salt(b"k", "aria"), made_up_salt(b"l", "aria"));
    }
}
