//! The rows of a World.

use super::logic::{Reported, World, Write};
use crate::{
    calls::world::Population,
    effect::to_json,
    runtime::{
        db::{Db, Fault, Param},
        shell::Store,
    },
};

impl Store for World {
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
    ];

    fn load(db: &Db) -> Result<Self, Fault> {
        let started = db.query("SELECT started FROM realm", vec![], |row| row.millis(0))?.pop();
        let hubs = db.query("SELECT number, players, sockets, reported_at FROM hubs", vec![], |row| {
            let population = Population { players: row.number(1)? as u32, sockets: row.number(2)? as u32 };
            Ok((row.number(0)? as u32, Reported { population, at: row.millis(3)? }))
        })?;
        let events =
            db.query("SELECT number, event FROM events", vec![], |row| Ok((row.number(0)?, row.json(1)?)))?;
        Ok(Self::restore(started, hubs.into_iter().collect(), events.into_iter().collect()))
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
