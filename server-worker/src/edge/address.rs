//! The network that a request comes from, read as the configuration says.

use super::cf;
use crate::{
    config::{ClientAddress, Config},
    network::Network,
    runtime::clock,
};
use shardlink_shared::{protocol::bounded::Text, time::Millis};
use std::cell::Cell;
use worker::{Request, console_error};

/// The log names an address that cannot be read at most once in this many milliseconds.
const LOG_INTERVAL: u64 = 60_000;

thread_local! {
    static LOGGED_AT: Cell<Option<Millis>> = const { Cell::new(None) };
}

/// The network that a request comes from. Requests that lack the configured header, or have no
/// address in it, all count as one network, and the log says so.
pub fn network_of(request: &Request, config: &Config) -> Network {
    let shown = shown(request, config);
    let network = shown.as_deref().map_or(Network::Unreadable, Network::of);
    if network == Network::Unreadable {
        log(config, shown.as_deref());
    }
    network
}

fn shown(request: &Request, config: &Config) -> Option<String> {
    let header = |name: &str| request.headers().get(name).ok().flatten();
    match &config.client_address {
        ClientAddress::Cloudflare => header("CF-Connecting-IP"),
        ClientAddress::Header(name) => header(name),
        ClientAddress::Socket => cf::text(request, "clientIp"),
    }
}

fn log(config: &Config, shown: Option<&str>) {
    let now = clock::now();
    // After the clock was set back the log is not silent until it has caught up.
    let is_early = |at: Millis| now >= at && now.since(at) < LOG_INTERVAL;
    if LOGGED_AT.get().is_some_and(is_early) {
        return;
    }
    LOGGED_AT.set(Some(now));
    let found = match shown {
        // A client may have written this text. Quoted and cut, it cannot pass for a line of the
        // log.
        Some(text) => format!("{:?} is no address", Text::<64>::cut(text).as_str()),
        None => "there is none".to_owned(),
    };
    console_error!(
        "CLIENT_ADDRESS={}: {found}. All clients whose address cannot be read share the limits of one.",
        config.client_address
    );
}
