//! A request's body as the runtime streams it.

use super::intake::{self, Gone, Source};
use crate::service;
use shardlink_shared::limits::BODY_TIMEOUT;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{Delay, Request};

/// Reads a request's body as text.
///
/// # Errors
/// TOO_LARGE, REQUEST_TIMEOUT, MALFORMED.
pub async fn text(request: &Request) -> service::Result<String> {
    let Some(body) = request.inner().body() else { return Ok(String::new()) };
    let announced = request.headers().get("Content-Length").ok().flatten();
    let mut stream = Stream(body.get_reader().unchecked_into());
    intake::text(&mut stream, announced.as_deref(), Delay::from(Duration::from_millis(BODY_TIMEOUT))).await
}

struct Stream(web_sys::ReadableStreamDefaultReader);

impl Source for Stream {
    async fn next(&mut self) -> Option<Result<Vec<u8>, Gone>> {
        let get = |object: &JsValue, key: &str| js_sys::Reflect::get(object, &key.into());
        let read = async {
            let piece = JsFuture::from(self.0.read()).await?;
            if get(&piece, "done")?.is_truthy() {
                return Ok(None);
            }
            get(&piece, "value")?.dyn_into::<js_sys::Uint8Array>().map(Some)
        };
        match read.await {
            Ok(piece) => piece.map(|piece| Ok(piece.to_vec())),
            Err::<_, JsValue>(_) => Some(Err(Gone)),
        }
    }

    fn cancel(&mut self) {
        // Nobody waits for this promise: the answer does not depend on it.
        drop(JsFuture::from(self.0.cancel()));
    }
}
