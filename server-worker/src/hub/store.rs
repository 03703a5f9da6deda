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
    // Whoever was sent a message is no longer listed: what is kept for 90 s is not kept over this.
    "
    DELETE FROM log;
",
    "
    CREATE TABLE letters (number INTEGER PRIMARY KEY, letter TEXT NOT NULL) STRICT;
",
    // All of them are loaded, and few are left: no index pays for itself.
    "
    DROP INDEX tickets_by_age;
    CREATE TABLE words (session BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
",
    // The process that had heard all there was of a place's session; none, if that is in doubt.
    "
    ALTER TABLE places ADD COLUMN process INTEGER;
",
];

/// Loads the places and the reliable messages, in a process that began at this time. A hub
/// that cannot store must not let anybody in: so damage where nothing is read is found
/// here too.
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

/// Keeps that a ticket has served, until it could not be shown again.
pub fn use_ticket(db: &Db, nonce: Nonce, expires: Millis) -> Result<(), Fault> {
    db.put("used_tickets", rows::TICKET, rows::ticket(nonce, expires))
}

/// Keeps that there was word of a session.
pub fn keep_word(db: &Db, session: SessionId, now: Millis) -> Result<(), Fault> {
    db.put("words", rows::WORD, rows::word(session, now))
}

/// Removes the tickets that are past their time, and the words from before then.
pub fn prune_tickets(db: &Db, before: Millis, now: Millis) -> Result<(), Fault> {
    db.execute("DELETE FROM used_tickets WHERE expires <= ?", vec![now.into()])?;
    db.execute("DELETE FROM words WHERE at <= ?", vec![before.into()])
}
