//! Where the rows of an Account are.

use super::{
    logic::{Account, Write},
    rows,
};
use crate::{
    damage::Class,
    letters::Letters,
    row::{Fault, Value},
    runtime::{db::Db, shell::Store},
};

impl Store for Account {
    const CLASS: Class = Class::Account;

    const MIGRATIONS: &'static [&'static str] = &[
        "
        CREATE TABLE profile (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            player TEXT NOT NULL,
            username TEXT NOT NULL,
            verifier TEXT NOT NULL,
            created INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE sessions (
            id BLOB PRIMARY KEY, -- SHA-256 of the token
            began INTEGER NOT NULL,
            used INTEGER NOT NULL,
            character TEXT,
            hub INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE slots (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            stage TEXT NOT NULL,
            since INTEGER NOT NULL,
            created INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE used_handshakes (
            nonce BLOB PRIMARY KEY,
            expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
    ",
        "
        ALTER TABLE profile ADD COLUMN deleting INTEGER;
        CREATE TABLE known_networks (
            mark BLOB PRIMARY KEY, -- keyed hash of the network
            at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
    ",
        "
        ALTER TABLE profile ADD COLUMN silenced INTEGER;
    ",
        "
        CREATE TABLE made (only INTEGER PRIMARY KEY CHECK (only = 1), made TEXT NOT NULL) STRICT;
        CREATE TABLE letters (number INTEGER PRIMARY KEY, letter TEXT NOT NULL) STRICT;
    ",
    ];

    fn load(db: &Db) -> Result<Self, Fault> {
        let select = |columns: &str, table: &str| format!("SELECT {columns} FROM {table}");
        let profile = db.query(&select(rows::PROFILE, "profile"), vec![], rows::read_profile)?;
        let sessions = db.query(&select(rows::SESSION, "sessions"), vec![], rows::read_session)?;
        let slots = select(rows::SLOT, "slots") + " ORDER BY created, id";
        let slots = db.query(&slots, vec![], rows::read_slot)?;
        let used = db.query(&select(rows::HANDSHAKE, "used_handshakes"), vec![], rows::read_handshake)?;
        let known = db.query(&select(rows::NETWORK, "known_networks"), vec![], rows::read_network)?;
        let made = db.query(&select(rows::MADE, "made"), vec![], rows::read_made)?.pop();
        Ok(Self::restore(
            profile.into_iter().next(),
            sessions.into_iter().collect(),
            slots,
            used.into_iter().collect(),
            known.into_iter().collect(),
            made.unwrap_or_default(),
            Letters::restore(db.letters()?),
        ))
    }

    fn store(db: &Db, write: &Write) -> Result<(), Fault> {
        match write {
            Write::Profile(profile) => db.put("profile", rows::PROFILE, rows::profile(profile)),
            Write::Session(id, session) => db.put("sessions", rows::SESSION, rows::session(*id, session)),
            Write::EndSession(id) => {
                db.execute("DELETE FROM sessions WHERE id = ?", vec![Value::Blob(id.0.to_vec())])
            }
            Write::UseHandshake(nonce, expires) => {
                db.put("used_handshakes", rows::HANDSHAKE, rows::handshake(*nonce, *expires))
            }
            Write::ForgetHandshakes(before) => {
                db.execute("DELETE FROM used_handshakes WHERE expires <= ?", vec![(*before).into()])
            }
            Write::Know(mark, at) => db.put("known_networks", rows::NETWORK, rows::network(*mark, *at)),
            Write::ForgetNetwork(mark) => {
                db.execute("DELETE FROM known_networks WHERE mark = ?", vec![mark.to_vec().into()])
            }
            Write::Erase => ["profile", "sessions", "slots", "used_handshakes", "known_networks", "made"]
                .iter()
                .try_for_each(|table| db.execute(&format!("DELETE FROM {table}"), vec![])),
            Write::Slot(slot) => db.put("slots", rows::SLOT, rows::slot(slot)),
            Write::Made(made) => db.put("made", rows::MADE, rows::made(made)),
            Write::Post(number, letter) => db.keep_letter(*number, letter),
            Write::Done(number) => db.drop_letter(*number),
            Write::FreeSlot(id) => db.execute("DELETE FROM slots WHERE id = ?", vec![id.to_string().into()]),
        }
    }
}
