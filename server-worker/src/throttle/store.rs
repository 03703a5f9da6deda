//! The rows of a Throttle.

use super::logic::Count;
use crate::runtime::{
    db::{Db, Fault, Row},
    row_shell::Rows,
};
use shardlink_shared::{limits::THROTTLE_WINDOW, time::Millis};

/// The counts of names and addresses.
pub struct Counts;

impl Rows for Counts {
    const MIGRATIONS: &'static [&'static str] = &["
    CREATE TABLE counts (
        key TEXT PRIMARY KEY,
        since INTEGER NOT NULL,
        count INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX by_age ON counts (since);
"];

    /// When the next row's minute is over.
    fn next_deadline(db: &Db) -> Result<Option<Millis>, Fault> {
        let oldest = db.query("SELECT since FROM counts ORDER BY since LIMIT 1", vec![], |row| row.millis(0))?;
        Ok(oldest.first().map(|since| *since + THROTTLE_WINDOW))
    }
}

/// A key's row.
pub fn find(db: &Db, key: &str) -> Result<Option<Count>, Fault> {
    let read = |row: &Row| Ok(Count { since: row.millis(0)?, count: row.number(1)? as u32 });
    Ok(db.query("SELECT since, count FROM counts WHERE key = ?", vec![key.into()], read)?.pop())
}

/// Stores a changed row.
pub fn put(db: &Db, key: &str, count: Count) -> Result<(), Fault> {
    db.execute(
        "INSERT OR REPLACE INTO counts (key, since, count) VALUES (?, ?, ?)",
        vec![key.into(), count.since.into(), count.count.into()],
    )
}

/// Removes the rows whose minute is over.
pub fn forget(db: &Db, now: Millis) -> Result<(), Fault> {
    db.execute("DELETE FROM counts WHERE since <= ?", vec![(now - THROTTLE_WINDOW).into()])
}
