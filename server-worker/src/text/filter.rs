//! What becomes of words that a realm does not want to read. Off unless the
//! configuration names some.

use shardlink_shared::text::{Content, Draft};

/// Something that rewords what is said.
pub trait Filter {
    /// The text as the others read it.
    fn reword(&self, text: &str) -> String;
}

/// Puts asterisks in the place of words of a list, whole words alone and in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordList(Vec<String>);

impl WordList {
    /// The list in a text, separated by commas.
    #[must_use]
    pub fn parse(list: &str) -> Self {
        let words = list.split(',').map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty());
        Self(words.collect())
    }
}

impl Filter for WordList {
    fn reword(&self, text: &str) -> String {
        let mut reworded = String::with_capacity(text.len());
        for piece in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
            let lower = word.to_lowercase();
            if self.0.contains(&lower) {
                reworded.extend(word.chars().map(|_| '*'));
                reworded.push_str(piece.get(word.len()..).unwrap_or_default());
            } else {
                reworded.push_str(piece);
            }
        }
        reworded
    }
}

/// What is said, as the others read it.
#[must_use]
pub fn reworded(filter: Option<&dyn Filter>, content: Content) -> Content {
    let Some(filter) = filter else { return content };
    // A filter that leaves nothing, or too much, is not followed.
    Draft::new(&filter.reword(content.as_str())).accept().unwrap_or(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_of_the_list_are_masked_in_any_case() {
        let list = WordList::parse("darn, Écaille,,");
        let read = |text: &str| reworded(Some(&list), Draft::new(text).accept().unwrap()).as_str().to_owned();
        assert_eq!(read("Darn, that darning of écaille!"), "****, that darning of *******!");
        assert_eq!(read("nothing to mask"), "nothing to mask");
    }

    #[test]
    fn without_a_filter_nothing_changes() {
        let content = Draft::new("darn").accept().unwrap();
        assert_eq!(reworded(None, content.clone()), content);
    }
}
