//! Failures as JavaScript errors, which the facade makes `ShardlinkError`s of.

use super::value::set;
use crate::logic::failure::Failure;
use wasm_bindgen::prelude::*;

/// An `Error` with `code`, and `field` and `retryAfter` where they are known.
#[must_use]
pub fn to_js(failure: &Failure) -> JsValue {
    let error = js_sys::Error::new(&failure.message);
    error.set_name("ShardlinkError");
    let error = JsValue::from(error);
    set(&error, "code", &failure.code.as_ref().into());
    if let Some(field) = &failure.field {
        set(&error, "field", &field.into());
    }
    if let Some(seconds) = failure.retry_after {
        set(&error, "retryAfter", &seconds.into());
    }
    error
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        to_js(&failure)
    }
}
