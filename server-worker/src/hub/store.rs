//! The rows of a Hub.

use crate::runtime::db::{Db, Fault};
use shardlink_shared::{crypto::token::Ticket, time::Millis};

const MIGRATIONS: &[&str] = &["
    CREATE TABLE used_tickets (
        nonce BLOB PRIMARY KEY,
        expires INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tickets_by_age ON used_tickets (expires);
"];

/// Brings the schema up to date: once for each time the hub is loaded.
pub fn migrate(db: &Db) -> Result<(), Fault> {
    db.migrate(MIGRATIONS)
}

/// Takes a ticket: whether it is shown for the first time. It is remembered
/// until it could not be shown again, also over a sleep or a crash.
pub fn use_ticket(db: &Db, ticket: &Ticket, now: Millis) -> Result<bool, Fault> {
    let nonce = ticket.nonce.to_vec();
    if !db.query("SELECT 1 FROM used_tickets WHERE nonce = ?", vec![nonce.clone().into()], |_| Ok(()))?.is_empty() {
        return Ok(false);
    }
    db.execute("DELETE FROM used_tickets WHERE expires <= ?", vec![now.into()])?;
    db.execute("INSERT INTO used_tickets (nonce, expires) VALUES (?, ?)", vec![nonce.into(), ticket.expires.into()])?;
    Ok(true)
}
