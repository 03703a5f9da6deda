//! The rows of a World.

use super::logic::{Reported, World, Write};
use crate::{
    calls::world::Population,
    runtime::{
        db::{Db, Fault},
        shell::Store,
    },
};

impl Store for World {
    const MIGRATIONS: &'static [&'static str] = &["
        CREATE TABLE realm (only INTEGER PRIMARY KEY CHECK (only = 1), started INTEGER NOT NULL) STRICT;
        CREATE TABLE hubs (
            number INTEGER PRIMARY KEY,
            players INTEGER NOT NULL,
            sockets INTEGER NOT NULL,
            reported_at INTEGER NOT NULL
        ) STRICT;
    "];

    fn load(db: &Db) -> Result<Self, Fault> {
        let started = db.query("SELECT started FROM realm", vec![], |row| row.millis(0))?.pop();
        let hubs = db.query("SELECT number, players, sockets, reported_at FROM hubs", vec![], |row| {
            let population = Population { players: row.number(1)? as u32, sockets: row.number(2)? as u32 };
            Ok((row.number(0)? as u32, Reported { population, at: row.millis(3)? }))
        })?;
        Ok(Self::restore(started, hubs.into_iter().collect()))
    }

    fn store(db: &Db, write: &Write) -> Result<(), Fault> {
        match write {
            Write::Started(at) => {
                db.execute("INSERT OR REPLACE INTO realm (only, started) VALUES (1, ?)", vec![(*at).into()])
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
