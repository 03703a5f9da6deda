//! Text that is said: chat, announcements, emotes.

use super::characters::{is_visible, tidy};
use shardlink_shared::{
    ErrorCode, Refusal,
    protocol::{bounded::Text, chat::WorldAnnouncement},
    text::{Content, Draft},
};

/// What a player says as others will read it: without invisible characters, and with only a few
/// marks on a letter.
///
/// # Errors
/// EMPTY or TOO_LONG, with the field `content`.
pub fn content(draft: &Draft) -> Result<Content, Refusal> {
    let content = Draft::new(&tidy(draft.as_str())).accept()?;
    if is_visible(content.as_str()) { Ok(content) } else { Err(Refusal::new(ErrorCode::Empty).at("content")) }
}

/// An announcement under the same rule. A heading without a visible character is dropped.
///
/// # Errors
/// EMPTY with the field `content`.
pub fn announcement(announcement: &WorldAnnouncement) -> Result<WorldAnnouncement, Refusal> {
    let heading = |title: &Text<128>| {
        let title = Draft::new(&tidy(Draft::new(title.as_str()).as_str()));
        is_visible(title.as_str()).then(|| Text::cut(title.as_str()))
    };
    Ok(WorldAnnouncement {
        content: content(&Draft::new(announcement.content.as_str()))?,
        title: announcement.title.as_ref().and_then(heading),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<String, ErrorCode> {
        content(&Draft::new(text)).map(|content| content.as_str().to_owned()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn what_nobody_can_see_is_empty() {
        for text in
            ["", "   ", "\n", "\u{200B}", "\u{3164}", "\u{2800}", "\u{2800} \u{2800}", "\u{202E}\u{2066}", "\u{301}"]
        {
            assert_eq!(said(text), Err(ErrorCode::Empty), "{text:?}");
        }
    }

    #[test]
    fn what_is_said_is_one_line_of_what_can_be_seen() {
        for (text, expected) in [
            ("hello", "hello"),
            ("  one\r\ntwo\tthree ", "one two three"),
            ("e\u{301}\u{200B}", "é"),
            // What stood between a letter and its accent is gone: they are one.
            ("e\u{200B}\u{301}", "é"),
            ("a\u{202E}b\u{2069}c", "abc"),
            ("\u{2800}a\u{2800}", "\u{2800}a\u{2800}"),
            ("👩\u{200D}🚀 ❤\u{FE0F}", "👩\u{200D}🚀 ❤\u{FE0F}"),
            ("hi \u{200B}", "hi"),
        ] {
            assert_eq!(said(text).as_deref(), Ok(expected), "{text:?}");
        }
        // z with its dot and circumflex has no letter of its own: the marks are kept, to four.
        assert_eq!(said(&format!("z{}algo", "\u{489}".repeat(60))), Ok(format!("z{}algo", "\u{489}".repeat(4))));
    }

    #[test]
    fn length_is_that_of_what_is_left() {
        assert_eq!(said(&format!("{}{}", "é".repeat(500), "\u{200B}".repeat(500))), Ok("é".repeat(500)));
        assert_eq!(said(&"é".repeat(501)), Err(ErrorCode::TooLong));
    }

    #[test]
    fn an_announcement_and_its_heading_follow_the_rule() {
        let of = |text: &str, title: &str| {
            let read =
                WorldAnnouncement { content: Draft::new(text).accept().unwrap(), title: Text::parse(title).ok() };
            announcement(&read).map(|read| read.title.map(|title| title.as_str().to_owned()))
        };
        assert_eq!(of("The shards stir", "To\nall\u{200B}"), Ok(Some("To all".to_owned())));
        assert_eq!(of("The shards stir", "\u{3164}"), Ok(None));
        assert_eq!(of("\u{3164}", "To all").unwrap_err().field.as_deref(), Some("content"));
    }
}
