//! What readers see of a character: whether it is visible, and whether it has an effect where
//! it stands.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BidiClass, BidiControl, CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier,
        ExtendedPictographic, GeneralCategory, Ideographic, JoiningType, PrependedConcatenationMark,
    },
};
use shardlink_shared::limits::MAX_MARKS;
use std::borrow::Cow;

/// The joiner of emoji, which also shapes letters.
const JOINER: char = '\u{200D}';

/// The non-joiner, which keeps letters apart that would join.
const NON_JOINER: char = '\u{200C}';

/// The black flag that begins a flag of tags: the region is spelt invisibly after it.
const BLACK_FLAG: char = '\u{1F3F4}';

/// Whether a character is drawn as nothing: Unicode's default-ignorable code points (the Hangul
/// fillers among them) and format characters, except those that stand before a number and are
/// visible.
fn is_hidden(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || (general_category(c) == GeneralCategory::Format
            && !CodePointSetData::new::<PrependedConcatenationMark>().contains(c))
}

/// Whether a character is a letter or a symbol by its category, and drawn blank: Braille's
/// empty cell, a note without a head, an empty hieroglyph.
pub fn is_blank(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{1D159}' | '\u{13441}' | '\u{13442}')
}

/// Whether a character turns the direction of writing around it.
pub fn turns_direction(c: char) -> bool {
    CodePointSetData::new::<BidiControl>().contains(c)
}

/// Whether a character is drawn onto the one before it, without room of its own.
pub fn is_mark(c: char) -> bool {
    matches!(general_category(c), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
}

/// Whether a reader sees anything of a text.
pub fn is_visible(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace() && !is_hidden(c) && !is_blank(c) && !is_mark(c))
}

/// The number of characters of a text that are drawn as nothing, wherever they stand.
pub fn count_hidden(text: &str) -> usize {
    text.chars().filter(|c| is_hidden(*c)).count()
}

/// The text without what is invisible, and with at most [`MAX_MARKS`] marks on a character.
/// Invisible characters that have an effect where they stand are kept: those that join emoji or
/// choose how they are drawn, those that shape joining letters, and direction marks in a text
/// with letters from right to left.
pub fn tidy(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let turns = text.chars().any(is_from_right);
    let mut kept = String::with_capacity(text.len());
    let mut before = None;
    let mut marks = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let rest = chars.as_str();
        if is_hidden(c) {
            let turns_on = turns && turns_direction(c) && !before.is_some_and(turns_direction);
            if !turns_on && !before.is_some_and(|before| is_useful(before, c, rest.chars().next())) {
                continue;
            }
        } else if is_mark(c) {
            marks += 1;
            if marks > MAX_MARKS {
                continue;
            }
        } else {
            marks = 0;
        }
        kept.push(c);
        before = Some(c);
        if c == BLACK_FLAG {
            let (tags, after) = rest.split_at_checked(flag_length(rest)).unwrap_or(("", rest));
            kept.push_str(tags);
            chars = after.chars();
        }
    }
    Cow::Owned(kept)
}

/// Whether an invisible character has an effect between these two.
fn is_useful(before: char, c: char, after: Option<char>) -> bool {
    match c {
        JOINER if after.is_some_and(is_pictographic) => ends_emoji(before) || shapes(before),
        JOINER | NON_JOINER => shapes(before),
        // It chooses between text and colours; for a digit only in a key (1️⃣).
        '\u{FE0E}' | '\u{FE0F}' => {
            is_pictographic(before)
                || (CodePointSetData::new::<Emoji>().contains(before)
                    && (!before.is_ascii() || after == Some('\u{20E3}')))
        }
        // It chooses the form of an ideograph.
        '\u{FE00}'..='\u{FE02}' | '\u{E0100}'..='\u{E01EF}' => {
            CodePointSetData::new::<Ideographic>().contains(before)
        }
        _ => false,
    }
}

fn ends_emoji(c: char) -> bool {
    is_pictographic(c) || c == '\u{FE0F}' || CodePointSetData::new::<EmojiModifier>().contains(c)
}

fn is_pictographic(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

/// Whether a character joins the next one, so that a joiner or non-joiner after it has a
/// visible effect: the parts of RFC 5892, appendix A, that decide what is kept.
fn shapes(c: char) -> bool {
    let joining = CodePointMapData::<JoiningType>::new().get(c);
    matches!(joining, JoiningType::DualJoining | JoiningType::LeftJoining | JoiningType::RightJoining)
        || CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama
}

fn is_from_right(c: char) -> bool {
    let class = CodePointMapData::<BidiClass>::new().get(c);
    c.is_alphabetic() && matches!(class, BidiClass::RightToLeft | BidiClass::ArabicLetter)
}

/// The length in bytes of the region behind a black flag: up to six letters or digits as
/// tags, and the tag that ends them; 0 if there is none.
fn flag_length(text: &str) -> usize {
    let region = text.chars().take_while(|c| matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}'));
    let tags = region.count();
    let ends = text.chars().nth(tags) == Some('\u{E007F}');
    if ends && (1..=6).contains(&tags) { text.chars().take(tags + 1).map(char::len_utf8).sum() } else { 0 }
}

fn general_category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_seen_of_fillers_blanks_spaces_and_marks_alone() {
        for text in [
            "",
            " ",
            "\u{A0}",
            "\u{3000}",
            "\u{200B}",
            "\u{200B}\u{FEFF}",
            "\u{3164}",
            "\u{115F}\u{1160}",
            "\u{FFA0}",
            "\u{2800}\u{2800}",
            "\u{AD}",
            "\u{34F}",
            "\u{180E}",
            "\u{200D}\u{200C}",
            "\u{FE0F}",
            "\u{E0041}",
            "\u{301}",
            "\u{20DD}",
            "\u{2060}\u{2064}",
            "\u{1D159}",
            "\u{200E}\u{200F}\u{61C}",
            "\u{FFF9}",
        ] {
            assert!(!is_visible(text), "{text:?}");
        }
        for text in
            ["a", ".", "é", "あ", "한", "👍", "\u{600}", "1\u{FE0F}\u{20E3}", "\u{2801}", "\u{FFFD}", "\u{E000}"]
        {
            assert!(is_visible(text), "{text:?}");
        }
    }

    #[test]
    fn what_is_invisible_goes_and_what_it_hid_in_stays() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a\u{200B}b", "ab"),
            ("da\u{FE0F}rn", "darn"),
            ("da\u{200D}rn", "darn"),
            ("da\u{200E}rn", "darn"),
            ("da\u{34F}rn é", "darn é"),
            ("hel\u{AD}lo", "hello"),
            ("1\u{FE0F}33\u{FE0F}7", "1337"),
            ("한\u{3164}글", "한글"),
            ("\u{E0068}\u{E0069}seen", "seen"),
            ("🏴\u{E0068}\u{E0069}", "🏴"),
            ("👍\u{200D}", "👍"),
            ("👍\u{200D}a", "👍a"),
        ] {
            assert_eq!(tidy(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_invisible_and_of_use_stays() {
        for text in [
            "👩\u{200D}👩\u{200D}👧\u{200D}👦",
            "👩🏽\u{200D}🚀",
            "❤\u{FE0F}\u{200D}🔥",
            "❤\u{FE0F} and ☎\u{FE0E}",
            "1\u{FE0F}\u{20E3}",
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F} forever",
            "🏴\u{200D}☠\u{FE0F}",
            "می\u{200C}خواهم",
            "ශ\u{DCA}\u{200D}රී",
            "葛\u{E0100}",
            "שלום!\u{200F} hello",
        ] {
            assert_eq!(tidy(text), text, "{text:?}");
        }
    }

    #[test]
    fn marks_are_counted_on_each_letter_and_what_hides_between_them_does_not_help() {
        let marks = |n: usize| "\u{301}".repeat(n);
        assert_eq!(tidy(&format!("x{}y{}", marks(4), marks(4))), format!("x{}y{}", marks(4), marks(4)));
        assert_eq!(tidy(&format!("x{}y", marks(400))), format!("x{}y", marks(4)));
        assert_eq!(tidy(&format!("x{}", "\u{301}\u{34F}".repeat(9))), format!("x{}", marks(4)));
        assert_eq!(tidy(&"\u{20DD}".repeat(9)), "\u{20DD}".repeat(4));
        assert_eq!(tidy("Việt Nam, שָׁלוֹם, สวัสดีที่รัก"), "Việt Nam, שָׁלוֹם, สวัสดีที่รัก");
    }

    #[test]
    fn tidying_twice_is_tidying_once() {
        // Every pair and triple of characters that mean something to one another.
        let all = [
            'a',
            '1',
            'é',
            'ب',
            'א',
            'क',
            '\u{94D}',
            '葛',
            '❤',
            '👍',
            '🏽',
            BLACK_FLAG,
            '\u{E0067}',
            '\u{E007F}',
            JOINER,
            NON_JOINER,
            '\u{FE0F}',
            '\u{E0100}',
            '\u{20E3}',
            '\u{301}',
            '\u{200F}',
            '\u{200B}',
            '\u{2800}',
            ' ',
        ];
        for a in all {
            for b in all {
                for c in all {
                    let text: String = [a, b, c, a, c, b].iter().collect();
                    let once = tidy(&text).into_owned();
                    assert_eq!(tidy(&once), once, "{text:?}");
                }
            }
        }
    }
}
