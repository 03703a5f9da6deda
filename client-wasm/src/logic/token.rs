//! What opens a socket.

use shardlink_shared::protocol::bounded::Secret;

/// A ticket or a resume token: only letters, digits, `_`, `-` and `.`, so
/// that it can stand in a subprotocol as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token(Secret<512>);

impl Token {
    /// The token written like this.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let plain = !text.is_empty() && text.chars().all(allowed);
        Secret::parse(text).ok().filter(|_| plain).map(Self)
    }

    /// The token itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_could_break_out_of_a_header_is_none() {
        for text in ["", "a b", "a\nX: y", "ä", "a,b"] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
        assert_eq!(format!("{:?}", Token::parse("t1_a-b").unwrap()), "Token(Secret(..))");
    }
}
