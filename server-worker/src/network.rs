//! Where a client comes from, as everything that counts addresses counts it.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// What an address is counted as: an IPv4 address is itself, an IPv6 address is its
/// /64 network, which is what one household or machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network {
    /// An IPv4 address, also where a socket of `HOST=::` shows it mapped into IPv6
    /// (RFC 4291 §2.5.5.2): all of those share one /64 and must be told apart.
    V4(Ipv4Addr),
    /// The first four groups of an IPv6 address.
    V6([u16; 4]),
    /// No address, or one that nobody can read. All of these share one count, so that a
    /// proxy that forgets its header makes the limits tighter and never lifts them.
    Unreadable,
}

impl Network {
    /// Reads an address as sockets and proxies write it: bare or in brackets, with a
    /// port or a zone or without; or a network as it is shown. Of a list the last entry counts: a proxy appends what
    /// it saw, and what stands before is the client's word.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let last = text.rsplit(',').next().unwrap_or_default().trim();
        read(last).map_or(Self::Unreadable, Self::from)
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

/// One address: `a.b.c.d`, `a.b.c.d:port`, `v6`, `v6%zone`, `[v6]`, `[v6%zone]:port`.
fn read(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    // What is left is IPv6: in brackets without a port, with a zone, or as it is shown here.
    let inner = match text.strip_prefix('[') {
        Some(rest) => {
            let (inner, port) = rest.split_once(']')?;
            let is_port = |port: &str| port.parse::<u16>().is_ok();
            if !port.is_empty() && !port.strip_prefix(':').is_some_and(is_port) {
                return None;
            }
            inner
        }
        None => text.strip_suffix("/64").unwrap_or(text),
    };
    let address = inner.split_once('%').map_or(inner, |(address, _)| address);
    address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(f),
            Self::V6([a, b, c, d]) => write!(f, "{a:x}:{b:x}:{c:x}:{d:x}::/64"),
            Self::Unreadable => f.write_str("unreadable"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(a: u8, b: u8, c: u8, d: u8) -> Network {
        Network::V4(Ipv4Addr::new(a, b, c, d))
    }

    #[test]
    fn an_address_is_read_however_sockets_and_proxies_write_it() {
        let home = Network::V6([0x2001, 0xdb8, 1, 2]);
        for (text, network) in [
            ("203.0.113.9", v4(203, 0, 113, 9)),
            (" 203.0.113.9 ", v4(203, 0, 113, 9)),
            ("203.0.113.9:51000", v4(203, 0, 113, 9)),
            ("2001:db8:1:2:3:4:5:6", home),
            ("[2001:db8:1:2::9]", home),
            ("[2001:db8:1:2::9]:51000", home),
            ("2001:DB8:1:2::9%eth0", home),
            ("[2001:db8:1:2::9%eth0]:51000", home),
            ("198.51.100.1, 203.0.113.9", v4(203, 0, 113, 9)),
            ("garbage,203.0.113.9:51000", v4(203, 0, 113, 9)),
            ("::1", Network::V6([0; 4])),
        ] {
            assert_eq!(Network::of(text), network, "{text}");
        }
    }

    #[test]
    fn ipv4_clients_of_an_ipv6_socket_are_told_apart() {
        assert_eq!(Network::of("[::ffff:203.0.113.9]:51000"), v4(203, 0, 113, 9));
        assert_eq!(Network::of("::ffff:cb00:7109"), v4(203, 0, 113, 9));
        assert_ne!(Network::of("::ffff:203.0.113.9"), Network::of("::ffff:203.0.113.10"));
    }

    #[test]
    fn one_household_is_one_network_and_its_neighbour_another() {
        assert_eq!(Network::of("2001:db8:1:2::1"), Network::of("2001:db8:1:2:ffff::1"));
        assert_ne!(Network::of("2001:db8:1:2::1"), Network::of("2001:db8:1:3::1"));
        assert_ne!(Network::of("203.0.113.9"), Network::of("203.0.113.10"));
    }

    #[test]
    fn whatever_cannot_be_read_shares_one_count() {
        for text in [
            "",
            " ",
            ",",
            "somewhere",
            "unknown",
            "203.0.113.9, ",
            "203.0.113.256",
            "203.0.113.9:port",
            "203.0.113.9:70000",
            "203.0.113.9%eth0",
            "[203.0.113.9]",
            "[2001:db8::1",
            "[2001:db8::1]51000",
            "[2001:db8::1]:",
            "for=203.0.113.9",
            "_hidden",
        ] {
            assert_eq!(Network::of(text), Network::Unreadable, "{text}");
        }
    }

    #[test]
    fn a_network_is_shown_as_the_throttles_name_it() {
        for (text, shown) in [
            ("203.0.113.9:1", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("::1", "0:0:0:0::/64"),
            ("nobody", "unreadable"),
        ] {
            assert_eq!(Network::of(text).to_string(), shown);
        }
    }

    #[test]
    fn what_is_shown_is_read_as_the_same_network_again() {
        for text in ["203.0.113.9", "2001:db8:1:2::9", "::1", "nobody"] {
            let network = Network::of(text);
            assert_eq!(Network::of(&network.to_string()), network, "{text}");
        }
    }
}
