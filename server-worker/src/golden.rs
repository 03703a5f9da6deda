//! What is stored, pinned: `golden/` has each row that an object keeps, and the attachments
//! of sockets, as a realm's files hold them. A change that these tests notice is a change
//! for every data folder there is.
//!
//! Each file is read by today's code to the value that its test expects. In the newest form
//! it is written to the same bytes, too; a form of an earlier build, whose file lies in
//! `golden/<object>/old/`, is only read. A change of form moves the file there, and the test
//! says what it reads as from then on.
//!
//! `UPDATE_GOLDEN=1 cargo test -p shardlink-server --lib golden` writes what is missing in
//! the newest form, and nothing else: what is pinned is changed by hand, knowingly.

mod account;
mod character;
mod directory;
mod hub;
mod party;
mod throttle;
mod world;

use crate::{
    effect::to_json,
    row::{Fault, Row, Value},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use shardlink_shared::{
    ids::{CharacterId, LocationId, PartyId, PlayerId},
    text::CharacterName,
    time::Millis,
};
use std::{collections::BTreeSet, fmt::Debug, fs, path::PathBuf};

/// The moment that all golden rows are of.
const NOW: Millis = Millis(1_795_408_030_625);

fn player() -> PlayerId {
    PlayerId::new((1 << 40) + 1).unwrap()
}

fn character(n: u64) -> CharacterId {
    CharacterId::new((1 << 41) + n).unwrap()
}

fn party() -> PartyId {
    PartyId::new((1 << 42) + 1).unwrap()
}

fn location() -> LocationId {
    LocationId::new(5).unwrap()
}

fn name(text: &str) -> CharacterName {
    CharacterName::parse(text).unwrap()
}

/// The golden files of one object. Dropped, it fails if there is one that nothing has read.
struct Golden {
    folder: PathBuf,
    read: BTreeSet<PathBuf>,
}

impl Golden {
    fn of(object: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(object);
        Self { folder, read: BTreeSet::new() }
    }

    /// The text of a file.
    fn text(&mut self, file: &str) -> String {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("{}: {error} (UPDATE_GOLDEN=1 writes what is missing in the newest form)", path.display());
        });
        self.read.insert(path);
        text.trim_end().to_owned()
    }

    /// Checks that what is written now is what was pinned.
    fn written(&mut self, file: &str, now: &str) {
        let path = self.folder.join(file);
        if std::env::var_os("UPDATE_GOLDEN").is_some() && !path.exists() {
            fs::create_dir_all(&self.folder).unwrap();
            fs::write(&path, format!("{now}\n")).unwrap();
        }
        let pinned = self.text(file);
        if pinned != now {
            let at = pinned.chars().zip(now.chars()).take_while(|(a, b)| a == b).count();
            let around = |text: &str| text.chars().skip(at.saturating_sub(24)).take(64).collect::<String>();
            panic!("{file} differs at {at}:\n  pinned …{}…\n  now    …{}…", around(&pinned), around(now));
        }
    }

    /// A value that is stored as JSON.
    fn json<T: Serialize + DeserializeOwned + PartialEq + Debug>(&mut self, name: &str, value: &T) {
        let file = format!("{name}.json");
        self.written(&file, &to_json(value));
        let read: T = serde_json::from_str(&self.text(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(read, *value, "{file}");
    }

    /// A value as an earlier build stored it in JSON.
    fn old_json<T: DeserializeOwned + PartialEq + Debug>(&mut self, name: &str, value: &T) {
        let file = format!("old/{name}.json");
        let read: T = serde_json::from_str(&self.text(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(read, *value, "{file}");
    }

    /// A row of several columns: a JSON array of them, bytes as `{"hex": …}`.
    fn row<T: PartialEq + Debug>(
        &mut self,
        name: &str,
        value: &T,
        written: Vec<Value>,
        read: impl Fn(&Row) -> Result<T, Fault>,
    ) {
        let file = format!("{name}.row.json");
        self.written(&file, &to_json(&written.iter().map(column_to_json).collect::<Vec<_>>()));
        let columns: Vec<serde_json::Value> = serde_json::from_str(&self.text(&file)).unwrap();
        let row = Row(columns.iter().map(column_from_json).collect());
        assert_eq!(row.0, written, "{file}");
        assert_eq!(read(&row).unwrap_or_else(|fault| panic!("{file}: {fault}")), *value, "{file}");
    }

    /// Bytes that are stored.
    fn bytes(&mut self, name: &str, written: &[u8]) -> Vec<u8> {
        let file = format!("{name}.hex");
        self.written(&file, &hex(written));
        unhex(&self.text(&file))
    }

    /// Bytes as an earlier build stored them.
    fn old_bytes(&mut self, name: &str) -> Vec<u8> {
        unhex(&self.text(&format!("old/{name}.hex")))
    }
}

impl Drop for Golden {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for folder in [self.folder.clone(), self.folder.join("old")] {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                assert!(path.is_dir() || self.read.contains(&path), "nothing reads {}", path.display());
            }
        }
    }
}

fn column_to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => json!(text),
        Value::Int(number) => json!(number),
        Value::Blob(bytes) => json!({ "hex": hex(bytes) }),
        Value::Null => json!(null),
    }
}

fn column_from_json(column: &serde_json::Value) -> Value {
    match column {
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Object(blob) => Value::Blob(unhex(blob["hex"].as_str().unwrap())),
        number => Value::Int(number.as_i64().unwrap()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
