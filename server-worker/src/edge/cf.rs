//! What the runtime knows of a request besides its headers.

use wasm_bindgen::JsValue;
use worker::Request;

/// A text of the request's `cf`, if the runtime gives it. Workers' own getters unwrap.
pub fn text(request: &Request, key: &str) -> Option<String> {
    let get = |object: &JsValue, key: &str| js_sys::Reflect::get(object, &key.into()).ok();
    let inner: &JsValue = request.inner().as_ref();
    let cf = get(inner, "cf").filter(JsValue::is_object)?;
    get(&cf, key)?.as_string()
}
