//! The files that the build has put together (`scripts/build/site.mjs`), and how a request for
//! one of them is answered. What is not in the build's list does not exist, whatever lies in the
//! folder: no path is ever looked for.

use super::{
    encodings::{self, Coding},
    kept,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where the build lists its files. It does not list the list.
pub const LIST: &str = "/files.json";

/// All files, by their paths.
#[derive(Debug, Deserialize)]
pub struct Site(BTreeMap<String, File>);

/// A file of the list.
#[derive(Debug, Deserialize)]
struct File {
    /// Of its content, not compressed.
    hash: String,
    /// In which other forms it lies beside itself.
    codings: Vec<Coding>,
    /// Whether its name has its hash in it, so that there is never anything else at its path.
    forever: bool,
}

/// How a request for a file is answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The path of what is sent; without one it is 304.
    pub file: Option<String>,
    /// How that is compressed.
    pub coding: Option<Coding>,
    /// What it is when it is not.
    pub content_type: &'static str,
    /// The same for all forms, and so a weak one (RFC 9110 §8.8.1).
    pub etag: String,
    /// How long it may be kept.
    pub cache_control: &'static str,
}

impl Site {
    /// Reads the build's list.
    ///
    /// # Errors
    /// It is none.
    pub fn read(list: &str) -> serde_json::Result<Self> {
        serde_json::from_str(list)
    }

    /// Answers a request for a path; `None` if there is no such file.
    #[must_use]
    pub fn answer(&self, path: &str, accept_encoding: &str, if_none_match: Option<&str>) -> Option<Answer> {
        let file = self.0.get(path)?;
        let etag = format!("W/\"{}\"", file.hash);
        let has_it = if_none_match.is_some_and(|tags| kept::names(tags, &etag));
        let coding = encodings::choose(accept_encoding, &file.codings).filter(|_| !has_it);
        let ending = coding.map_or("", Coding::ending);
        Some(Answer {
            file: (!has_it).then(|| format!("{path}{ending}")),
            coding,
            content_type: content_type(path),
            etag,
            cache_control: if file.forever { kept::FOR_EVER } else { kept::ASK_AGAIN },
        })
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "md" | "txt" => "text/plain; charset=utf-8",
        "ts" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let list = r#"{
            "/index.html": { "hash": "h1", "codings": ["br", "gzip"], "forever": false },
            "/assets/game-0A.wasm": { "hash": "h2", "codings": ["br", "gzip"], "forever": true },
            "/favicon.svg": { "hash": "h3", "codings": [], "forever": false }
        }"#;
        Site::read(list).unwrap()
    }

    #[test]
    fn a_page_is_asked_for_again_and_a_file_with_its_hash_in_its_name_never() {
        let page = site().answer("/index.html", "gzip", None).unwrap();
        let expected = Answer {
            file: Some("/index.html.gz".into()),
            coding: Some(Coding::Gzip),
            content_type: "text/html; charset=utf-8",
            etag: "W/\"h1\"".into(),
            cache_control: "no-cache",
        };
        assert_eq!(page, expected);
        let wasm = site().answer("/assets/game-0A.wasm", "gzip, br", None).unwrap();
        assert_eq!((wasm.file.as_deref(), wasm.content_type), (Some("/assets/game-0A.wasm.br"), "application/wasm"));
        assert_eq!(wasm.cache_control, "public, max-age=31536000, immutable");
        let icon = site().answer("/favicon.svg", "gzip, br", None).unwrap();
        assert_eq!((icon.file.as_deref(), icon.coding), (Some("/favicon.svg"), None));
    }

    #[test]
    fn who_has_a_file_is_sent_nothing_in_whichever_form_it_was() {
        for accept in ["", "br", "gzip"] {
            let answer = site().answer("/index.html", accept, Some("\"x\", W/\"h1\"")).unwrap();
            assert_eq!((answer.file, answer.coding, &*answer.etag), (None, None, "W/\"h1\""));
        }
        assert!(site().answer("/index.html", "br", Some("W/\"h2\"")).unwrap().file.is_some());
    }

    #[test]
    fn what_is_not_listed_does_not_exist() {
        for path in [
            LIST,
            "/index.html.br",
            "/index.html.gz",
            "index.html",
            "//index.html",
            "/INDEX.html",
            "/%69ndex.html",
            "/assets/../index.html",
            "/assets/..%2findex.html",
            "/.data/server-secret.txt",
            "",
            "/",
        ] {
            assert_eq!(site().answer(path, "br", None), None, "{path}");
        }
    }

    #[test]
    fn a_list_that_is_none_is_refused() {
        for list in ["", "[]", "{\"/a\":{}}", "{\"/a\":{\"hash\":\"h\",\"codings\":[\"zip\"],\"forever\":false}}"] {
            assert!(Site::read(list).is_err(), "{list}");
        }
    }
}
