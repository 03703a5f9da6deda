//! Where the rows of a Hub are; `rows.rs` has what they hold.

use super::{
    rows::{self, Rows, id},
    sockets::connection::{Connection, ConnectionId, Nonce},
    stream::log::Logged,
};
use crate::{
    row::{Fault, Value},
    runtime::db::Db,
};
use shardlink_shared::{crypto::token::SessionId, time::Millis};

const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE used_tickets (
        nonce BLOB PRIMARY KEY,
        expires INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tickets_by_age ON used_tickets (expires);
",
    "
    CREATE TABLE places (
        id INTEGER PRIMARY KEY,
        until INTEGER,
        connection BLOB NOT NULL
    ) STRICT;
    CREATE TABLE log (
        seq INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        audience BLOB NOT NULL,
        asker INTEGER,
        request TEXT,
        message BLOB NOT NULL
    ) STRICT;
",
    // A row no longer lists who was sent its message. Messages are kept for 90 s only, so those
    // in the old form are dropped.
    "
    DELETE FROM log;
",
    "
    CREATE TABLE letters (number INTEGER PRIMARY KEY, letter TEXT NOT NULL) STRICT;
",
    // All tickets are loaded at once, and they are few: an index does not pay for itself.
    "
    DROP INDEX tickets_by_age;
    CREATE TABLE words (session BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
",
    // When the process began that has heard every word of the place's session; NULL if a crash
    // may have cost a word.
    "
    ALTER TABLE places ADD COLUMN process INTEGER;
",
];

/// Loads what the rows hold, in a process that began at this time. A hub that cannot store must
/// not let anybody in, so damage in parts of the file that are not read is found here too.
pub fn load(db: &Db, process: Millis, now: Millis) -> Result<Rows, Fault> {
    db.check()?;
    let select = |columns: &str, table: &str| format!("SELECT {columns} FROM {table}");
    let places = db.query(&select(rows::PLACE, "places"), vec![], |row| rows::read_place(row, process, now))?;
    let log = db.query(&(select(rows::LOG, "log") + " ORDER BY seq"), vec![], rows::read_logged)?;
    let tickets = db.query(&select(rows::TICKET, "used_tickets"), vec![], rows::read_ticket)?;
    let words = db.query(&select(rows::WORD, "words"), vec![], rows::read_word)?;
    // Another build's place is not kept.
    let places = places.into_iter().flatten().collect();
    Ok(Rows { places, log, letters: db.letters()?, tickets, words, process })
}

/// Writes the row of a connection's place, in a process that began at this time.
pub fn keep_place(db: &Db, connection: &Connection, process: Millis) -> Result<(), Fault> {
    db.put("places", rows::PLACE, rows::place(connection, process))
}

/// Removes the row of a connection's place.
pub fn give_up_place(db: &Db, connection: ConnectionId) -> Result<(), Fault> {
    db.execute("DELETE FROM places WHERE id = ?", vec![id(connection)])
}

/// Keeps a reliable message. One whose number was given before is refused.
pub fn log(db: &Db, row: &Logged) -> Result<(), Fault> {
    db.execute(&format!("INSERT INTO log ({}) VALUES (?, ?, ?, ?, ?, ?)", rows::LOG), rows::logged(row))
}

/// Forgets the reliable messages up to this one.
pub fn forget(db: &Db, seq: u64) -> Result<(), Fault> {
    db.execute("DELETE FROM log WHERE seq <= ?", vec![Value::Int(seq as i64)])
}

/// Forgets the reliable messages above this one.
pub fn forget_above(db: &Db, seq: u64) -> Result<(), Fault> {
    db.execute("DELETE FROM log WHERE seq > ?", vec![Value::Int(seq as i64)])
}

/// Brings the schema up to date: once for each time the hub is loaded.
pub fn migrate(db: &Db) -> Result<(), Fault> {
    db.migrate(MIGRATIONS)
}

/// Stores that a ticket has served, and until when it could be shown again.
pub fn use_ticket(db: &Db, nonce: Nonce, expires: Millis) -> Result<(), Fault> {
    db.put("used_tickets", rows::TICKET, rows::ticket(nonce, expires))
}

/// Stores that there was word of a session.
pub fn keep_word(db: &Db, session: SessionId, now: Millis) -> Result<(), Fault> {
    db.put("words", rows::WORD, rows::word(session, now))
}

/// Removes the tickets that are past their time, and the words that are not newer than `before`.
pub fn prune_tickets(db: &Db, before: Millis, now: Millis) -> Result<(), Fault> {
    db.execute("DELETE FROM used_tickets WHERE expires <= ?", vec![now.into()])?;
    db.execute("DELETE FROM words WHERE at <= ?", vec![before.into()])
}
