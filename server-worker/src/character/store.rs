//! Where the rows of a Character are; `rows.rs` has what they hold.

use super::{
    logic::{Character, Write},
    rows,
    social::Social,
};
use crate::{
    damage::Class,
    letters::Letters,
    row::Fault,
    runtime::{db::Db, shell::Store},
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
        let select = |columns: &str, table: &str| format!("SELECT {columns} FROM {table}");
        let record = db.query(&select(rows::RECORD, "character"), vec![], rows::read_record)?.pop();
        let presence = db.query(&select(rows::PRESENCE, "presence"), vec![], rows::read_presence)?.pop();
        let social = db.query(&select(rows::SOCIAL, "social"), vec![], rows::read_social)?.pop();
        Ok(Self::restore(record, presence, social.unwrap_or_default(), Letters::restore(db.letters()?)))
    }

    fn store(db: &Db, write: &Write) -> Result<(), Fault> {
        let (table, columns, row) = match write {
            Write::Record(record) => ("character", rows::RECORD, record.as_ref().map(rows::record)),
            Write::Presence(presence) => ("presence", rows::PRESENCE, presence.map(rows::presence)),
            Write::Social(social) => {
                let any = *social != Social::default();
                ("social", rows::SOCIAL, any.then(|| rows::social(social)))
            }
            Write::Post(number, letter) => return db.keep_letter(*number, letter),
            Write::Done(number) => return db.drop_letter(*number),
        };
        match row {
            Some(row) => db.put(table, columns, row),
            None => db.execute(&format!("DELETE FROM {table}"), vec![]),
        }
    }
}
