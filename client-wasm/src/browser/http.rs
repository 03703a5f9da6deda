//! REST requests.

use crate::logic::{
    endpoint::Endpoint,
    failure::Failure,
    rest::{Answer, Token},
};
use gloo_net::http::{Method, RequestBuilder, Response};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;
use web_sys::AbortSignal;

/// A request is given up after this long, in milliseconds: a busy server takes
/// its time with passwords.
const DEADLINE: f64 = 30_000.0;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = AbortSignal, js_name = timeout)]
    fn signal_after(milliseconds: f64) -> Result<AbortSignal, JsValue>;
}

/// A request that is being put together.
pub struct Request {
    builder: RequestBuilder,
    body: Option<String>,
    signal: Option<AbortSignal>,
}

impl Request {
    /// A GET.
    #[must_use]
    pub fn get(server: &Endpoint, path: &str) -> Self {
        Self::new(Method::GET, server, path)
    }

    /// A POST.
    #[must_use]
    pub fn post(server: &Endpoint, path: &str) -> Self {
        Self::new(Method::POST, server, path)
    }

    /// A DELETE.
    #[must_use]
    pub fn delete(server: &Endpoint, path: &str) -> Self {
        Self::new(Method::DELETE, server, path)
    }

    fn new(method: Method, server: &Endpoint, path: &str) -> Self {
        let signal = signal_after(DEADLINE).ok();
        let builder = RequestBuilder::new(&server.rest(path))
            .method(method)
            .cache(web_sys::RequestCache::NoStore)
            .credentials(web_sys::RequestCredentials::Omit)
            .abort_signal(signal.as_ref());
        Self { builder, body: None, signal }
    }

    /// With a session's token.
    #[must_use]
    pub fn with(mut self, token: &Token) -> Self {
        self.builder = self.builder.header("Authorization", &format!("Bearer {}", token.reveal()));
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.builder = self.builder.header("Content-Type", "application/json");
        // The bodies always serialize: they are structs of texts and numbers.
        self.body = serde_json::to_string(body).ok();
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// UNREACHABLE or TIMEOUT.
    pub async fn send(self) -> Result<Answered, Failure> {
        let signal = self.signal;
        let failure = |_| match &signal {
            Some(signal) if signal.aborted() => Failure::timeout(),
            _ => Failure::unreachable(),
        };
        let request = match self.body {
            Some(body) => self.builder.body(body),
            None => self.builder.build(),
        };
        let response: Response = request.map_err(failure)?.send().await.map_err(failure)?;
        let retry_after = response.headers().get("Retry-After");
        let body = response.text().await.map_err(failure)?;
        Ok(Answered { status: response.status(), retry_after, body })
    }
}

/// An answer that has come, whatever it says.
pub struct Answered {
    status: u16,
    retry_after: Option<String>,
    body: String,
}

impl Answered {
    /// What it says.
    #[must_use]
    pub fn answer(&self) -> Answer<'_> {
        Answer { status: self.status, retry_after: self.retry_after.as_deref(), body: &self.body }
    }

    /// What a success answers.
    ///
    /// # Errors
    /// What the server refused; BAD_RESPONSE.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        self.answer().read()
    }
}
