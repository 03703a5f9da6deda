//! The rows of a Directory.

use super::logic::{self, Entry, Write};
use crate::{
    calls::directory::Kind,
    damage::Class,
    runtime::{
        db::{Db, Fault, Row},
        row_shell::Rows,
    },
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

const COLUMNS: &str = "kind, key, id, owner, settles_at";

fn read(row: &Row) -> Result<Entry, Fault> {
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
        settles_at: if row.is_null(4) { None } else { Some(row.millis(4)?) },
    })
}

impl logic::Names for Names<'_> {
    type Fault = Fault;

    fn find(&self, kind: Kind, key: &str) -> Result<Option<Entry>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM names WHERE kind = ? AND key = ?");
        Ok(self.0.query(&sql, vec![kind.as_str().into(), key.into()], read)?.pop())
    }

    fn due(&self, now: Millis) -> Result<Vec<Entry>, Fault> {
        let sql = format!("SELECT {COLUMNS} FROM names WHERE settles_at <= ? ORDER BY settles_at LIMIT 20");
        self.0.query(&sql, vec![now.into()], read)
    }

    fn apply(&self, write: Write) -> Result<(), Fault> {
        match write {
            Write::Put(entry) => self.0.execute(
                &format!("INSERT OR REPLACE INTO names ({COLUMNS}) VALUES (?, ?, ?, ?, ?)"),
                vec![
                    entry.kind.as_str().into(),
                    entry.key.into(),
                    entry.id.to_string().into(),
                    entry.owner.to_string().into(),
                    entry.settles_at.into(),
                ],
            ),
            Write::Delete(kind, key) => {
                self.0.execute("DELETE FROM names WHERE kind = ? AND key = ?", vec![kind.as_str().into(), key.into()])
            }
        }
    }
}
