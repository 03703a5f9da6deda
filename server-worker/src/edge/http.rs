//! Requests in, answers out: bodies, tokens, addresses, problems.

use super::{
    address,
    bodies::{Body, Place, Problem},
    body,
    budget::Budgets,
    kept,
    routes::{self, Access, Endpoint, Matched},
};
use crate::{
    config::Config,
    hub::sockets::connection::Identity,
    network::Network,
    runtime::{clock, entropy::System},
    service,
};
use serde::Serialize;
use shardlink_shared::{ErrorCode, Refusal, crypto::password::mac, entropy};
use std::cell::RefCell;
use worker::{Env, Headers, Request, Response, Result};

thread_local! {
    static BUDGETS: RefCell<Budgets> = RefCell::default();
}

/// What a route was given.
pub struct Input<B> {
    /// What it takes.
    pub body: B,
    /// The text in the place of the path's `{id}`.
    pub id: Option<String>,
    /// The client's network, as text.
    pub address: String,
    identity: service::Result<Identity>,
}

impl<B> Input<B> {
    /// The owner of the bearer token, of which only the signature has been checked.
    ///
    /// # Errors
    /// UNAUTHENTICATED.
    pub fn identity(&self) -> service::Result<Identity> {
        self.identity.clone()
    }
}

/// Reads a route's input. The request is counted first, then its session is looked for: where
/// one is needed, a stranger's body is not read.
///
/// # Errors
/// UNAUTHENTICATED, RATE_LIMITED, UNSUPPORTED_MEDIA_TYPE, TOO_LARGE, REQUEST_TIMEOUT,
/// MALFORMED, TOO_DEEP, or INVALID_FIELD with the field.
pub async fn input<E: Endpoint>(
    request: &Request,
    id: Option<&str>,
    env: &Env,
    config: &Config,
) -> service::Result<Input<E::Body>> {
    let identity = identity(request, config);
    let network = address::network_of(request, config);
    let session = identity.as_ref().ok().map(|identity| identity.player);
    BUDGETS.with_borrow_mut(|budgets| budgets.take(config, clock::now(), E::ENTRY.cost, session, network))?;
    match E::ENTRY.access {
        Access::Anyone => {}
        Access::Session => drop(identity.clone()?),
        Access::Admin => admit_admin(request, config)?,
    }
    if E::ENTRY.path.starts_with("/api/auth/") {
        admit(env, network).await?;
    }
    let text = match E::Body::PLACE {
        Place::Nowhere => String::new(),
        Place::Query => request.url().ok().and_then(|url| url.query().map(str::to_owned)).unwrap_or_default(),
        Place::Json => {
            let content_type = request.headers().get("Content-Type").ok().flatten().unwrap_or_default();
            if !content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
                return Err(ErrorCode::UnsupportedMediaType.into());
            }
            body::text(request).await?
        }
        Place::OptionalJson => body::text(request).await?,
    };
    Ok(Input { body: E::Body::read(&text)?, id: id.map(str::to_owned), address: network.to_string(), identity })
}

/// The binding of Cloudflare's own rate limit: it stops a flood before any object is asked.
/// Elsewhere the binding does not exist, and the Throttles limit alone.
const EDGE_LIMIT: &str = "AUTH_LIMIT";

async fn admit(env: &Env, network: Network) -> service::Result<()> {
    let Ok(limiter) = env.rate_limiter(EDGE_LIMIT) else { return Ok(()) };
    match limiter.limit(network.to_string()).await {
        Ok(outcome) if !outcome.success => Err(Refusal::new(ErrorCode::RateLimited).after(60.0)),
        // A limiter that does not answer locks nobody out.
        _ => Ok(()),
    }
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

/// Lets in those who run the realm. Where no `ADMIN_TOKEN` is configured, the address does not
/// exist.
fn admit_admin(request: &Request, config: &Config) -> service::Result<()> {
    let admin = config.admin_token.as_ref().ok_or(ErrorCode::NotFound)?;
    // Comparing keyed hashes takes a time that tells nothing of the token.
    let tag = |token: &str| mac(config.server_secret.as_bytes(), &[b"shardlink admin\0", token.as_bytes()]);
    let shown = bearer(request).ok();
    let refusal = || Refusal::new(ErrorCode::Unauthenticated).saying("Show the ADMIN_TOKEN as the bearer token.");
    shown.filter(|shown| tag(shown) == tag(admin)).map(drop).ok_or_else(refusal)
}

/// The page that a request comes from.
pub enum Origin {
    /// No page was named: the client is no browser, or one of our own pages makes a GET.
    None,
    /// The server's own page, or one that the configuration names.
    Allowed(String),
    /// Another page.
    Foreign,
}

/// Reads which page a request comes from.
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
        headers.set("Access-Control-Expose-Headers", "Allow, ETag, Retry-After, WWW-Authenticate")?;
    }
    Ok(())
}

/// Answers OPTIONS: the methods of an address, and to a browser for which page they are
/// allowed.
pub fn options(found: Matched<'_>, request: &Request, origin: &Origin, path: &str) -> Result<Response> {
    let methods = match found {
        Matched::OtherMethods(methods) => methods,
        // `find` gives no route for OPTIONS, so everything else here does not exist.
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
    protect(headers)?;
    Ok(response)
}

/// A JSON answer that is kept, or 304 to whoever has kept it.
pub fn kept(answer: &kept::Answer<'_>) -> Result<Response> {
    let mut response = match answer.text {
        Some(text) => Response::ok(text)?,
        None => Response::empty()?.with_status(304),
    };
    let headers = response.headers_mut();
    if answer.text.is_some() {
        headers.set("Content-Type", "application/json")?;
    }
    headers.set("ETag", &answer.etag)?;
    headers.set("Cache-Control", answer.cache_control)?;
    protect(headers)?;
    Ok(response)
}

fn protect(headers: &mut Headers) -> Result<()> {
    headers.set("X-Content-Type-Options", "nosniff")?;
    headers.set("Referrer-Policy", "no-referrer")?;
    // A browser never shows an answer as a page.
    headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
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
