//! Doc comments as the documents' sentences.

/// One line of a doc comment's lines, with the links to Rust's items as `link` has them.
pub fn line(doc: &str, link: impl Fn(&str) -> String) -> String {
    let joined = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::new();
    let mut rest = joined.as_str();
    while let Some((before, after)) = rest.split_once("[`") {
        out.push_str(before);
        match after.split_once("`]") {
            Some((item, after)) => {
                out.push_str(&link(item));
                rest = after;
            }
            None => {
                out.push_str("[`");
                rest = after;
            }
        }
    }
    out + rest
}

/// What a message's doc says after its first words, which name its types and its
/// direction.
pub fn without_direction(line: &str) -> String {
    let directions = ["client to server", "server to client", "either way"];
    let end = directions.iter().filter_map(|words| Some(line.find(words)? + words.len())).min();
    let rest = end.filter(|_| line.starts_with('`')).and_then(|end| line.get(end..)).unwrap_or(line);
    capitalised(rest.trim_start_matches([':', ',', '.']).trim_start())
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A choice in words: `a, b or c`.
pub fn either(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The first sentence, and what follows it.
pub fn first_sentence(text: &str) -> (&str, &str) {
    let ends = text.match_indices(". ").chain(text.match_indices("? ")).map(|(at, _)| at + 1);
    let end = ends.min();
    end.and_then(|end| text.split_at_checked(end)).map_or((text, ""), |(first, rest)| (first, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doc_becomes_one_line_whose_links_are_the_wires_names() {
        let doc = "`x`, client to\nserver: does it. Answered by\n[`Thing`].";
        let line = line(doc, |item| format!("`{}`", item.to_lowercase()));
        assert_eq!(line, "`x`, client to server: does it. Answered by `thing`.");
        assert_eq!(without_direction(&line), "Does it. Answered by `thing`.");
        assert_eq!(first_sentence(&without_direction(&line)), ("Does it.", "Answered by `thing`."));
    }

    #[test]
    fn what_names_no_direction_is_left_whole() {
        assert_eq!(without_direction("Somebody in a location."), "Somebody in a location.");
        assert_eq!(first_sentence("In steps of 0.1 m."), ("In steps of 0.1 m.", ""));
    }
}
