//! The rows of a World.

use super::{
    logic::{Reported, World, Write},
    speech::Speech,
};
use crate::calls::BatchNumber;
use crate::{
    calls::world::Population,
    damage::Class,
    effect::to_json,
    runtime::{
        db::{Db, Fault, Param},
        shell::Store,
    },
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
        // All of it is read at every start; what is damaged is found now and not in a year.
        db.check()?;
        let started = db.query("SELECT started FROM realm", vec![], |row| row.millis(0))?.pop();
        let hubs = db.query("SELECT number, players, sockets, reported_at FROM hubs", vec![], |row| {
            let population = Population { players: row.number(1)? as u32, sockets: row.number(2)? as u32 };
            Ok((row.number(0)? as u32, Reported { population, at: row.millis(3)? }))
        })?;
        let events =
            db.query("SELECT number, event FROM events", vec![], |row| Ok((row.number(0)?, row.json(1)?)))?;
        let said = db.query("SELECT audience, past FROM said ORDER BY number", vec![], |row| {
            Ok((row.json(0)?, row.json(1)?))
        })?;
        let heard = db.query("SELECT hub, epoch, number FROM heard", vec![], |row| {
            Ok((row.number(0)? as u32, BatchNumber { epoch: row.millis(1)?, number: row.number(2)? }))
        })?;
        let retired =
            db.query("SELECT hub, at FROM retired", vec![], |row| Ok((row.number(0)? as u32, row.millis(1)?)))?;
        let speech = Speech::restore(said, Heard::restore(heard.into_iter().collect()));
        let (hubs, retired) = (hubs.into_iter().collect(), retired.into_iter().collect());
        Ok(Self::restore(started, hubs, retired, events.into_iter().collect(), speech))
    }

    fn store(db: &Db, write: &Write) -> Result<(), Fault> {
        match write {
            Write::Started(at) => {
                db.execute("INSERT OR REPLACE INTO realm (only, started) VALUES (1, ?)", vec![(*at).into()])
            }
            Write::Event(number, happening) => db.execute(
                "INSERT OR REPLACE INTO events (number, event) VALUES (?, ?)",
                vec![Param::Int(*number as i64), to_json(happening).into()],
            ),
            Write::ForgetEvents(last) => {
                db.execute("DELETE FROM events WHERE number <= ?", vec![Param::Int(*last as i64)])
            }
            Write::Said(audience, past) => db.execute(
                "INSERT OR REPLACE INTO said (number, audience, past) VALUES (?, ?, ?)",
                vec![Param::Int(past.number as i64), to_json(audience).into(), to_json(past).into()],
            ),
            Write::ForgetSaid(number) => {
                db.execute("DELETE FROM said WHERE number = ?", vec![Param::Int(*number as i64)])
            }
            Write::Heard(hub, batch) => db.execute(
                "INSERT OR REPLACE INTO heard (hub, epoch, number) VALUES (?, ?, ?)",
                vec![(*hub).into(), batch.epoch.into(), Param::Int(batch.number as i64)],
            ),
            Write::Retired(hub, at) => db
                .execute("INSERT OR REPLACE INTO retired (hub, at) VALUES (?, ?)", vec![(*hub).into(), (*at).into()]),
            Write::Reinstated(hub) => db.execute("DELETE FROM retired WHERE hub = ?", vec![(*hub).into()]),
            Write::Hub(number, reported) => db.execute(
                "INSERT OR REPLACE INTO hubs (number, players, sockets, reported_at) VALUES (?, ?, ?, ?)",
                vec![
                    (*number).into(),
                    reported.population.players.into(),
                    reported.population.sockets.into(),
                    reported.at.into(),
                ],
            ),
        }
    }
}
