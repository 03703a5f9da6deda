//! The rows of a Party.

use super::logic::{Party, Write};
use crate::{calls::BatchNumber, systems::chat::heard::Heard};
use crate::{
    damage::Class,
    effect::to_json,
    letters::Letters,
    runtime::{
        db::{Db, Fault, Param},
        shell::Store,
    },
};

impl Store for Party {
    const CLASS: Class = Class::Party;

    const MIGRATIONS: &'static [&'static str] = &["
        CREATE TABLE party (only INTEGER PRIMARY KEY CHECK (only = 1), state TEXT NOT NULL) STRICT;
        CREATE TABLE served (position INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, served TEXT NOT NULL) STRICT;
        CREATE TABLE letters (number INTEGER PRIMARY KEY, letter TEXT NOT NULL) STRICT;
        CREATE TABLE said (number INTEGER PRIMARY KEY, past TEXT NOT NULL) STRICT;
        CREATE TABLE heard (hub INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, number INTEGER NOT NULL) STRICT;
    "];

    fn load(db: &Db) -> Result<Self, Fault> {
        let state = db.query("SELECT state FROM party", vec![], |row| row.json(0))?.pop();
        let served = db.query("SELECT served FROM served ORDER BY position", vec![], |row| row.json(0))?;
        let said = db.query("SELECT past FROM said ORDER BY number", vec![], |row| row.json(0))?;
        let heard = db.query("SELECT hub, epoch, number FROM heard", vec![], |row| {
            Ok((row.number(0)? as u32, BatchNumber { epoch: row.millis(1)?, number: row.number(2)? }))
        })?;
        let heard = Heard::restore(heard.into_iter().collect());
        Ok(Self::restore(state, served.into(), Letters::restore(db.letters()?), said, heard))
    }

    fn store(db: &Db, write: &Write) -> Result<(), Fault> {
        match write {
            Write::State(state) => {
                db.execute("INSERT OR REPLACE INTO party (only, state) VALUES (1, ?)", vec![to_json(state).into()])
            }
            Write::Served(served) => db.execute(
                "INSERT OR REPLACE INTO served (key, served) VALUES (?, ?)",
                vec![served.key.to_string().into(), to_json(served).into()],
            ),
            Write::ForgetServed(key) => db.execute("DELETE FROM served WHERE key = ?", vec![key.to_string().into()]),
            Write::Post(number, letter) => db.keep_letter(*number, letter),
            Write::Done(number) => db.drop_letter(*number),
            Write::Said(past) => db.execute(
                "INSERT OR REPLACE INTO said (number, past) VALUES (?, ?)",
                vec![Param::Int(past.number as i64), to_json(past).into()],
            ),
            Write::ForgetSaid(number) => {
                db.execute("DELETE FROM said WHERE number <= ?", vec![Param::Int(*number as i64)])
            }
            Write::Heard(hub, batch) => db.execute(
                "INSERT OR REPLACE INTO heard (hub, epoch, number) VALUES (?, ?, ?)",
                vec![(*hub).into(), batch.epoch.into(), Param::Int(batch.number as i64)],
            ),
        }
    }
}
