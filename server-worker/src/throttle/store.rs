//! The rows of a Throttle.

use super::logic::{self, Count};
use crate::{
    damage::Class,
    runtime::{
        db::{Db, Fault, Row},
        row_shell::Rows,
    },
};
use shardlink_shared::{limits::THROTTLE_WINDOW, time::Millis};

/// Rows are forgotten together that are due within this, in milliseconds.
const FORGET_TOGETHER: u64 = 15_000;

/// The counts of names and addresses.
pub struct Counts<'a>(pub &'a Db);

/// Their table.
pub struct Schema;

impl Rows for Schema {
    const CLASS: Class = Class::Throttle;

    const MIGRATIONS: &'static [&'static str] = &["
    CREATE TABLE counts (
        key TEXT PRIMARY KEY,
        since INTEGER NOT NULL,
        count INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX by_age ON counts (since);
"];

    /// When the next rows' minutes are over: many at once, since each time wakes the object.
    fn next_deadline(db: &Db) -> Result<Option<Millis>, Fault> {
        let oldest = db.query("SELECT since FROM counts ORDER BY since LIMIT 1", vec![], |row| row.millis(0))?;
        let due = oldest.first().map(|since| *since + THROTTLE_WINDOW);
        Ok(due.map(|due| Millis(due.0.next_multiple_of(FORGET_TOGETHER))))
    }
}

impl logic::Counts for Counts<'_> {
    type Fault = Fault;

    fn find(&self, key: &str) -> Result<Option<Count>, Fault> {
        let read = |row: &Row| Ok(Count { since: row.millis(0)?, count: row.number(1)? as u32 });
        Ok(self.0.query("SELECT since, count FROM counts WHERE key = ?", vec![key.into()], read)?.pop())
    }

    fn put(&self, key: &str, count: Count) -> Result<(), Fault> {
        self.0.execute(
            "INSERT OR REPLACE INTO counts (key, since, count) VALUES (?, ?, ?)",
            vec![key.into(), count.since.into(), count.count.into()],
        )
    }
}

/// Removes the rows whose minute is over.
pub fn forget(db: &Db, now: Millis) -> Result<(), Fault> {
    db.execute("DELETE FROM counts WHERE since <= ?", vec![(now - THROTTLE_WINDOW).into()])
}
