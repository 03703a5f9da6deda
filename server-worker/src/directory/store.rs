//! Where the rows of a Directory are.

use super::{
    logic::{self, Entry, Write},
    rows::{COLUMNS, entry, read_entry},
};
use crate::{
    calls::directory::Kind,
    damage::Class,
    row::Fault,
    runtime::{db::Db, row_shell::Rows},
};
use shardlink_shared::time::Millis;

/// The names of accounts and characters.
pub struct Names<'a>(pub &'a Db);

/// Their table.
pub struct Schema;

impl Rows for Schema {
    const CLASS: Class = Class::Directory;

    const MIGRATIONS: &'static [&'static str] = &["
    CREATE TABLE names (
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        id TEXT NOT NULL,
        owner TEXT NOT NULL,
        settles_at INTEGER, -- NULL once committed
        PRIMARY KEY (kind, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX open_claims ON names (settles_at) WHERE settles_at IS NOT NULL;
"];

    /// When the next open claim is due.
    fn next_deadline(db: &Db) -> Result<Option<Millis>, Fault> {
        let sql = "SELECT settles_at FROM names WHERE settles_at IS NOT NULL ORDER BY settles_at LIMIT 1";
        Ok(db.query(sql, vec![], |row| row.millis(0))?.pop())
    }
}

impl logic::Names for Names<'_> {
    type Fault = Fault;

    fn find(&self, kind: Kind, key: &str) -> Result<Option<Entry>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM names WHERE kind = ? AND key = ?");
        Ok(self.0.query(&sql, vec![kind.as_str().into(), key.into()], read_entry)?.pop())
    }

    fn due(&self, now: Millis) -> Result<Vec<Entry>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM names WHERE settles_at <= ? ORDER BY settles_at LIMIT 20");
        self.0.query(&sql, vec![now.into()], read_entry)
    }

    fn apply(&self, write: Write) -> Result<(), Fault> {
        match write {
            Write::Put(row) => self.0.put("names", COLUMNS, entry(&row)),
            Write::Delete(kind, key) => {
                self.0.execute("DELETE FROM names WHERE kind = ? AND key = ?", vec![kind.as_str().into(), key.into()])
            }
        }
    }
}
