//! Keys: what they are derived from, what names them, and what two people compare.

use crate::{
    crypto::password::{Derivation, Salt, mac},
    limits::PBKDF2_ITERATIONS,
    protocol::bounded::Text,
};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use std::fmt;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

/// What a random key's text begins with.
const TEXT_PREFIX: &str = "slk1_";

/// The longest text that may be a random key's, in bytes: its prefix and 36 bytes in base64url.
const TEXT_LENGTH: usize = TEXT_PREFIX.len() + 48;

/// Bytes of a random key's text that tell a slip of the pen.
const TEXT_CHECK: usize = 4;

/// What every derivation's name begins with, so that no other use of the bytes gives the same.
const NAMES: &[u8] = b"shardlink sealed 1 ";

/// The 32 bytes that a key is derived from: random, or a stretched passphrase. Wiped when
/// dropped; prints as `Root(..)`.
#[derive(Clone)]
pub struct Root(Zeroizing<[u8; 32]>);

impl Root {
    /// The root of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// What stretches a passphrase: PBKDF2-HMAC-SHA256 with 600,000 rounds, 32 bytes long
    /// (RFC 8018 §5.2).
    #[must_use]
    pub fn stretching(passphrase: &[u8], salt: &Salt) -> Derivation {
        Derivation::new(passphrase, salt, PBKDF2_ITERATIONS)
    }

    /// The root that a random key's text holds; nothing for a text with a slip of the pen.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let encoded = text.trim().strip_prefix(TEXT_PREFIX).filter(|encoded| encoded.len() <= TEXT_LENGTH)?;
        let bytes = Zeroizing::new(Base64UrlUnpadded::decode_vec(encoded).ok()?);
        let (root, check) = bytes.split_first_chunk::<32>()?;
        let root = Self::new(*root);
        bool::from(root.text_check().as_slice().ct_eq(check)).then_some(root)
    }

    /// The root as text, to hand to a friend: `slk1_` and 48 letters of base64url.
    fn text(&self) -> String {
        let mut bytes = Zeroizing::new([0; 32 + TEXT_CHECK]);
        for (byte, wanted) in bytes.iter_mut().zip(self.0.iter().chain(&self.text_check())) {
            *byte = *wanted;
        }
        format!("{TEXT_PREFIX}{}", Base64UrlUnpadded::encode_string(bytes.as_slice()))
    }

    fn text_check(&self) -> [u8; TEXT_CHECK] {
        first(self.derive(b"text", &[]))
    }

    /// HKDF-Expand with SHA-256 (RFC 5869 §2.3), one block: this root is the PRK, and the info
    /// is `shardlink sealed 1 `, the name and the context.
    fn derive(&self, name: &[u8], context: &[u8]) -> [u8; 32] {
        mac(self.0.as_slice(), &[NAMES, name, context, &[1]])
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Root(..)")
    }
}

/// Where a key comes from; its number in the key's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Passphrase = 1,
    Random = 2,
}

/// What names a key to those who have it: its kind (1 byte), the salt of its passphrase or 16
/// bytes derived from its root, and 16 bytes that tell a wrong key. They name one key and no
/// other, which AES-GCM by itself does not promise. Nobody gets the key from it, except by
/// trying passphrases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; KeyId::LENGTH]);

impl KeyId {
    /// Its length in bytes: 44 letters of base64, without padding.
    pub const LENGTH: usize = 33;

    /// Reads an id; nothing for what is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::LENGTH];
        let length = Base64::decode(text, &mut bytes).ok()?.len();
        let [kind, ..] = bytes;
        let known = kind == Kind::Passphrase as u8 || kind == Kind::Random as u8;
        (length == Self::LENGTH && known).then_some(Self(bytes))
    }

    /// The id as it travels.
    #[must_use]
    pub fn text(&self) -> Text<64> {
        Text::cut(&Base64::encode_string(&self.0))
    }

    /// The salt by which the passphrase is stretched, if the key is a passphrase's.
    #[must_use]
    pub fn salt(&self) -> Option<Salt> {
        let [kind, ..] = self.0;
        (kind == Kind::Passphrase as u8).then(|| self.name())
    }

    /// The id's bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// Whether both are of one kind and have one salt, whatever passphrase they belong to.
    #[must_use]
    pub fn same_salt(&self, other: &Self) -> bool {
        self.0.first() == other.0.first() && self.name() == other.name()
    }

    /// Whether both name the same key, compared in constant time.
    #[must_use]
    pub fn same(&self, other: &Self) -> Choice {
        self.0.as_slice().ct_eq(other.0.as_slice())
    }

    fn of(root: &Root, kind: Kind, name: [u8; 16]) -> Self {
        let mut named = [0; 17];
        for (byte, wanted) in named.iter_mut().zip(std::iter::once(kind as u8).chain(name)) {
            *byte = wanted;
        }
        let check: [u8; 16] = first(root.derive(b"check", &named));
        let mut bytes = [0; Self::LENGTH];
        for (byte, wanted) in bytes.iter_mut().zip(named.into_iter().chain(check)) {
            *byte = wanted;
        }
        Self(bytes)
    }

    fn name(&self) -> [u8; 16] {
        let mut name = [0; 16];
        for (byte, own) in name.iter_mut().zip(self.0.iter().skip(1)) {
            *byte = *own;
        }
        name
    }
}

/// A key: its root, and what names it. Prints its id alone.
#[derive(Clone)]
pub struct Key {
    id: KeyId,
    root: Root,
}

impl Key {
    /// The key of a passphrase that was stretched with this salt.
    #[must_use]
    pub fn of_passphrase(root: Root, salt: Salt) -> Self {
        Self { id: KeyId::of(&root, Kind::Passphrase, salt), root }
    }

    /// The key of 32 random bytes.
    #[must_use]
    pub fn random(root: Root) -> Self {
        let name = first(root.derive(b"id", &[]));
        Self { id: KeyId::of(&root, Kind::Random, name), root }
    }

    /// What names it.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// What two people read to each other to know that they have one key: four groups of five
    /// digits, 66 bits of what only those who have the key can compute.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let bytes = self.root.derive(b"fingerprint", self.id.bytes());
        let (groups, _) = bytes.as_chunks::<4>();
        let groups = groups.iter().take(4).map(|four| format!("{:05}", u32::from_be_bytes(*four) % 100_000));
        groups.collect::<Vec<_>>().join(" ")
    }

    /// The key as text, to hand to a friend; nothing if a passphrase is what is handed on.
    #[must_use]
    pub fn text(&self) -> Option<Zeroizing<String>> {
        self.id.salt().is_none().then(|| Zeroizing::new(self.root.text()))
    }

    /// The key of AES-256-GCM.
    #[must_use]
    pub(super) fn cipher_key(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.root.derive(b"key", &[]))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id.text().as_str())
    }
}

/// The first bytes of 32; the others are wiped.
fn first<const N: usize>(mut bytes: [u8; 32]) -> [u8; N] {
    let mut wanted = [0; N];
    for (wanted, byte) in wanted.iter_mut().zip(bytes) {
        *wanted = byte;
    }
    bytes.zeroize();
    wanted
}
