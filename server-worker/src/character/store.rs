//! Where the rows of a Character are; `record.rs` and `social.rs` have what they hold.

use super::{
    logic::{Character, Write},
    social::Social,
};
use crate::{
    damage::Class,
    effect::to_json,
    letters::Letters,
    runtime::{
        db::{Db, Fault, Param},
        shell::Store,
    },
};

impl Store for Character {
    const CLASS: Class = Class::Character;

    const MIGRATIONS: &'static [&'static str] = &[
        "
        CREATE TABLE character (only INTEGER PRIMARY KEY CHECK (only = 1), record TEXT NOT NULL) STRICT;
        CREATE TABLE presence (only INTEGER PRIMARY KEY CHECK (only = 1), presence TEXT NOT NULL) STRICT;
    ",
        "
        CREATE TABLE social (only INTEGER PRIMARY KEY CHECK (only = 1), social TEXT NOT NULL) STRICT;
        CREATE TABLE letters (number INTEGER PRIMARY KEY, letter TEXT NOT NULL) STRICT;
    ",
    ];

    fn load(db: &Db) -> Result<Self, Fault> {
        let record = db.query("SELECT record FROM character", vec![], |row| row.json(0))?.pop();
        let presence = db.query("SELECT presence FROM presence", vec![], |row| row.json(0))?.pop();
        let social = db.query("SELECT social FROM social", vec![], |row| row.json(0))?.pop();
        Ok(Self::restore(record, presence, social.unwrap_or_default(), Letters::restore(db.letters()?)))
    }

    fn store(db: &Db, write: &Write) -> Result<(), Fault> {
        let (table, column, value) = match write {
            Write::Record(record) => ("character", "record", record.as_ref().map(to_json)),
            Write::Presence(presence) => ("presence", "presence", presence.as_ref().map(to_json)),
            Write::Social(social) => {
                let any = *social != Social::default();
                ("social", "social", any.then(|| to_json(social)))
            }
            Write::Post(number, letter) => return db.keep_letter(*number, letter),
            Write::Done(number) => return db.drop_letter(*number),
        };
        match value {
            Some(value) => db.execute(
                &format!("INSERT OR REPLACE INTO {table} (only, {column}) VALUES (1, ?)"),
                vec![Param::Text(value)],
            ),
            None => db.execute(&format!("DELETE FROM {table}"), vec![]),
        }
    }
}
