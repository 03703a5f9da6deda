//! Requests in, answers out: bodies, tokens, addresses, problems.

use super::{
    bodies::{Body, Place, Problem},
    routes::{self, Access, Endpoint, Matched},
};
use crate::{
    config::{ClientAddress, Config},
    hub::connection::Identity,
    runtime::entropy::System,
    service,
    throttle::logic::network_of,
};
use serde::Serialize;
use shardlink_shared::{ErrorCode, Refusal, crypto::password::mac, entropy, limits::MAX_REST_BODY};
use wasm_bindgen::JsValue;
use worker::{Env, Request, Response, Result};

/// What a route was given.
pub struct Input<B> {
    /// What it takes.
    pub body: B,
    /// What stands in the place of the path's `{id}`.
    pub id: Option<String>,
    /// Where the client is.
    pub address: String,
    identity: service::Result<Identity>,
}

impl<B> Input<B> {
    /// Who asks, by the bearer token: only its signature has been checked.
    ///
    /// # Errors
    /// UNAUTHENTICATED.
    pub fn identity(&self) -> service::Result<Identity> {
        self.identity.clone()
    }
}

/// Reads what a route takes. Who asks comes first: a stranger's body is not read
/// where a session is needed.
///
/// # Errors
/// UNAUTHENTICATED, RATE_LIMITED, UNSUPPORTED_MEDIA_TYPE, TOO_LARGE, MALFORMED,
/// TOO_DEEP, or INVALID_FIELD with the field.
pub async fn input<E: Endpoint>(
    request: &mut Request,
    id: Option<&str>,
    env: &Env,
    config: &Config,
) -> service::Result<Input<E::Body>> {
    let identity = identity(request, config);
    match E::ENTRY.access {
        Access::Anyone => {}
        Access::Session => drop(identity.clone()?),
        Access::Admin => admit_admin(request, config)?,
    }
    let address = client_address(request, config);
    if E::ENTRY.path.starts_with("/api/auth/") {
        admit(env, &address).await?;
    }
    let text = match E::Body::PLACE {
        Place::Nowhere => String::new(),
        Place::Query => request.url().ok().and_then(|url| url.query().map(str::to_owned)).unwrap_or_default(),
        Place::Json => {
            let content_type = request.headers().get("Content-Type").ok().flatten().unwrap_or_default();
            if !content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
                return Err(ErrorCode::UnsupportedMediaType.into());
            }
            text(request).await?
        }
        Place::OptionalJson => text(request).await?,
    };
    Ok(Input { body: E::Body::read(&text)?, id: id.map(str::to_owned), address, identity })
}

/// The binding of Cloudflare's own rate limit: it stops a flood before any
/// object is asked. Elsewhere there is none, and the Throttles do.
const EDGE_LIMIT: &str = "AUTH_LIMIT";

async fn admit(env: &Env, address: &str) -> service::Result<()> {
    let (Ok(limiter), Some(network)) = (env.rate_limiter(EDGE_LIMIT), network_of(address)) else { return Ok(()) };
    match limiter.limit(network).await {
        Ok(outcome) if !outcome.success => Err(Refusal::new(ErrorCode::RateLimited).after(60.0)),
        // A limiter that does not answer must not lock everybody out.
        _ => Ok(()),
    }
}

/// Reads a body as text.
async fn text(request: &mut Request) -> service::Result<String> {
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

fn identity(request: &Request, config: &Config) -> service::Result<Identity> {
    service::identify(config, &bearer(request)?)
}

/// The token in the header.
fn bearer(request: &Request) -> service::Result<String> {
    let header = request.headers().get("Authorization").ok().flatten().unwrap_or_default();
    let (scheme, token) = header.split_once(' ').ok_or(ErrorCode::Unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ErrorCode::Unauthenticated.into());
    }
    Ok(token.trim().to_owned())
}

/// Lets those in who run the realm. Where nobody may, there is nothing.
fn admit_admin(request: &Request, config: &Config) -> service::Result<()> {
    let admin = config.admin_token.as_ref().ok_or(ErrorCode::NotFound)?;
    // By their keyed hashes: how long it takes tells nothing of the token.
    let tag = |token: &str| mac(config.server_secret.as_bytes(), &[b"shardlink admin\0", token.as_bytes()]);
    if tag(&bearer(request)?) == tag(admin) { Ok(()) } else { Err(ErrorCode::Unauthenticated.into()) }
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

/// The page that a request comes from.
pub enum Origin {
    /// None: it is no browser, or the page is one of ours and it is a GET.
    None,
    /// The server's own, or one that the configuration names.
    Allowed(String),
    /// Another.
    Foreign,
}

/// Reads where a request comes from.
pub fn origin(request: &Request, config: &Config) -> Origin {
    let Some(origin) = request.headers().get("Origin").ok().flatten() else { return Origin::None };
    let host = request.headers().get("Host").ok().flatten().unwrap_or_default();
    let own =
        origin.split_once("://").is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && rest == host);
    if own || config.allowed_origins.contains(&origin) { Origin::Allowed(origin) } else { Origin::Foreign }
}

/// Tells a browser which page may read the answer. Tokens stand in headers that
/// the page sets itself, so credentials are never allowed.
pub fn share(response: &mut Response, origin: &Origin) -> Result<()> {
    let headers = response.headers_mut();
    headers.append("Vary", "Origin")?;
    if let Origin::Allowed(origin) = origin {
        headers.set("Access-Control-Allow-Origin", origin)?;
        headers.set("Access-Control-Expose-Headers", "Allow, Retry-After, WWW-Authenticate")?;
    }
    Ok(())
}

/// What may be done at an address; to a browser, on behalf of which page.
pub fn options(found: Matched<'_>, request: &Request, origin: &Origin, path: &str) -> Result<Response> {
    let methods = match found {
        Matched::OtherMethods(methods) => methods,
        // No route is asked with OPTIONS, so what is left is what does not exist.
        _ => return problem(&ErrorCode::NotFound.into(), path),
    };
    let is_preflight = request.headers().has("Access-Control-Request-Method")?;
    if is_preflight && matches!(origin, Origin::Foreign) {
        let mut response = problem(&ErrorCode::OriginRefused.into(), path)?;
        share(&mut response, origin)?;
        return Ok(response);
    }
    let mut response = Response::empty()?.with_status(204);
    let allowed = routes::allow(&methods);
    let headers = response.headers_mut();
    headers.set("Allow", &allowed)?;
    if is_preflight {
        headers.set("Access-Control-Allow-Methods", &allowed)?;
        headers.set("Access-Control-Allow-Headers", "Authorization, Content-Type")?;
        headers.set("Access-Control-Max-Age", "600")?;
    }
    share(&mut response, origin)?;
    Ok(response)
}

/// A JSON answer.
pub fn answer<T: Serialize>(status: u16, body: &T) -> Result<Response> {
    let mut response = Response::from_json(body)?.with_status(status);
    let headers = response.headers_mut();
    headers.set("Cache-Control", "no-store")?;
    headers.set("X-Content-Type-Options", "nosniff")?;
    headers.set("Referrer-Policy", "no-referrer")?;
    // Nothing of an answer is ever a page.
    headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")?;
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
