//! The rows of a Hub.

use super::{
    rows::Rows,
    sockets::attachment,
    sockets::connection::Nonce,
    sockets::connection::{Connection, ConnectionId},
    stream::log::Logged,
};
use crate::runtime::db::{Db, Fault, Param};
use shardlink_shared::{crypto::token::SessionId, protocol::RequestId, time::Millis};

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
    let places = db.query("SELECT until, connection, process FROM places", vec![], |row| {
        let until = if row.is_null(0) { None } else { Some(row.millis(0)?) };
        let doubted = row.is_null(2) || row.millis(2)? != process;
        // Another build's place is not kept.
        let connection = attachment::read(&row.blob(1)?, now);
        Ok(connection.map(|connection| (until, Connection { doubted, ..connection })))
    })?;
    let log = db.query("SELECT seq, at, audience, asker, request, message FROM log ORDER BY seq", vec![], |row| {
        let audience = postcard::from_bytes(&row.blob(2)?).map_err(|error| Fault(format!("audience: {error}")))?;
        let answers = if row.is_null(3) {
            None
        } else {
            RequestId::from_text(&row.text(4)?)
                .map(|request| Ok::<_, Fault>((ConnectionId(row.number(3)?), request)))
                .transpose()?
        };
        Ok(Logged { seq: row.number(0)?, at: row.millis(1)?, audience, answers, bytes: row.blob(5)? })
    })?;
    let tickets = db.query("SELECT nonce, expires FROM used_tickets", vec![], |row| {
        Ok((exact(row.blob(0)?, "a ticket's nonce")?, row.millis(1)?))
    })?;
    let words = db.query("SELECT session, at FROM words", vec![], |row| {
        Ok((SessionId(exact(row.blob(0)?, "a session's id")?), row.millis(1)?))
    })?;
    let places = places.into_iter().flatten().collect();
    Ok(Rows { places, log, letters: db.letters()?, tickets, words, process })
}

fn exact<const N: usize>(bytes: Vec<u8>, what: &str) -> Result<[u8; N], Fault> {
    bytes.try_into().map_err(|_| Fault(format!("{what} has {N} bytes")))
}

/// Writes the row of a connection's place, in a process that began at this time.
pub fn keep_place(db: &Db, connection: &Connection, process: Millis) -> Result<(), Fault> {
    let process = (!connection.doubted).then_some(process);
    db.execute(
        "INSERT OR REPLACE INTO places (id, until, connection, process) VALUES (?, ?, ?, ?)",
        vec![id(connection.id), connection.held.into(), attachment::write(connection).into(), process.into()],
    )
}

/// Removes the row of a connection's place.
pub fn give_up_place(db: &Db, connection: ConnectionId) -> Result<(), Fault> {
    db.execute("DELETE FROM places WHERE id = ?", vec![id(connection)])
}

/// Keeps a reliable message.
pub fn log(db: &Db, row: &Logged) -> Result<(), Fault> {
    // These types always serialize.
    let audience = postcard::to_extend(&row.audience, Vec::new()).unwrap_or_default();
    let (asker, request) = row.answers.as_ref().map(|(asker, request)| (id(*asker), request.to_string())).unzip();
    db.execute(
        "INSERT INTO log (seq, at, audience, asker, request, message) VALUES (?, ?, ?, ?, ?, ?)",
        vec![
            Param::Int(row.seq as i64),
            row.at.into(),
            audience.into(),
            asker.unwrap_or(Param::Null),
            request.into(),
            row.bytes.clone().into(),
        ],
    )
}

/// Forgets the reliable messages up to this one.
pub fn forget(db: &Db, seq: u64) -> Result<(), Fault> {
    db.execute("DELETE FROM log WHERE seq <= ?", vec![Param::Int(seq as i64)])
}

/// Forgets the reliable messages above this one.
pub fn forget_above(db: &Db, seq: u64) -> Result<(), Fault> {
    db.execute("DELETE FROM log WHERE seq > ?", vec![Param::Int(seq as i64)])
}

/// A connection's number has 52 bits.
const fn id(connection: ConnectionId) -> Param {
    Param::Int(connection.0 as i64)
}

/// Brings the schema up to date: once for each time the hub is loaded.
pub fn migrate(db: &Db) -> Result<(), Fault> {
    db.migrate(MIGRATIONS)
}

/// Stores that a ticket has served, and until when it could be shown again.
pub fn use_ticket(db: &Db, nonce: Nonce, expires: Millis) -> Result<(), Fault> {
    db.execute(
        "INSERT OR REPLACE INTO used_tickets (nonce, expires) VALUES (?, ?)",
        vec![nonce.to_vec().into(), expires.into()],
    )
}

/// Stores that there was word of a session.
pub fn keep_word(db: &Db, session: SessionId, now: Millis) -> Result<(), Fault> {
    db.execute(
        "INSERT OR REPLACE INTO words (session, at) VALUES (?, ?)",
        vec![session.0.to_vec().into(), now.into()],
    )
}

/// Removes the tickets that are past their time, and the words that are not newer than `before`.
pub fn prune_tickets(db: &Db, before: Millis, now: Millis) -> Result<(), Fault> {
    db.execute("DELETE FROM used_tickets WHERE expires <= ?", vec![now.into()])?;
    db.execute("DELETE FROM words WHERE at <= ?", vec![before.into()])
}
