//! The WebSocket's door: what is checked before a hub hears of a socket.

use super::{address, http};
use crate::{calls::hub::object_name, config::Config, damage::Fault, network::Network, runtime::clock, service};
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::token::{ResumeToken, Ticket},
    limits::{MAX_HUBS_TRIED, PENDING_TIMEOUT},
    protocol::{SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON, SUBPROTOCOL_RESUME},
};
use worker::{Env, Headers, Request, RequestInit, Response, Url};

/// What a client offered in `Sec-WebSocket-Protocol`.
struct Offer {
    /// The subprotocol that is selected; none means first-generation JSON.
    protocol: Option<&'static str>,
    /// The ticket beside it.
    ticket: Option<String>,
    /// Or the resume token.
    resume: Option<String>,
}

fn read_offer(header: &str) -> Result<Offer, Refusal> {
    let offered: Vec<&str> = header.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let protocol = [SUBPROTOCOL_BINARY, SUBPROTOCOL_JSON].into_iter().find(|name| offered.contains(name));
    if protocol.is_none() && !offered.is_empty() {
        return Err(Refusal::new(ErrorCode::UnsupportedVersion).saying(format!(
            "Offer {SUBPROTOCOL_BINARY}, {SUBPROTOCOL_JSON} or no subprotocol; update the client."
        )));
    }
    let ticket = offered.iter().find(|name| name.starts_with("t1_")).map(|ticket| (*ticket).to_owned());
    let resume = offered.iter().find_map(|name| name.strip_prefix(SUBPROTOCOL_RESUME)).map(str::to_owned);
    Ok(Offer { protocol, ticket, resume })
}

/// Passes a socket on to the hub that its ticket or resume token names, or else to one with
/// room. A ticket or token for a damaged hub is refused: the client comes back with a new
/// ticket.
pub async fn open(request: &Request, env: &Env, config: &Config) -> service::Result<Response> {
    let header = |name: &str| request.headers().get(name).ok().flatten().unwrap_or_default();
    if !header("Upgrade").eq_ignore_ascii_case("websocket") {
        return Err(ErrorCode::UpgradeRequired.into());
    }
    if matches!(http::origin(request, config), http::Origin::Foreign) {
        return Err(ErrorCode::OriginRefused.into());
    }
    let offer = read_offer(&header("Sec-WebSocket-Protocol"))?;
    let secret = config.server_secret.as_bytes();
    let named = match (&offer.ticket, &offer.resume) {
        (Some(text), _) => Some(Ticket::parse(text, secret, clock::now()).ok_or(ErrorCode::InvalidTicket)?.hub),
        (None, Some(text)) => {
            let refusal = || Refusal::new(ErrorCode::InvalidTicket).saying("The resume token is invalid.");
            Some(ResumeToken::parse(text, secret).ok_or_else(refusal)?.hub)
        }
        (None, None) => None,
    };
    let network = address::network_of(request, config);
    for _ in 0..MAX_HUBS_TRIED {
        let hub = match named {
            Some(hub) => hub,
            // It is not known yet who this is: a place is kept once the player has signed in.
            None => service::place(env, config, None, None).await?,
        };
        match pass_on(env, hub, &offer, network).await {
            Ok(Err(refusal)) if refusal.code == ErrorCode::StorageCorrupt => {}
            Ok(answer) => return answer,
            Err(error) if matches!(Fault::of(&error.to_string()), Fault::Damaged | Fault::Unexplained) => {}
            Err(error) => {
                worker::console_error!("door: {error}");
                return Err(ErrorCode::Overloaded.into());
            }
        }
        let usable = service::is_usable(env, hub).await?;
        match named {
            Some(_) if usable => return Err(ErrorCode::Overloaded.into()),
            Some(_) => return Err(ErrorCode::InvalidTicket.into()),
            None => {}
        }
    }
    Err(ErrorCode::Overloaded.into())
}

async fn pass_on(env: &Env, hub: u32, offer: &Offer, network: Network) -> worker::Result<service::Result<Response>> {
    // This request is made anew, so that only what was checked reaches the hub of what the
    // client wrote.
    let mut url = Url::parse("https://object/socket")?;
    let binary = offer.protocol == Some(SUBPROTOCOL_BINARY);
    url.query_pairs_mut()
        .append_pair("encoding", if binary { "binary" } else { "json" })
        .append_pair("address", &network.to_string());
    if let Some(protocol) = offer.protocol {
        url.query_pairs_mut().append_pair("protocol", protocol);
    }
    if let Some(ticket) = &offer.ticket {
        url.query_pairs_mut().append_pair("ticket", ticket);
    }
    if let Some(token) = &offer.resume {
        url.query_pairs_mut().append_pair("resume", token);
    }
    let headers = Headers::new();
    headers.set("Upgrade", "websocket")?;
    let mut init = RequestInit::new();
    init.with_headers(headers);
    let request = Request::new_with_init(url.as_str(), &init)?;
    let mut response = env.durable_object("HUB")?.get_by_name(&object_name(hub))?.fetch_with_request(request).await?;
    if response.status_code() == 101 {
        return Ok(Ok(response));
    }
    Ok(Err(match ErrorCode::parse(&response.text().await?).unwrap_or(ErrorCode::Internal) {
        // A socket that waits there is let in or closed by then.
        ErrorCode::RateLimited => Refusal::new(ErrorCode::RateLimited)
            .after(PENDING_TIMEOUT as f64 / 1000.0)
            .saying("Too many sockets from your network have not signed in yet. Wait a moment."),
        ErrorCode::Overloaded => Refusal::new(ErrorCode::Overloaded).after(PENDING_TIMEOUT as f64 / 1000.0),
        code => code.into(),
    }))
}
