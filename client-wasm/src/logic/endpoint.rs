//! Where the server is, from the one URL a game gives.

/// A server's addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    base: String,
}

impl Endpoint {
    /// The server at an absolute http or https URL; what follows its path is
    /// dropped.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let base = url.split(['?', '#']).next()?.trim_end_matches('/');
        let (scheme, rest) = base.split_once("://")?;
        (matches!(scheme, "http" | "https") && !rest.is_empty()).then(|| Self { base: base.to_owned() })
    }

    /// The address of a REST route, such as `/api/characters`.
    #[must_use]
    pub fn rest(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The address of the socket.
    #[must_use]
    pub fn socket(&self) -> String {
        // "http" is replaced by "ws", so "https" becomes "wss".
        format!("ws{}/ws", self.base.strip_prefix("http").unwrap_or_default())
    }

    /// The key that the session's token is stored under: one server's token is never sent to
    /// another.
    #[must_use]
    pub fn storage_key(&self) -> String {
        format!("shardlink.session@{}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sockets_address_follows_from_the_servers() {
        let endpoint = Endpoint::parse("https://play.example.org/game/?x=1#y").unwrap();
        assert_eq!(endpoint.rest("/api/status"), "https://play.example.org/game/api/status");
        assert_eq!(endpoint.socket(), "wss://play.example.org/game/ws");
        assert_eq!(Endpoint::parse("http://localhost:8787").unwrap().socket(), "ws://localhost:8787/ws");
    }

    #[test]
    fn what_is_no_http_address_is_refused() {
        for url in ["", "localhost", "ftp://x", "https://", "javascript:alert(1)"] {
            assert_eq!(Endpoint::parse(url), None, "{url}");
        }
    }
}
