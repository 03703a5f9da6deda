//! What the rows of a Directory hold.

use super::logic::Entry;
use crate::{
    calls::directory::Kind,
    row::{Fault, Row, Value},
};

/// The columns of `names`.
pub const COLUMNS: &str = "kind, key, id, owner, settles_at";

/// A row of `names`, in the order of [`COLUMNS`].
#[must_use]
pub fn entry(entry: &Entry) -> Vec<Value> {
    vec![
        entry.kind.as_str().into(),
        entry.key.as_str().into(),
        entry.id.to_string().into(),
        entry.owner.to_string().into(),
        entry.settles_at.into(),
    ]
}

/// Reads a row of `names`.
///
/// # Errors
/// It is none.
pub fn read_entry(row: &Row) -> Result<Entry, Fault> {
    let kind = match row.text(0)?.as_str() {
        "user" => Kind::User,
        "character" => Kind::Character,
        "character_id" => Kind::CharacterId,
        other => return Err(Fault(format!("no kind of name: {other}"))),
    };
    Ok(Entry {
        kind,
        key: row.text(1)?,
        id: row.parse(2)?,
        owner: row.parse(3)?,
        settles_at: row.optional_millis(4)?,
    })
}
