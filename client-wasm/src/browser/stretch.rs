//! PBKDF2 in the browser: WebCrypto's, off the main thread; where there is none
//! (pages that came over plain HTTP) the crate's, in slices.

use super::{runtime, value::set};
use js_sys::{Array, ArrayBuffer, Object, Uint8Array};
use shardlink_shared::{
    crypto::{
        password::{Derivation, SaltedPassword},
        scram::Challenge,
    },
    limits::HASHING_SLICE,
    text::Password,
};
use wasm_bindgen::prelude::*;

/// A slice holds the page's thread for at most this long, in milliseconds: half a frame.
const SLICE: f64 = 8.0;

/// The rounds between two looks at the clock; even a slow phone does them in a millisecond.
const ROUNDS: u32 = 100;

/// A slice has at most this many rounds, whatever the clock says: some browsers round the
/// clock to a tenth of a second.
const SLICE_ROUNDS: u32 = 2 * HASHING_SLICE;

#[wasm_bindgen]
extern "C" {
    type Crypto;
    #[wasm_bindgen(thread_local_v2, js_name = crypto)]
    static CRYPTO: Crypto;
    #[wasm_bindgen(method, getter)]
    fn subtle(this: &Crypto) -> Option<Subtle>;

    type Subtle;
    #[wasm_bindgen(method, catch, js_name = importKey)]
    async fn import_key(
        this: &Subtle,
        format: &str,
        key: &[u8],
        algorithm: &str,
        extractable: bool,
        usages: &Array,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = deriveBits)]
    async fn derive_bits(
        this: &Subtle,
        algorithm: &Object,
        key: &JsValue,
        length: u32,
    ) -> Result<ArrayBuffer, JsValue>;
}

/// Stretches a password.
pub async fn stretch(password: &Password, challenge: Challenge) -> SaltedPassword {
    match by_web_crypto(password, challenge).await {
        Some(salted) => salted,
        None => by_crate(password, challenge).await,
    }
}

/// By WebCrypto; nothing where the page has none, or it refuses.
pub async fn by_web_crypto(password: &Password, challenge: Challenge) -> Option<SaltedPassword> {
    let subtle = CRYPTO.with(Crypto::subtle)?;
    let usages = Array::of1(&"deriveBits".into());
    let key = subtle.import_key("raw", password.as_bytes(), "PBKDF2", false, &usages).await.ok()?;
    let algorithm = Object::new();
    set(&algorithm, "name", &"PBKDF2".into());
    set(&algorithm, "hash", &"SHA-256".into());
    set(&algorithm, "salt", &Uint8Array::from(challenge.salt.as_slice()));
    set(&algorithm, "iterations", &challenge.iterations.into());
    let bits = subtle.derive_bits(&algorithm, &key, 256).await.ok()?;
    Uint8Array::new(&bits).to_vec().try_into().ok().map(SaltedPassword)
}

/// By the crate, in slices.
pub async fn by_crate(password: &Password, challenge: Challenge) -> SaltedPassword {
    let mut derivation = Derivation::new(password.as_bytes(), &challenge.salt, challenge.iterations);
    loop {
        if let Some(salted) = slice(&mut derivation) {
            return salted;
        }
        runtime::pause().await;
    }
}

fn slice(derivation: &mut Derivation) -> Option<SaltedPassword> {
    let until = runtime::stopwatch() + SLICE - 1.0;
    for _ in 0..SLICE_ROUNDS / ROUNDS {
        let salted = derivation.advance(ROUNDS);
        if salted.is_some() || runtime::stopwatch() >= until {
            return salted;
        }
    }
    None
}
