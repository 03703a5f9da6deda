//! Stretches passwords for the routes that take plain ones, one at a time.
//!
//! The runtime's own PBKDF2 takes a fifth of the time, but all of it in one piece (70 to 350 ms,
//! as the processor is), and on Cloudflare it refuses this many rounds. So it is used only where
//! a piece is short and no hub of this process is at work (`service/at_once.rs`). Otherwise, and
//! where it refuses, the crate does the work in slices, so that the hubs that share the thread
//! keep their ticks and everybody else gets answers.

use super::clock;
use crate::service::{
    at_once::AtOnce,
    turns::{Asker, Standing, Turns},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::password::{Derivation, Salt, SaltedPassword, Verifier},
    limits::{HASHING_SLICE, PBKDF2_ITERATIONS},
    text::Password,
    time::Millis,
};
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};
use wasm_bindgen::{JsCast, JsValue, prelude::*};
use wasm_bindgen_futures::JsFuture;
use worker::Delay;

#[wasm_bindgen]
extern "C" {
    type Subtle;

    #[wasm_bindgen(method, catch, js_name = importKey)]
    fn import_key(
        this: &Subtle,
        format: &str,
        key: &js_sys::Uint8Array,
        algorithm: &str,
        extractable: bool,
        usages: &JsValue,
    ) -> Result<js_sys::Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = deriveBits)]
    fn derive_bits(
        this: &Subtle,
        algorithm: &JsValue,
        key: &JsValue,
        length: u32,
    ) -> Result<js_sys::Promise, JsValue>;
}

thread_local! {
    static AT_ONCE: Cell<AtOnce> = const { Cell::new(AtOnce::UNKNOWN) };
    static TURNS: RefCell<Turns> = RefCell::default();
}

/// The verifier of a password under a salt.
///
/// # Errors
/// OVERLOADED when too many passwords wait already, or this one had to make room for another
/// network's.
pub async fn stretch(asker: Asker, password: &Password, salt: Salt) -> Result<Verifier, Refusal> {
    let number = TURNS.with_borrow_mut(|turns| turns.join(clock::now(), asker))?;
    // Each waiting request polls with its own timer, because one request must not wake
    // another's future.
    loop {
        match TURNS.with_borrow_mut(|turns| turns.look(clock::now(), number)) {
            Standing::Come => break,
            Standing::Waits => Delay::from(Duration::from_millis(5)).await,
            Standing::Lost => return Err(Refusal::new(ErrorCode::Overloaded).after(1.0)),
        }
    }
    let salted = match derive_at_once(password, &salt).await {
        Some(salted) => salted,
        None => derive_in_slices(password, &salt, number).await,
    };
    TURNS.with_borrow_mut(|turns| turns.leave(number));
    Ok(salted.verifier(salt, PBKDF2_ITERATIONS))
}

/// Notes that a hub of this process has something to do now.
pub fn hubs_are_busy(now: Millis) {
    note(|at_once| at_once.hubs_are_busy(now));
}

fn note(change: impl FnOnce(&mut AtOnce)) {
    let mut at_once = AT_ONCE.get();
    change(&mut at_once);
    AT_ONCE.set(at_once);
}

/// Stretches by the runtime's own function; `None` where that would keep others waiting, and
/// where the runtime refuses.
async fn derive_at_once(password: &Password, salt: &Salt) -> Option<SaltedPassword> {
    let wait = AT_ONCE.get().wait(clock::now())?;
    Delay::from(Duration::from_millis(wait)).await;
    let began = clock::now();
    let derived = derive_by_webcrypto(password, salt).await.ok();
    // The clock goes on when a timer has come.
    Delay::from(Duration::ZERO).await;
    let ended = clock::now();
    note(|at_once| at_once.ended(began, ended));
    derived
}

async fn derive_by_webcrypto(password: &Password, salt: &Salt) -> Result<SaltedPassword, JsValue> {
    let get = |object: &JsValue, name: &str| js_sys::Reflect::get(object, &name.into());
    let subtle: Subtle = get(&get(&js_sys::global(), "crypto")?, "subtle")?.unchecked_into();
    let bytes = js_sys::Uint8Array::from(password.as_bytes());
    let usages = js_sys::Array::of1(&"deriveBits".into());
    let key = subtle.import_key("raw", &bytes, "PBKDF2", false, &usages)?;
    let key = JsFuture::from(key).await?;
    let algorithm = js_sys::Object::new();
    let salt = js_sys::Uint8Array::from(salt.as_slice());
    for (name, value) in [
        ("name", JsValue::from("PBKDF2")),
        ("hash", JsValue::from("SHA-256")),
        ("salt", salt.into()),
        ("iterations", JsValue::from(PBKDF2_ITERATIONS)),
    ] {
        js_sys::Reflect::set(&algorithm, &name.into(), &value)?;
    }
    let bits = subtle.derive_bits(&algorithm, &key, 256)?;
    let bits = js_sys::Uint8Array::new(&JsFuture::from(bits).await?.unchecked_into::<js_sys::ArrayBuffer>()).to_vec();
    bits.try_into().map(SaltedPassword).map_err(|_| JsValue::UNDEFINED)
}

async fn derive_in_slices(password: &Password, salt: &Salt, number: u64) -> SaltedPassword {
    let mut derivation = Derivation::new(password.as_bytes(), salt, PBKDF2_ITERATIONS);
    loop {
        if let Some(salted) = derivation.advance(HASHING_SLICE) {
            return salted;
        }
        Delay::from(Duration::ZERO).await;
        TURNS.with_borrow_mut(|turns| turns.keep(clock::now(), number));
    }
}
