//! What JavaScript sees. Every call is synchronous, and throws an `Error` with `code`.

use js_sys::{Error, Object, Reflect};
use shardlink_shared::{
    ErrorCode,
    crypto::{
        password::Derivation,
        sealed::{Audience, Context, Key, KeyId, OpenError, Ring, Root, SealError},
    },
    entropy::{self, Entropy},
    ids::{CharacterId, PartyId},
    protocol::{bounded::Text, chat::Sealed},
};
use wasm_bindgen::prelude::*;

/// The browser's CSPRNG.
struct Browser;

impl Entropy for Browser {
    // The one place where this crate draws randomness.
    #[allow(clippy::disallowed_methods)]
    fn fill(&mut self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // A nonce must never be what was there before.
            wasm_bindgen::throw_str("There is no randomness here.");
        }
    }
}

/// The keys of one audience.
#[wasm_bindgen]
#[derive(Default)]
pub struct Sealer {
    ring: Ring,
}

#[wasm_bindgen]
impl Sealer {
    /// No key yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key of 32 bytes, which seals from now on: random ones, or with `salt` (16 bytes)
    /// what a passphrase was stretched to.
    ///
    /// # Errors
    /// INVALID_FIELD for another length.
    #[wasm_bindgen(js_name = addKey)]
    pub fn add_key(&mut self, bytes: &[u8], salt: Option<Vec<u8>>) -> Result<(), JsValue> {
        let root = root(bytes)?;
        let key = match salt {
            None => Key::random(root),
            Some(salt) => {
                let salt = salt.try_into().map_err(|_| invalid("A salt has 16 bytes."))?;
                Key::of_passphrase(root, salt)
            }
        };
        self.ring.add(key);
        Ok(())
    }

    /// Adds a new random key, which seals from now on.
    #[wasm_bindgen(js_name = addRandom)]
    pub fn add_random(&mut self) {
        self.ring.add(Key::random(Root::new(entropy::bytes(&mut Browser))));
    }

    /// Adds the random key that a friend handed on as text.
    ///
    /// # Errors
    /// INVALID_FIELD if the text is no key.
    #[wasm_bindgen(js_name = addText)]
    pub fn add_text(&mut self, text: &str) -> Result<(), JsValue> {
        let root = Root::read(text).ok_or_else(|| invalid("This is no key, or a letter of it is wrong."))?;
        self.ring.add(Key::random(root));
        Ok(())
    }

    /// The salt that a passphrase must be stretched with to open what this key sealed, 16 bytes;
    /// nothing if none is missing.
    #[must_use]
    pub fn needs(&self, key_id: &str) -> Option<Vec<u8>> {
        self.ring.needs(&KeyId::read(key_id)?).map(Vec::from)
    }

    /// Adds the key of an id, stretched with the salt that it needs; `current` if from the
    /// passphrase that seals now. False if the passphrase is another one.
    ///
    /// # Errors
    /// INVALID_FIELD if there are not 32 bytes.
    pub fn learn(&mut self, key_id: &str, bytes: &[u8], current: bool) -> Result<bool, JsValue> {
        let root = root(bytes)?;
        Ok(KeyId::read(key_id).is_some_and(|id| self.ring.learn(&id, root, current).is_ok()))
    }

    /// Seals a text: an object like `Sealed` in the messages. `channel` is `party` or `whisper`,
    /// `to` the party's or the recipient's id.
    ///
    /// # Errors
    /// NO_KEY, EXHAUSTED, EMPTY, TOO_LONG; INVALID_FIELD for what is no channel or no id.
    pub fn seal(&mut self, channel: &str, sender: f64, to: f64, text: &str) -> Result<Object, JsValue> {
        let context = context(channel, sender, to)?;
        let sealed = self.ring.seal(&context, text, &mut Browser).map_err(|error| match error {
            SealError::NoKey => failure("NO_KEY", "There is no key to seal with."),
            SealError::Exhausted => failure("EXHAUSTED", "This key has sealed all it may: set another one."),
            // Not the refusal's own sentence, with which all the others would be downloaded.
            SealError::Content(refusal) if refusal.code == ErrorCode::TooLong => {
                failure("TOO_LONG", "A message has at most 500 characters.")
            }
            SealError::Content(_) => failure("EMPTY", "There is nothing to read in this text."),
        })?;
        let object = Object::new();
        set(&object, "v", &sealed.v.into());
        set(&object, "key_id", &sealed.key_id.as_str().into());
        set(&object, "nonce", &sealed.nonce.as_str().into());
        set(&object, "ciphertext", &sealed.ciphertext.as_str().into());
        Ok(object)
    }

    /// Opens what was sealed; `history` for what may have been opened before.
    ///
    /// # Errors
    /// UNKNOWN_KEY, WRONG_KEY, REPLAYED, TAMPERED; INVALID_FIELD for what is no channel or id.
    #[allow(clippy::too_many_arguments)] // An object would have to be read field by field.
    pub fn open(
        &mut self,
        channel: &str,
        sender: f64,
        to: f64,
        v: f64,
        key_id: &str,
        nonce: &str,
        ciphertext: &str,
        history: bool,
    ) -> Result<String, JsValue> {
        let context = context(channel, sender, to)?;
        let opened = sealed(v, key_id, nonce, ciphertext)
            .ok_or(OpenError::Tampered)
            .and_then(|sealed| self.ring.open(&context, &sealed, history));
        opened.map(|content| content.as_str().to_owned()).map_err(|error| match error {
            OpenError::UnknownKey => failure("UNKNOWN_KEY", "This was sealed with a key that is not known here."),
            OpenError::WrongKey => failure("WRONG_KEY", "This was sealed with another passphrase."),
            OpenError::Replayed => failure("REPLAYED", "This was said before, and is told again."),
            OpenError::Tampered => failure("TAMPERED", "This was changed on its way."),
        })
    }

    /// The id of the key that seals.
    #[wasm_bindgen(getter, js_name = keyId)]
    #[must_use]
    pub fn key_id(&self) -> Option<String> {
        self.ring.sealing().map(|id| id.text().as_str().to_owned())
    }

    /// What two people compare: of the key with this id, or of the one that seals.
    #[must_use]
    pub fn fingerprint(&self, key_id: Option<String>) -> Option<String> {
        let id = match key_id {
            None => None,
            Some(text) => Some(KeyId::read(&text)?),
        };
        self.ring.key(id.as_ref()).map(Key::fingerprint)
    }

    /// The key that seals as text, to hand to a friend; nothing if it comes of a passphrase.
    #[wasm_bindgen(js_name = exportKey)]
    #[must_use]
    pub fn export_key(&self) -> Option<String> {
        self.ring.key(None)?.text().map(|text| text.to_string())
    }
}

/// PBKDF2 in slices, for pages that have no WebCrypto.
#[wasm_bindgen]
pub struct Stretching {
    derivation: Derivation,
}

#[wasm_bindgen]
impl Stretching {
    /// Begins to stretch a passphrase.
    ///
    /// # Errors
    /// INVALID_FIELD if the salt has not 16 bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(passphrase: &[u8], salt: &[u8]) -> Result<Self, JsValue> {
        let salt = salt.try_into().map_err(|_| invalid("A salt has 16 bytes."))?;
        Ok(Self { derivation: Root::stretching(passphrase, &salt) })
    }

    /// Does so many more rounds at most; gives 32 bytes when all are done.
    pub fn advance(&mut self, rounds: u32) -> Option<Vec<u8>> {
        self.derivation.advance(rounds).map(|stretched| stretched.0.to_vec())
    }
}

fn root(bytes: &[u8]) -> Result<Root, JsValue> {
    bytes.try_into().map(Root::new).map_err(|_| invalid("A key has 32 bytes."))
}

fn context(channel: &str, sender: f64, to: f64) -> Result<Context, JsValue> {
    let audience = match channel {
        "party" => whole(to).and_then(PartyId::new).map(Audience::Party),
        "whisper" => whole(to).and_then(CharacterId::new).map(Audience::Whisper),
        _ => None,
    };
    let sender = whole(sender).and_then(CharacterId::new);
    let (Some(sender), Some(audience)) = (sender, audience) else {
        return Err(invalid("Only what is said to a party or whispered can be sealed, by their ids."));
    };
    Ok(Context { sender, audience })
}

/// A number of JavaScript that is whole.
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && number >= 0.0).then_some(number as u64)
}

fn sealed(v: f64, key_id: &str, nonce: &str, ciphertext: &str) -> Option<Sealed> {
    Some(Sealed {
        v: whole(v).and_then(|v| v.try_into().ok())?,
        key_id: Text::parse(key_id).ok()?,
        nonce: Text::parse(nonce).ok()?,
        ciphertext: Text::parse(ciphertext).ok()?,
    })
}

fn invalid(message: &str) -> JsValue {
    failure("INVALID_FIELD", message)
}

fn failure(code: &str, message: &str) -> JsValue {
    let error = Error::new(message);
    set(&error, "code", &code.into());
    error.into()
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // It fails for frozen objects and proxies only.
    let _ = Reflect::set(object, &name.into(), value);
}
