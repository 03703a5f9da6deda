//! Where the rows of a Party are.

use super::{
    logic::{Party, Write},
    rows,
};
use crate::{
    damage::Class,
    letters::Letters,
    row::{Fault, Value},
    runtime::{db::Db, shell::Store},
    systems::chat::heard::Heard,
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
        let select = |columns: &str, table: &str| format!("SELECT {columns} FROM {table}");
        let state = db.query(&select(rows::STATE, "party"), vec![], rows::read_state)?.pop();
        let served = db.query(&(select(rows::SERVED, "served") + " ORDER BY position"), vec![], rows::read_served)?;
        let said = db.query(&(select(rows::SAID, "said") + " ORDER BY number"), vec![], rows::read_said)?;
        let heard = db.query(&select(rows::HEARD, "heard"), vec![], rows::read_heard)?;
        let heard = Heard::restore(heard.into_iter().collect());
        Ok(Self::restore(state, served.into(), Letters::restore(db.letters()?), said, heard))
    }

    fn store(db: &Db, write: &Write) -> Result<(), Fault> {
        match write {
            Write::State(state) => db.put("party", rows::STATE, rows::state(state)),
            Write::Served(served) => db.put("served", rows::SERVED, rows::served(served)),
            Write::ForgetServed(key) => db.execute("DELETE FROM served WHERE key = ?", vec![rows::served_key(*key)]),
            Write::Post(number, letter) => db.keep_letter(*number, letter),
            Write::Done(number) => db.drop_letter(*number),
            Write::Said(past) => db.put("said", rows::SAID, rows::said(past)),
            Write::ForgetSaid(number) => {
                db.execute("DELETE FROM said WHERE number <= ?", vec![Value::Int(*number as i64)])
            }
            Write::Heard(hub, batch) => db.put("heard", rows::HEARD, rows::heard(*hub, *batch)),
        }
    }
}
