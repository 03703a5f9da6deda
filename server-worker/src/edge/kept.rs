//! What clients may keep of an answer, and how they ask whether it is still so (RFC 9110 §13,
//! RFC 9111, RFC 8246).

use serde::Serialize;
use shardlink_shared::crypto::password::mac;
use std::marker::PhantomData;

/// Of an address under which there is never anything else: a year, after which nobody has it.
pub const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Of an address whose content changes: it may be kept, and is asked for again at each use.
pub const ASK_AGAIN: &str = "no-cache";

/// Whether an `If-None-Match` names this `ETag`. Weak and strong ones are equal here
/// (RFC 9110 §13.1.2): what compresses an answer on its way makes its tag a weak one.
#[must_use]
pub fn names(if_none_match: &str, etag: &str) -> bool {
    fn opaque(tag: &str) -> &str {
        let tag = tag.trim();
        tag.strip_prefix("W/").unwrap_or(tag)
    }
    // No tag of ours has a comma in it.
    if_none_match.trim() == "*" || if_none_match.split(',').any(|tag| opaque(tag) == opaque(etag))
}

/// A JSON answer that changes with the server's build alone: written and hashed once.
#[derive(Debug)]
pub struct Kept<T> {
    text: String,
    hash: String,
    of: PhantomData<fn() -> T>,
}

/// How a request for something kept is answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The body; without one it is 304.
    pub text: Option<&'a str>,
    /// The hash of the content, in quotes.
    pub etag: String,
    /// How long it may be kept.
    pub cache_control: &'static str,
}

impl<T: Serialize> Kept<T> {
    /// Writes it.
    #[must_use]
    #[allow(clippy::expect_used)] // It is a constant of ours, and a test writes it.
    pub fn of(content: &T) -> Self {
        let text = serde_json::to_string(content).expect("a type of ours cannot be written as JSON");
        // HMAC-SHA-256 under a key that everybody may know is a hash, of which half is enough.
        let hash = mac(b"shardlink content", &[text.as_bytes()]);
        let hash = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self { text, hash, of: PhantomData }
    }
}

impl<T> Kept<T> {
    /// Answers a request that expects the content of this hash, and has kept that of these tags.
    #[must_use]
    pub fn answer(&self, expected: Option<&str>, if_none_match: Option<&str>) -> Answer<'_> {
        let etag = format!("\"{}\"", self.hash);
        let has_it = if_none_match.is_some_and(|tags| names(tags, &etag));
        Answer {
            text: (!has_it).then_some(&self.text),
            cache_control: if expected == Some(&self.hash) { FOR_EVER } else { ASK_AGAIN },
            etag,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::bodies::Canon;

    #[test]
    fn a_tag_is_found_in_any_list_weak_or_strong() {
        for tags in ["\"a1\"", "W/\"a1\"", "\"b2\", \"a1\"", " W/\"b2\",W/\"a1\" ", "*", " * "] {
            assert!(names(tags, "\"a1\"") && names(tags, "W/\"a1\""), "{tags}");
        }
        for tags in ["", "\"b2\"", "a1", "\"A1\"", "\"a1", "w/\"a1\"", "\"a1\" \"b2\"", "W/", ",", "*, \"b2\""] {
            assert!(!names(tags, "\"a1\""), "{tags}");
        }
    }

    #[test]
    fn who_has_kept_it_is_sent_nothing_and_who_asks_for_the_hash_may_keep_it_for_ever() {
        let kept = Kept::of(&Canon::of_this_build());
        let first = kept.answer(None, None);
        assert_eq!((first.text, first.cache_control), (Some(&*kept.text), ASK_AGAIN));
        let hash = first.etag.trim_matches('"');
        assert!(hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");

        let again = kept.answer(None, Some(&first.etag));
        assert_eq!(again, Answer { text: None, etag: first.etag.clone(), cache_control: ASK_AGAIN });
        let by_hash = kept.answer(Some(hash), None);
        assert_eq!((by_hash.text, by_hash.cache_control), (Some(&*kept.text), FOR_EVER));
        assert_eq!(kept.answer(Some(hash), Some("*")).cache_control, FOR_EVER);
        for unknown in ["", "0", &first.etag, &hash.to_uppercase()] {
            let answer = kept.answer(Some(unknown), Some("\"0\""));
            assert_eq!((answer.text, answer.cache_control), (Some(&*kept.text), ASK_AGAIN), "{unknown}");
        }
    }

    #[test]
    fn another_content_has_another_hash() {
        assert_ne!(Kept::of(&1).hash, Kept::of(&2).hash);
        assert_eq!(Kept::of(&1).hash, Kept::of(&1).hash);
    }
}
