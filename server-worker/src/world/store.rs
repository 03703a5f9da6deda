//! Where the rows of a World are.

use super::{
    logic::{World, Write},
    rows,
    speech::Speech,
};
use crate::{
    damage::Class,
    row::{Fault, Value},
    runtime::{db::Db, shell::Store},
    systems::chat::heard::Heard,
};

impl Store for World {
    const CLASS: Class = Class::World;

    const MIGRATIONS: &'static [&'static str] = &[
        "
        CREATE TABLE realm (only INTEGER PRIMARY KEY CHECK (only = 1), started INTEGER NOT NULL) STRICT;
        CREATE TABLE hubs (
            number INTEGER PRIMARY KEY,
            players INTEGER NOT NULL,
            sockets INTEGER NOT NULL,
            reported_at INTEGER NOT NULL
        ) STRICT;
    ",
        "
        CREATE TABLE events (number INTEGER PRIMARY KEY, event TEXT NOT NULL) STRICT;
    ",
        "
        CREATE TABLE said (number INTEGER PRIMARY KEY, audience TEXT NOT NULL, past TEXT NOT NULL) STRICT;
        CREATE TABLE heard (hub INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, number INTEGER NOT NULL) STRICT;
    ",
        "
        CREATE TABLE retired (hub INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
    ",
    ];

    fn load(db: &Db) -> Result<Self, Fault> {
        // The whole file is checked at every start, so that damage is found now and not in a
        // year.
        db.check()?;
        let select = |columns: &str, table: &str| format!("SELECT {columns} FROM {table}");
        let started = db.query(&select(rows::REALM, "realm"), vec![], rows::read_realm)?.pop();
        let hubs = db.query(&select(rows::HUB, "hubs"), vec![], rows::read_hub)?;
        let events = db.query(&select(rows::EVENT, "events"), vec![], rows::read_event)?;
        let said = db.query(&(select(rows::SAID, "said") + " ORDER BY number"), vec![], rows::read_said)?;
        let heard = db.query(&select(rows::HEARD, "heard"), vec![], rows::read_heard)?;
        let retired = db.query(&select(rows::RETIRED, "retired"), vec![], rows::read_retired)?;
        let speech = Speech::restore(said, Heard::restore(heard.into_iter().collect()));
        let (hubs, retired) = (hubs.into_iter().collect(), retired.into_iter().collect());
        Ok(Self::restore(started, hubs, retired, events.into_iter().collect(), speech))
    }

    fn store(db: &Db, write: &Write) -> Result<(), Fault> {
        match write {
            Write::Started(at) => db.put("realm", rows::REALM, rows::realm(*at)),
            Write::Event(number, happening) => db.put("events", rows::EVENT, rows::event(*number, happening)),
            Write::ForgetEvents(last) => {
                db.execute("DELETE FROM events WHERE number <= ?", vec![Value::Int(*last as i64)])
            }
            Write::Said(audience, past) => db.put("said", rows::SAID, rows::said(*audience, past)),
            Write::ForgetSaid(number) => {
                db.execute("DELETE FROM said WHERE number = ?", vec![Value::Int(*number as i64)])
            }
            Write::Heard(hub, batch) => db.put("heard", rows::HEARD, rows::heard(*hub, *batch)),
            Write::Retired(hub, at) => db.put("retired", rows::RETIRED, rows::retired(*hub, *at)),
            Write::Reinstated(hub) => db.execute("DELETE FROM retired WHERE hub = ?", vec![(*hub).into()]),
            Write::Hub(number, reported) => db.put("hubs", rows::HUB, rows::hub(*number, *reported)),
        }
    }
}
