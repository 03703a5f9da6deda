//! Names that look like others: by Unicode's table of confusable characters (UTS #39),
//! and by what people read into a name beyond that.

use super::characters::is_mark;
use shardlink_shared::{
    text::CharacterName,
    world::{Faction, SHARDS},
};
use unicode_security::{RestrictionLevel, RestrictionLevelDetection as _, confusable_detection::skeleton};

/// The names of those who run a realm: nobody else may speak under one.
const VOICES: &[&str] = &["admin", "administrator", "system", "server", "moderator", "mod", "shardlink"];

/// Whether a name reads as one of the realm's own voices.
pub fn is_voice(name: &str) -> bool {
    readings(name).any(|read| VOICES.iter().any(|voice| likeness(voice) == read))
}

/// Whether a name reads as one of the canon's powers: a faction, a shard's guardian, or a
/// guardian's first name.
pub fn is_power(name: &str) -> bool {
    let guardians = SHARDS.iter().flat_map(|shard| {
        let first = shard.guardian.split(' ').next().filter(|first| first.len() > 3);
        [Some(shard.guardian), first].into_iter().flatten()
    });
    let powers: Vec<String> =
        Faction::ALL.iter().map(|faction| faction.name()).chain(guardians).map(likeness).collect();
    readings(name).any(|read| powers.contains(&read))
}

/// The readings of a name: whole, and without the numbers behind or around it.
fn readings(name: &str) -> impl Iterator<Item = String> {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let forms = [&*plain, plain.trim_end_matches(char::is_numeric), plain.trim_matches(char::is_numeric)];
    forms.map(likeness).into_iter().filter(|read| !read.is_empty())
}

/// The form by which names are compared when it matters who speaks: without case, spaces and
/// punctuation, each character replaced by the one it looks like, and digits by the letters
/// they are used for. `I` looks like `l`, and without case it is `i`: those three are one.
fn likeness(name: &str) -> String {
    let lower: String = name.chars().flat_map(char::to_lowercase).collect();
    let letters = skeleton(&lower).flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric());
    let letters = letters.map(|c| match c {
        'l' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        other => other,
    });
    letters.collect()
}

/// The keys by which a character's name is entered in the Directory: its own, and that of what
/// it looks like as written, if it differs. Of two names that are drawn alike (`Illya` and
/// `lllya`) only one can have all its keys, and a player who types what they see finds that
/// one. Names that were given before this rule have their own key alone.
pub fn character_keys(name: &CharacterName) -> Vec<String> {
    let (key, drawn) = (name.key(), skeleton(name.as_str()).collect::<String>().to_ascii_lowercase());
    if drawn == key { vec![key] } else { vec![key, drawn] }
}

/// Whether every word of a text is in one script, or in those that are written together (Latin
/// with the scripts of Chinese, Japanese or Korean): the Highly Restrictive level of UTS #39.
/// Letters that exist only to imitate others are in no script.
pub fn is_in_one_script(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && !is_mark(c)).all(|word| {
        // A mark holds a word together and has no script of its own.
        let letters: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
        letters.is_empty()
            || matches!(
                letters.detect_restriction_level(),
                RestrictionLevel::ASCIIOnly | RestrictionLevel::SingleScript | RestrictionLevel::HighlyRestrictive
            )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_is_known_however_it_is_written() {
        for name in [
            "admin",
            "ADMIN",
            "Admin1",
            "Admin 007",
            "1Admin",
            "_admin_",
            "a.d.m.i.n",
            "Adm1n",
            "ADM1N",
            "ADMlN",
            "4dmin",
            "adrnin",
            "аdmin",
            "Sys-tem",
            "Sy5tem",
            "5ystem5",
            "M0derator",
            "m0d",
            "rnod",
            "Shardlink99",
            "5erver",
            "SERVER2",
            "ѕуѕtеm",
            "Ａｄｍｉｎ",
        ] {
            assert!(is_voice(name), "{name}");
        }
        for name in ["Aria", "Adriana", "Admiral", "Modest", "Systole", "Serverina", "Badmin", "123", "'''", "Ad"] {
            assert!(!is_voice(name), "{name}");
        }
    }

    #[test]
    fn a_power_is_known_however_it_is_written() {
        for name in [
            "Golden Order",
            "GoldenOrder",
            "G0lden Order",
            "golden-order",
            "G0ld3n 0rd3r",
            "Golden Order 2",
            "Shadowborn",
            "5hadowborn",
            "Ignarok",
            "lgnarok",
            "1gnarok",
            "IGNAROK the eternal",
            "The Unmade",
            "Solarius",
            "Solariu5",
            "Crirnson Covenant",
        ] {
            assert!(is_power(name), "{name}");
        }
        for name in ["The", "Golden", "Order", "Goldie Order", "Ignatius", "Unmade", "Solaria", "Crimson"] {
            assert!(!is_power(name), "{name}");
        }
    }

    #[test]
    fn of_names_that_are_drawn_alike_one_has_the_keys_of_all() {
        let keys = |text: &str| character_keys(&CharacterName::parse(text).unwrap());
        let clash = |a: &str, b: &str| keys(a).iter().any(|key| keys(b).contains(key));
        for (a, b) in [
            ("Illya", "lllya"),
            ("Illya", "1llya"),
            ("Tamara", "Tarnara"),
            ("Bob", "B0b"),
            ("Aria", "aRIA"),
            ("Ol1ver", "Ollver"),
            ("Ol1ver", "OlIver"),
        ] {
            assert!(clash(a, b), "{a} and {b}");
        }
        for (a, b) in [("Maria", "Marla"), ("Hero 1", "Hero 2"), ("Aria", "Arya"), ("Jean-Luc", "Jean Luc")] {
            assert!(!clash(a, b), "{a} and {b}");
        }
        assert_eq!(keys("Aria"), ["aria"]);
    }

    #[test]
    fn a_word_is_in_one_script_and_a_text_may_be_in_several() {
        for text in [
            "Dragons",
            "Élan d'or",
            "Клан Dragons",
            "日本コーヒー",
            "Team日本",
            "한국 FC",
            "עברית",
            "हिन्दी",
            "ไทย",
            "Ελλάδα",
            "!!!",
            "",
            "Việt",
            "می\u{200C}خواهم",
            "🔥 Fire 2",
            "❤\u{FE0F} Team 1\u{FE0F}\u{20E3}",
        ] {
            assert!(is_in_one_script(text), "{text}");
        }
        for text in ["Драgon", "аdmin", "Ελλaδα", "Ａdmin", "𝕯𝖗𝖆𝖌𝖔𝖓", "Team Рaul", "а\u{301}dmin"]
        {
            assert!(!is_in_one_script(text), "{text}");
        }
    }
}
