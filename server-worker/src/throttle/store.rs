//! Where the rows of a Throttle are.

use super::{
    logic::{self, Count},
    rows::{COLUMNS, count, read_count},
};
use crate::{
    damage::Class,
    row::Fault,
    runtime::{db::Db, row_shell::Rows},
};
use shardlink_shared::{limits::THROTTLE_WINDOW, time::Millis};

/// Rows that are due within this many milliseconds of each other are removed together.
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

    /// When the next rows are a minute old: rounded up, because each removal wakes the object.
    fn next_deadline(db: &Db) -> Result<Option<Millis>, Fault> {
        let oldest = db.query("SELECT since FROM counts ORDER BY since LIMIT 1", vec![], |row| row.millis(0))?;
        let due = oldest.first().map(|since| *since + THROTTLE_WINDOW);
        Ok(due.map(|due| Millis(due.0.next_multiple_of(FORGET_TOGETHER))))
    }
}

impl logic::Counts for Counts<'_> {
    type Fault = Fault;

    fn find(&self, key: &str) -> Result<Option<Count>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM counts WHERE key = ?");
        Ok(self.0.query(&sql, vec![key.into()], read_count)?.pop())
    }

    fn put(&self, key: &str, row: Count) -> Result<(), Fault> {
        self.0.put("counts", COLUMNS, count(key, row))
    }
}

/// Removes the rows whose minute is over.
pub fn forget(db: &Db, now: Millis) -> Result<(), Fault> {
    db.execute("DELETE FROM counts WHERE since <= ?", vec![(now - THROTTLE_WINDOW).into()])
}
