//! Which file a page's address means.

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// The file of this path.
    File(String),
    /// A folder, whose page needs the slash: the path to go to.
    Folder(String),
    /// Nothing: no page of ours has such a path.
    Nothing,
}

/// Finds what a path means. A browser reads `//name/` (and `/\name/`) as another host's
/// address: such a path is never a page, and never the target of a redirect.
#[must_use]
pub fn find(path: &str) -> Page {
    let Some(inner) = path.strip_prefix('/').filter(|inner| !inner.starts_with(['/', '\\'])) else {
        return Page::Nothing;
    };
    // A URL has neither of these characters: text that did not come out of one is not sent back
    // in a header.
    if inner.contains(|c: char| c == '\\' || c.is_ascii_control() || !c.is_ascii()) {
        return Page::Nothing;
    }
    let last = inner.rsplit('/').next().unwrap_or_default();
    if last.is_empty() {
        Page::File(format!("{path}index.html"))
    } else if last.contains('.') {
        Page::File(path.to_owned())
    } else {
        // A name without an ending can only be a folder.
        Page::Folder(format!("{path}/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_itself_and_a_folder_has_a_page_behind_its_slash() {
        assert_eq!(find("/"), Page::File("/index.html".into()));
        assert_eq!(find("/game.js"), Page::File("/game.js".into()));
        assert_eq!(find("/api-docs/"), Page::File("/api-docs/index.html".into()));
        assert_eq!(find("/api-docs"), Page::Folder("/api-docs/".into()));
        assert_eq!(find("/a.b/c"), Page::Folder("/a.b/c/".into()));
        assert_eq!(find("/.well-known/x.txt"), Page::File("/.well-known/x.txt".into()));
    }

    #[test]
    fn nobody_is_sent_to_another_host() {
        for path in [
            "//evil.example/x",
            "//evil.example",
            "///evil.example/x",
            "//",
            "/\\evil.example/x",
            "\\\\evil.example/x",
            "/\t/evil.example/x",
            "/x\\..\\\\evil",
            "/x\r\nLocation: //evil.example/",
            "/é",
            "evil.example/x",
            "https://evil.example/x",
            "",
        ] {
            assert_eq!(find(path), Page::Nothing, "{path}");
        }
    }

    #[test]
    fn what_is_only_written_like_a_slash_stays_here() {
        // Browsers do not read these as slashes: the address is one of ours.
        assert_eq!(find("/%2f/evil.example/x"), Page::Folder("/%2f/evil.example/x/".into()));
        assert_eq!(find("/%5cevil"), Page::Folder("/%5cevil/".into()));
        assert_eq!(find("/x//evil"), Page::Folder("/x//evil/".into()));
    }

    #[test]
    fn every_redirect_begins_with_one_slash_whatever_was_asked() {
        let parts = ["/", "\\", ".", "%2f", "evil", "\t", "?", "#", "@", ":"];
        for a in parts {
            for b in parts {
                for c in parts {
                    let path = format!("/{a}{b}{c}x");
                    if let Page::Folder(to) = find(&path) {
                        let second = to.chars().nth(1);
                        assert!(to.starts_with('/') && !matches!(second, Some('/' | '\\' | '\t')), "{path}: {to}");
                    }
                }
            }
        }
    }
}
