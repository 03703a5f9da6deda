//! Requests in, answers out: bodies, tokens, addresses, problems.

use super::bodies::Problem;
use crate::{
    config::{ClientAddress, Config},
    hub::connection::Identity,
    runtime::entropy::System,
    service,
};
use serde::{Serialize, de::DeserializeOwned};
use shardlink_shared::{ErrorCode, Refusal, codec::json, entropy, limits::MAX_REST_BODY};
use wasm_bindgen::JsValue;
use worker::{Request, Response, Result};

/// Reads a JSON body.
///
/// # Errors
/// UNSUPPORTED_MEDIA_TYPE, TOO_LARGE, MALFORMED, TOO_DEEP, or INVALID_FIELD with the field.
pub async fn body<T: DeserializeOwned>(request: &mut Request) -> service::Result<T> {
    let content_type = request.headers().get("Content-Type").ok().flatten().unwrap_or_default();
    if content_type.split(';').next().map(str::trim) != Some("application/json") {
        return Err(ErrorCode::UnsupportedMediaType.into());
    }
    let text = text(request).await?;
    json::check_nesting(&text)?;
    json::read(&text)
}

/// Reads a body as text.
pub async fn text(request: &mut Request) -> service::Result<String> {
    let too_large = || Refusal::new(ErrorCode::TooLarge).saying(format!("A body has at most {MAX_REST_BODY} bytes."));
    let announced = request.headers().get("Content-Length").ok().flatten().and_then(|length| length.parse().ok());
    if announced.is_some_and(|length: usize| length > MAX_REST_BODY) {
        return Err(too_large());
    }
    let bytes = request.bytes().await.map_err(|_| Refusal::new(ErrorCode::Malformed))?;
    if bytes.len() > MAX_REST_BODY {
        return Err(too_large());
    }
    String::from_utf8(bytes).map_err(|_| Refusal::new(ErrorCode::Malformed).saying("The body is not UTF-8."))
}

/// Who asks, by the bearer token: only its signature is checked here.
///
/// # Errors
/// UNAUTHENTICATED.
pub fn identity(request: &Request, config: &Config) -> service::Result<Identity> {
    let header = request.headers().get("Authorization").ok().flatten().unwrap_or_default();
    let token = header.strip_prefix("Bearer ").ok_or(ErrorCode::Unauthenticated)?;
    service::identify(config, token.trim())
}

/// The client's address, as the configuration says it is known.
pub fn client_address(request: &Request, config: &Config) -> String {
    let header = |name: &str| request.headers().get(name).ok().flatten();
    match &config.client_address {
        ClientAddress::Cloudflare => header("CF-Connecting-IP"),
        ClientAddress::Header(name) => {
            // A proxy appends what it saw: the last is the one to trust.
            header(name).and_then(|list| list.rsplit(',').next().map(|last| last.trim().to_owned()))
        }
        ClientAddress::Socket => {
            // The typed getters of `cf` unwrap, so it is read guarded.
            let get = |object: &JsValue, key: &str| js_sys::Reflect::get(object, &key.into()).ok();
            let inner: &JsValue = request.inner().as_ref();
            get(inner, "cf")
                .filter(JsValue::is_object)
                .and_then(|cf| get(&cf, "clientIp"))
                .and_then(|ip| ip.as_string())
                .map(without_port)
        }
    }
    .unwrap_or_default()
}

fn without_port(address: String) -> String {
    match address.rsplit_once(':') {
        // An IPv6 address without brackets has colons of its own.
        Some((host, _)) if !host.contains(':') || host.ends_with(']') => host.to_owned(),
        _ => address,
    }
}

/// Whether a browser on this origin may connect: the server's own, or one that
/// the configuration names. No origin means no browser.
pub fn origin_allowed(request: &Request, config: &Config) -> bool {
    let Some(origin) = request.headers().get("Origin").ok().flatten() else { return true };
    let host = request.headers().get("Host").ok().flatten().unwrap_or_default();
    let own =
        origin.split_once("://").is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && rest == host);
    own || config.allowed_origins.contains(&origin)
}

/// A JSON answer.
pub fn answer<T: Serialize>(status: u16, body: &T) -> Result<Response> {
    let mut response = Response::from_json(body)?.with_status(status);
    response.headers_mut().set("Cache-Control", "no-store")?;
    response.headers_mut().set("X-Content-Type-Options", "nosniff")?;
    Ok(response)
}

/// The answer to what was refused.
pub fn problem(refusal: &Refusal, path: &str) -> Result<Response> {
    let request_id: [u8; 8] = entropy::bytes(&mut System);
    let request_id: String = request_id.iter().map(|byte| format!("{byte:02x}")).collect();
    if refusal.code == ErrorCode::Internal {
        worker::console_error!("request {request_id} to {path} failed");
    }
    let mut response = answer(refusal.code.info().status, &Problem::of(refusal, path, request_id))?;
    let headers = response.headers_mut();
    headers.set("Content-Type", "application/problem+json")?;
    if let Some(seconds) = refusal.retry_after {
        headers.set("Retry-After", &format!("{}", seconds.ceil().max(1.0)))?;
    }
    if refusal.code.info().status == 401 {
        headers.set("WWW-Authenticate", "Bearer")?;
    }
    Ok(response)
}
