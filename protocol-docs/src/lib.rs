//! What is generated from the protocol's types: `shared` describes them under its
//! feature `schema`, [`protocol`] reads that, and each other module prints one
//! kind of document.

mod asyncapi;
mod json_schema;
mod markdown;
mod node;
mod openapi;
mod prose;
mod protocol;
mod typescript;

use std::{fs, io, path::Path};

/// A file that is generated, whole or between its markers.
#[derive(Debug)]
pub struct File {
    /// Where it is, from the repository's root.
    pub path: &'static str,
    /// All of it.
    pub content: String,
}

/// The repository's root.
#[must_use]
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Every generated file as it should be.
///
/// # Errors
/// `docs/PROTOCOL.md` cannot be read, or a marker is missing in it.
pub fn files(root: &Path) -> io::Result<Vec<File>> {
    let protocol = protocol::Protocol::read();
    let document = fs::read_to_string(root.join(markdown::PATH))?;
    Ok(vec![
        File { path: "docs/protocol/schema.json", content: json_schema::document(&protocol).print() },
        File { path: "docs/protocol/asyncapi.json", content: asyncapi::document(&protocol).print() },
        File { path: "docs/protocol/openapi.json", content: openapi::document().print() },
        File { path: "client-wasm/npm/src/messages.ts", content: typescript::module(&protocol) },
        File { path: markdown::PATH, content: markdown::fill(&document, &protocol)? },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_current() {
        for file in files(root()).unwrap() {
            let found = fs::read_to_string(root().join(file.path)).unwrap_or_default();
            let line = found.lines().zip(file.content.lines()).take_while(|(a, b)| a == b).count() + 1;
            assert!(
                found == file.content,
                "{} is not what the protocol's types say, from line {line} on: run `npm run docs` and commit what it writes",
                file.path
            );
        }
    }
}
