//! Chat that the server relays and cannot read: AES-256-GCM (NIST SP 800-38D) under a key that
//! players share. `docs/encryption.md` has the format byte by byte, and what it protects.
//!
//! Owns: the keys of one audience (a party, or those who whisper to each other), the nonces
//! that this client seals with, and what it opened of late. Invariant: no nonce is used twice
//! under a key, and nothing is opened that was sealed for another place.

mod key;
mod window;

#[cfg(test)]
mod tests;

pub use key::{Key, KeyId, Root};
pub use window::{MAX_STREAMS, MAX_STREAMS_PER_SENDER, WINDOW};

use crate::{
    Refusal,
    entropy::{self, Entropy},
    ids::{CharacterId, PartyId},
    protocol::{
        bounded::Text,
        chat::{Channel, Sealed},
    },
    text::{Content, Draft},
};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce, aead::Aead, aead::Payload};
use base64ct::{Base64, Encoding};
use window::{Prefix, Windows};

/// The version of the format.
pub const VERSION: u8 = 1;

/// Keys of a ring. A member that stretches its passphrase by a salt of its own adds one, until
/// all have heard each other: twice the largest party. The one that came first goes first.
pub const MAX_KEYS: usize = 2 * crate::limits::MAX_PARTY;

/// The length of a nonce, in bytes: 8 random ones, drawn whenever a client begins to seal with a
/// key, and a counter of 4.
const NONCE: usize = 12;

/// The length of the additional data, in bytes.
const BOUND: usize = 2 + 8 + 8 + KeyId::LENGTH + NONCE;

/// For whom something is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The members of a party.
    Party(PartyId),
    /// One recipient.
    Whisper(CharacterId),
}

/// Where a sealed chat belongs: it opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Who says it.
    pub sender: CharacterId,
    /// Who hears it.
    pub audience: Audience,
}

impl Context {
    /// The additional data: version, channel (1 for a party, 3 for a whisper: its place in
    /// [`Channel`]), sender, party or recipient, the key's id and the nonce; integers big-endian.
    fn bound(&self, key: &KeyId, nonce: [u8; NONCE]) -> [u8; BOUND] {
        let (channel, id) = match self.audience {
            Audience::Party(party) => (Channel::Party, party.get()),
            Audience::Whisper(recipient) => (Channel::Whisper, recipient.get()),
        };
        let (sender, id) = (self.sender.get().to_be_bytes(), id.to_be_bytes());
        let all = [VERSION, channel as u8].into_iter().chain(sender).chain(id).chain(*key.bytes()).chain(nonce);
        let mut bound = [0; BOUND];
        for (byte, wanted) in bound.iter_mut().zip(all) {
            *byte = wanted;
        }
        bound
    }
}

/// Why something cannot be sealed.
#[derive(Debug, Clone, PartialEq)]
pub enum SealError {
    /// There is no key.
    NoKey,
    /// This client has sealed 2^32 chats with the key; a page that is loaded again begins anew.
    Exhausted,
    /// EMPTY or TOO_LONG.
    Content(Refusal),
}

/// Why something does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenError {
    /// Sealed with a key that this client was never given.
    UnknownKey,
    /// Sealed with another passphrase.
    WrongKey,
    /// Opened before, or too old to know.
    Replayed,
    /// Changed since it was sealed, sealed for another place, or no chat.
    Tampered,
}

/// A key, and where its nonces are.
#[derive(Debug)]
struct Held {
    key: Key,
    /// What the nonces begin with; drawn when the key first seals.
    prefix: Option<Prefix>,
    /// The next counter; nothing when all were used.
    next: Option<u32>,
}

impl Held {
    const fn new(key: Key) -> Self {
        Self { key, prefix: None, next: Some(0) }
    }

    fn nonce(&mut self, entropy: &mut dyn Entropy) -> Option<[u8; NONCE]> {
        let counter = self.next?;
        self.next = counter.checked_add(1);
        let prefix = *self.prefix.get_or_insert_with(|| entropy::bytes(entropy));
        Some(join(prefix, counter))
    }
}

/// The keys of one audience: the newest seals, and all of them open.
#[derive(Debug, Default)]
pub struct Ring {
    /// The newest last.
    keys: Vec<Held>,
    opened: Windows,
}

impl Ring {
    /// Adds a key, which seals from now on. One that is known already goes on counting where it
    /// was.
    pub fn add(&mut self, key: Key) {
        let known = self.place(key.id());
        let held = known.map_or_else(|| Held::new(key), |place| self.keys.remove(place));
        self.keys.push(held);
        self.keep_few();
    }

    /// The salt that a passphrase must be stretched with before what this key sealed can be
    /// opened; nothing if the key is known, is no passphrase's, or is of another passphrase.
    #[must_use]
    pub fn needs(&self, id: &KeyId) -> Option<[u8; 16]> {
        id.salt().filter(|_| !self.keys.iter().any(|held| held.key.id().same_salt(id)))
    }

    /// Adds the key of this id, stretched with the salt that [`Ring::needs`] gave; it opens, and
    /// does not seal, unless there is no other. If it comes of the passphrase that seals now
    /// (`current`), the key of the lower salt seals from now on: so all members come to use one
    /// key.
    ///
    /// # Errors
    /// [`OpenError::WrongKey`] if the passphrase is another one; [`OpenError::UnknownKey`] if
    /// the id is of no passphrase.
    pub fn learn(&mut self, id: &KeyId, root: Root, current: bool) -> Result<(), OpenError> {
        let salt = id.salt().ok_or(OpenError::UnknownKey)?;
        let key = Key::of_passphrase(root, salt);
        if !bool::from(key.id().same(id)) {
            return Err(OpenError::WrongKey);
        }
        if self.place(id).is_some() {
            return Ok(());
        }
        let seals = self.sealing().and_then(KeyId::salt);
        let before = if current && seals.is_some_and(|seals| salt < seals) { 0 } else { 1 };
        self.keys.insert(self.keys.len().saturating_sub(before), Held::new(key));
        self.keep_few();
        Ok(())
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn sealing(&self) -> Option<&KeyId> {
        self.keys.last().map(|held| held.key.id())
    }

    /// The key of this id, or the one that seals; nothing if it is not known.
    #[must_use]
    pub fn key(&self, id: Option<&KeyId>) -> Option<&Key> {
        let place = self.place(id.or_else(|| self.sealing())?)?;
        self.keys.get(place).map(|held| &held.key)
    }

    /// Seals a text, once it is cleaned like all that is said ([`Draft`]). `entropy` must be a
    /// CSPRNG.
    ///
    /// # Errors
    /// Without a key, when the key's nonces are used up, and for what is empty or longer than
    /// 500 characters: the longest fits [`crate::limits::MAX_CIPHERTEXT`].
    pub fn seal(&mut self, context: &Context, text: &str, entropy: &mut dyn Entropy) -> Result<Sealed, SealError> {
        let content = Draft::new(text).accept().map_err(SealError::Content)?;
        let held = self.keys.last_mut().ok_or(SealError::NoKey)?;
        let nonce = held.nonce(entropy).ok_or(SealError::Exhausted)?;
        let bound = context.bound(held.key.id(), nonce);
        let payload = Payload { msg: content.as_str().as_bytes(), aad: &bound };
        // It fails for more than 64 GiB, and the text of 500 characters fits; but what does
        // not must never be cut.
        let too_long = || SealError::Content(Refusal::new(crate::ErrorCode::TooLong).at("content"));
        let sealed = cipher(&held.key).encrypt(&Nonce::from(nonce), payload).map_err(|_| too_long())?;
        Ok(Sealed {
            v: VERSION,
            key_id: held.key.id().text(),
            nonce: Text::cut(&Base64::encode_string(&nonce)),
            ciphertext: Text::parse(&Base64::encode_string(&sealed)).map_err(|_| too_long())?,
        })
    }

    /// Opens what was sealed. `past` is for a channel's history, which is told again and again:
    /// it opens whether it was opened before or not, and counts as opened for nothing else.
    ///
    /// # Errors
    /// What [`OpenError`] says. Nothing is remembered of what does not open.
    pub fn open(&mut self, context: &Context, sealed: &Sealed, past: bool) -> Result<Content, OpenError> {
        if sealed.v != VERSION {
            return Err(OpenError::Tampered);
        }
        let id = KeyId::read(sealed.key_id.as_str()).ok_or(OpenError::Tampered)?;
        let Some(held) = self.place(&id).and_then(|place| self.keys.get(place)) else {
            let other = self.keys.iter().any(|held| held.key.id().same_salt(&id));
            return Err(if other { OpenError::WrongKey } else { OpenError::UnknownKey });
        };
        let nonce = decode::<NONCE>(sealed.nonce.as_str()).ok_or(OpenError::Tampered)?;
        let ciphertext = Base64::decode_vec(sealed.ciphertext.as_str()).map_err(|_| OpenError::Tampered)?;
        let bound = context.bound(&id, nonce);
        let payload = Payload { msg: &ciphertext, aad: &bound };
        let opened = cipher(&held.key).decrypt(&Nonce::from(nonce), payload).map_err(|_| OpenError::Tampered)?;
        let text = String::from_utf8(opened).map_err(|_| OpenError::Tampered)?;
        // Nobody has cleaned it: the server cannot, and whoever has the key may seal anything.
        let content = Draft::new(&text).accept().map_err(|_| OpenError::Tampered)?;
        let (prefix, counter) = split(nonce);
        if !past && !self.opened.admit(&id, context.sender, prefix, counter) {
            return Err(OpenError::Replayed);
        }
        Ok(content)
    }

    fn place(&self, id: &KeyId) -> Option<usize> {
        self.keys.iter().position(|held| held.key.id().same(id).into())
    }

    fn keep_few(&mut self) {
        let many = self.keys.len().saturating_sub(MAX_KEYS);
        self.keys.drain(..many);
    }
}

fn cipher(key: &Key) -> Aes256Gcm {
    Aes256Gcm::new(&(*key.cipher_key()).into())
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let length = Base64::decode(text, &mut bytes).ok()?.len();
    (length == N).then_some(bytes)
}

fn join(prefix: Prefix, counter: u32) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    for (byte, wanted) in nonce.iter_mut().zip(prefix.into_iter().chain(counter.to_be_bytes())) {
        *byte = wanted;
    }
    nonce
}

fn split(nonce: [u8; NONCE]) -> (Prefix, u32) {
    let [a, b, c, d, e, f, g, h, counter @ ..] = nonce;
    ([a, b, c, d, e, f, g, h], u32::from_be_bytes(counter))
}
