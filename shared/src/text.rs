//! Text that people write: names, passwords and chat. Parsed once, at the edge, by the
//! cheap rules that both sides need: lengths, control characters, line breaks.
//!
//! The other rules for text that others will see (that something of it is visible, that a new
//! name imitates nobody) are checked by the server alone, in `server-worker/src/text/`, so
//! Unicode's tables are not part of the browser client's download.

use crate::{ErrorCode, Refusal, limits};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Cow, fmt};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $bounds:expr, $what:literal, $allowed:expr, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $name(
            #[cfg_attr(
                feature = "schema",
                schemars(length(min = *$bounds.start(), max = *$bounds.end()), regex(pattern = $pattern))
            )]
            String,
        );

        impl $name {
            /// Parses a name; the error says which rule it breaks.
            pub fn parse(text: &str) -> Result<Self, &'static str> {
                let allowed: fn(char) -> bool = $allowed;
                let length = text.chars().count();
                if !$bounds.contains(&length) || !text.chars().all(allowed) || text.trim() != text || text.contains("  ") {
                    return Err($what);
                }
                Ok(Self(text.to_owned()))
            }

            /// The name as its owner wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// What the name is compared by: two names must differ in more than case.
            #[must_use]
            pub fn key(&self) -> String {
                self.0.to_ascii_lowercase()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }
    };
}

name!(
    /// A user name: 3 to 50 ASCII letters, digits and `_ - .`.
    UserName,
    limits::USER_NAME,
    "must be 3 to 50 letters (A to Z), digits, dots, hyphens and underscores",
    |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'),
    r"^[A-Za-z0-9_.\-]*$"
);

name!(
    /// A character's name: 3 to 24 ASCII letters, digits, apostrophes, hyphens
    /// and single spaces between.
    CharacterName,
    limits::CHARACTER_NAME,
    "must be 3 to 24 letters (A to Z), digits, apostrophes, hyphens and single spaces between them",
    |c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '\'' | '-'),
    r"^[A-Za-z0-9'\-]+( [A-Za-z0-9'\-]+)*$"
);

/// A password: 6 to 256 bytes.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Password(#[cfg_attr(feature = "schema", schemars(length(min = 2, max = *limits::PASSWORD.end())))] String);

impl Password {
    /// Parses a password; the error says which rule it breaks.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if limits::PASSWORD.contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 6 to 256 bytes long")
        }
    }

    /// The password's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// Text as a player sent it: in NFC, in one line, without control characters and
/// bidirectional overrides, not judged yet. [`Draft::accept`] judges it, so
/// that a chat that is empty or too long is a refusal with its own code and
/// not an undecodable message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct Draft(#[cfg_attr(feature = "schema", schemars(length(min = 1, max = limits::MAX_CHAT)))] String);

impl Draft {
    /// Cleans what a player wrote.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let wanted = text.chars().filter(|c| breaks_line(*c) || !is_unwanted(*c));
        let cleaned = nfc(in_one_line(wanted));
        Self(cleaned.trim().to_owned())
    }

    /// The text so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The content, if it has 1 to [`limits::MAX_CHAT`] characters.
    ///
    /// # Errors
    /// EMPTY or TOO_LONG, with the field `content`.
    pub fn accept(self) -> Result<Content, Refusal> {
        if self.0.is_empty() {
            return Err(Refusal::new(ErrorCode::Empty).at("content"));
        }
        if self.0.chars().count() > limits::MAX_CHAT {
            return Err(Refusal::new(ErrorCode::TooLong)
                .at("content")
                .saying(format!("A message has at most {} characters.", limits::MAX_CHAT)));
        }
        Ok(Content(self.0))
    }
}

impl Serialize for Draft {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Draft {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&Cow::<str>::deserialize(deserializer)?))
    }
}

/// The content of a chat: 1 to 500 characters in NFC, in one line, without control
/// characters and bidirectional overrides.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct Content(#[cfg_attr(feature = "schema", schemars(length(min = 1, max = limits::MAX_CHAT)))] String);

impl Content {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let accepted = Draft::deserialize(deserializer)?.accept();
        // The field's own sentence; its code is that of every field that cannot be read.
        accepted.map_err(|refusal| de::Error::custom(refusal.sentence()))
    }
}

/// The text in which every line break or tab, with the spaces after it, has become one space:
/// words of two lines stay two words.
fn in_one_line(text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let (mut after_space, mut after_break) = (false, false);
    text.filter_map(move |c| {
        let breaks = breaks_line(c);
        if (breaks && after_space) || (after_break && c == ' ') {
            after_break = true;
            return None;
        }
        (after_space, after_break) = (breaks || c == ' ', breaks);
        Some(if breaks { ' ' } else { c })
    })
}

/// Whether a character ends a line (Unicode's mandatory breaks) or is a tab.
#[must_use]
pub const fn breaks_line(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(feature = "nfc")]
fn nfc(text: impl Iterator<Item = char>) -> String {
    unicode_normalization::UnicodeNormalization::nfc(text).collect()
}

/// Text that comes from a server is in NFC already, and the server brings what is sent to it
/// into NFC.
#[cfg(not(feature = "nfc"))]
fn nfc(text: impl Iterator<Item = char>) -> String {
    text.collect()
}

/// Control characters, and the characters that reorder what stands around them
/// (Unicode's Bidi_Control property less the plain marks).
fn is_unwanted(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_3_to_50_plain_characters() {
        for name in ["abc", "A.b-c_9", &"x".repeat(50)] {
            assert!(UserName::parse(name).is_ok(), "{name}");
        }
        for name in ["", "ab", "a b c", "äöü", "abc\u{202E}", "a/b", &"x".repeat(51)] {
            assert!(UserName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn character_names_may_have_inner_spaces_but_not_at_the_ends() {
        for name in ["Aria", "Mor'gan the 2nd", "Jean-Luc"] {
            assert!(CharacterName::parse(name).is_ok(), "{name}");
        }
        for name in [" Aria", "Aria ", "A  ria", "Al", "Ar\tia", &"x".repeat(25)] {
            assert!(CharacterName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn names_are_compared_without_case() {
        assert_eq!(UserName::parse("Aria").unwrap().key(), UserName::parse("aRIA").unwrap().key());
    }

    #[test]
    fn line_breaks_and_tabs_become_one_space_so_that_words_do_not_join() {
        for (text, expected) in [
            ("one\ntwo", "one two"),
            ("one\r\ntwo", "one two"),
            ("one\ttwo", "one two"),
            ("one \n\n  two", "one two"),
            ("one\u{2028}two\u{2029}three\u{85}four\u{B}five\u{C}six", "one two three four five six"),
            ("one  two", "one  two"),
            ("\none\n", "one"),
            ("o\u{0}n\u{7}e", "one"),
            ("one \u{7}\n\u{202E}two", "one two"),
        ] {
            assert_eq!(Draft::new(text).as_str(), expected, "{text:?}");
            assert_eq!(Draft::new(expected).as_str(), expected, "{text:?}: once is enough");
        }
    }

    #[test]
    fn content_is_cleaned_then_judged() {
        let accept = |text: &str| Draft::new(text).accept().map(|content| content.as_str().to_owned());
        assert_eq!(accept("  he\u{202E}l\u{0}lo\n").as_deref(), Ok("hello"));
        assert_eq!(accept("e\u{301}").as_deref(), Ok("é"));
        assert_eq!(accept(" \n\u{2066} ").map_err(|r| r.code), Err(ErrorCode::Empty));
        assert_eq!(accept(&"é".repeat(500)).map(|text| text.chars().count()), Ok(500));
        assert_eq!(accept(&"é".repeat(501)).map_err(|r| r.code), Err(ErrorCode::TooLong));
    }

    #[test]
    fn a_password_never_prints() {
        assert_eq!(format!("{:?}", Password::parse("hunter22").unwrap()), "Password(..)");
        assert!(Password::parse("short").is_err());
    }
}
