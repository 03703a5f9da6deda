//! The rules for new names: of users, characters and parties.

use super::{
    characters::{count_hidden, is_blank, tidy, turns_direction},
    imitation::{is_in_one_script, is_power, is_voice},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    protocol::party::PartyName,
    text::{CharacterName, UserName, breaks_line},
};
use unicode_normalization::UnicodeNormalization as _;

pub use super::imitation::character_keys;

/// The fewest letters and digits in a character's or a user's name: a single one is an initial.
const FEWEST_LETTERS: usize = 2;

/// Refuses a user name that a new account may not have.
///
/// # Errors
/// INVALID_FIELD or NAME_RESERVED, with the field `username`.
pub fn check_username(name: &UserName) -> Result<(), Refusal> {
    check("username", "The user name", name.as_str(), FEWEST_LETTERS)?;
    refuse_reserved("username", is_voice(name.as_str()) || is_power(name.as_str()))
}

/// Refuses a name that a new character may not have.
///
/// # Errors
/// INVALID_FIELD or NAME_RESERVED, with the field `name`.
pub fn check_character_name(name: &CharacterName) -> Result<(), Refusal> {
    check("name", "The name", name.as_str(), FEWEST_LETTERS)?;
    refuse_reserved("name", is_voice(name.as_str()) || is_power(name.as_str()))
}

/// The name of a new party in NFC; an empty one is no name. A party may be named after a
/// faction, but not like those who run the realm.
///
/// # Errors
/// INVALID_FIELD or NAME_RESERVED, with the field `party_name`.
pub fn party_name(name: Option<PartyName>) -> Result<Option<PartyName>, Refusal> {
    let Some(name) = name.filter(|name| !name.as_str().is_empty()) else { return Ok(None) };
    let composed: String = name.as_str().nfc().collect();
    check("party_name", "The party's name", &composed, 1)?;
    refuse_reserved("party_name", is_voice(&composed))?;
    // A few composed forms are longer than what they are composed of.
    PartyName::parse(&composed)
        .map(Some)
        .map_err(|why| Refusal::field("party_name", format!("The party's name {why}.")))
}

fn refuse_reserved(field: &str, reserved: bool) -> Result<(), Refusal> {
    if reserved { Err(Refusal::new(ErrorCode::NameReserved).at(field)) } else { Ok(()) }
}

fn check(field: &str, called: &str, name: &str, fewest_letters: usize) -> Result<(), Refusal> {
    match problem(name, fewest_letters) {
        None => Ok(()),
        Some(problem) => Err(Refusal::field(field, format!("{called} {problem}."))),
    }
}

/// What is wrong with a name, as the end of a sentence about it.
fn problem(name: &str, fewest_letters: usize) -> Option<&'static str> {
    if name.chars().any(|c| c.is_control() || breaks_line(c)) {
        return Some("must not hold line breaks, tabs or other control characters");
    }
    if name.chars().any(turns_direction) {
        return Some("must not hold characters that turn the direction of writing");
    }
    let tidied = tidy(name);
    if name.chars().any(is_blank) || count_hidden(&tidied) != count_hidden(name) {
        return Some("must not hold invisible characters");
    }
    if tidied != name {
        return Some("must not pile so many marks on a letter");
    }
    let odd_space = |c: char| c.is_whitespace() && c != ' ';
    if name.contains(odd_space) || name.contains("  ") || name.trim() != name {
        return Some("must have single plain spaces, and those between words alone");
    }
    if name.chars().filter(|c| c.is_alphanumeric()).count() < fewest_letters {
        return Some(if fewest_letters == 1 {
            "must hold a letter or a digit"
        } else {
            "must hold at least two letters or digits"
        });
    }
    if !is_in_one_script(name) {
        return Some("must have each of its words in ordinary letters of one script");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_party(text: &str) -> Result<Option<String>, Refusal> {
        party_name(PartyName::parse(text).ok()).map(|name| name.map(|name| name.as_str().to_owned()))
    }

    #[test]
    fn a_party_may_have_any_name_that_can_be_read() {
        for text in [
            "The Four",
            "Nobody's 7",
            "Golden Order",
            "Клан Dragons",
            "日本コーヒー",
            "שלום",
            "فرقة",
            "می\u{200C}خواهم",
            "x",
            "Fire 🔥",
            "❤\u{FE0F} Crew",
            "👩\u{200D}🚀 Club",
            "¡Vamos!",
            "Élan",
            "-=[ Elite ]=-",
            "हिन्दी",
        ] {
            assert_eq!(of_party(text), Ok(Some(text.to_owned())), "{text:?}");
        }
        assert_eq!(of_party("E\u{301}lan"), Ok(Some("Élan".to_owned())), "in NFC");
        assert_eq!(of_party(""), Ok(None));
    }

    #[test]
    fn a_party_name_that_deceives_is_refused_and_told_why() {
        for (text, why) in [
            ("One\nTwo", "line breaks"),
            ("One\tTwo", "line breaks"),
            ("One\u{2028}Two", "line breaks"),
            ("a\u{0}b", "control"),
            ("\u{202E}evil", "direction"),
            ("\u{2066}evil\u{2069}", "direction"),
            ("abc\u{200F}", "direction"),
            ("   ", "spaces"),
            (" Four", "spaces"),
            ("Four ", "spaces"),
            ("The  Four", "spaces"),
            ("The\u{A0}Four", "spaces"),
            ("\u{3000}Four", "spaces"),
            ("Fo\u{200B}ur", "invisible"),
            ("\u{200B}", "invisible"),
            ("Fo\u{200D}ur", "invisible"),
            ("Four\u{FE0F}", "invisible"),
            ("\u{3164}", "invisible"),
            ("Four\u{2800}", "invisible"),
            ("Fo\u{AD}ur", "invisible"),
            ("Four\u{E0041}", "invisible"),
            ("z\u{489}\u{489}\u{489}\u{489}\u{489}", "marks"),
            ("'''", "letter or a digit"),
            ("...", "letter or a digit"),
            ("🔥", "letter or a digit"),
            ("Драgon", "one script"),
            ("𝕯𝖗𝖆𝖌𝖔𝖓", "one script"),
        ] {
            let refusal = of_party(text).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.field.as_deref()),
                (ErrorCode::InvalidField, Some("party_name")),
                "{text:?}"
            );
            let words = refusal.sentence();
            assert!(words.starts_with("The party's name must ") && words.contains(why), "{text:?}: {words}");
        }
    }

    #[test]
    fn a_party_speaks_for_nobody_who_runs_the_realm() {
        for text in ["Admin", "SYSTEM", "Admin 1", "[System]", "S-e-r-v-e-r", "5erver", "adrnin"] {
            let refusal = of_party(text).unwrap_err();
            let expected = (ErrorCode::NameReserved, Some("party_name"));
            assert_eq!((refusal.code, refusal.field.as_deref()), expected, "{text:?}");
        }
        // Half in Cyrillic: refused for that already.
        assert_eq!(of_party("аdmin").unwrap_err().code, ErrorCode::InvalidField);
    }

    #[test]
    fn new_names_of_users_and_characters_have_letters_and_imitate_nobody() {
        let user = |text: &str| check_username(&UserName::parse(text).unwrap()).map_err(|refusal| refusal.code);
        let character =
            |text: &str| check_character_name(&CharacterName::parse(text).unwrap()).map_err(|refusal| refusal.code);
        for name in ["Aria", "Al1", "x-1", "Jean-Luc", "Bot-10", "O-o"] {
            assert_eq!((user(name), character(name)), (Ok(()), Ok(())), "{name}");
        }
        assert_eq!((character("Mor'gan the 2nd"), user("a.b_c")), (Ok(()), Ok(())));
        for name in ["Admin", "Admin1", "4dmin", "Shadowb0rn", "Ignarok", "Golden-Order"] {
            let reserved = Err(ErrorCode::NameReserved);
            assert_eq!((user(name), character(name)), (reserved, reserved), "{name}");
        }
        for name in ["---", "a--"] {
            let refused = Err(ErrorCode::InvalidField);
            assert_eq!((user(name), character(name)), (refused, refused), "{name}");
        }
        assert_eq!(character("'''"), Err(ErrorCode::InvalidField));
        assert_eq!(user("_._"), Err(ErrorCode::InvalidField));
        let refusal = check_character_name(&CharacterName::parse("'''").unwrap()).unwrap_err();
        assert_eq!(refusal.field.as_deref(), Some("name"));
        assert_eq!(refusal.sentence(), "The name must hold at least two letters or digits.");
    }

    #[test]
    fn a_name_that_composes_to_more_than_fits_is_refused_and_not_cut() {
        // U+1D160 is 4 bytes, and 12 in NFC.
        let long = format!("a{}", "\u{1D160}".repeat(39));
        let refusal = of_party(&long).unwrap_err();
        assert_eq!(refusal.sentence(), "The party's name must be at most 160 bytes long.");
        assert_eq!(refusal.code, ErrorCode::InvalidField);
    }
}
