//! What the rows of a World hold. Each function that writes a row gives the values of its
//! columns, in the order of its table's list of columns; the one that reads it takes them
//! in the same order.

use super::logic::Reported;
use crate::{
    calls::BatchNumber,
    calls::world::{Happening, Population},
    effect::to_json,
    row::{Fault, Row, Value},
    systems::chat::{Scope, said::StoredSpeech},
};
use shardlink_shared::{protocol::chat::PastChat, time::Millis};

/// The columns of `realm`; the first says that there is one row.
pub const REALM: &str = "only, started";

/// The columns of `hubs`.
pub const HUB: &str = "number, players, sockets, reported_at";

/// The columns of `events`.
pub const EVENT: &str = "number, event";

/// The columns of `said`.
pub const SAID: &str = "number, audience, past";

/// The columns of `heard`.
pub const HEARD: &str = "hub, epoch, number";

/// The columns of `retired`.
pub const RETIRED: &str = "hub, at";

/// The row of `realm`: when the realm began.
#[must_use]
pub fn realm(started: Millis) -> Vec<Value> {
    vec![Value::Int(1), started.into()]
}

/// Reads the row of `realm`.
///
/// # Errors
/// It is not such a row.
pub fn read_realm(row: &Row) -> Result<Millis, Fault> {
    row.millis(1)
}

/// A row of `hubs`.
#[must_use]
pub fn hub(number: u32, reported: Reported) -> Vec<Value> {
    let Population { players, sockets } = reported.population;
    vec![number.into(), players.into(), sockets.into(), reported.at.into()]
}

/// Reads a row of `hubs`.
///
/// # Errors
/// It is not such a row.
pub fn read_hub(row: &Row) -> Result<(u32, Reported), Fault> {
    let population = Population { players: row.number(1)? as u32, sockets: row.number(2)? as u32 };
    Ok((row.number(0)? as u32, Reported { population, at: row.millis(3)? }))
}

/// A row of `events`.
#[must_use]
pub fn event(number: u64, happening: &Happening) -> Vec<Value> {
    vec![Value::Int(number as i64), to_json(happening).into()]
}

/// Reads a row of `events`.
///
/// # Errors
/// It is not such a row.
pub fn read_event(row: &Row) -> Result<(u64, Happening), Fault> {
    Ok((row.number(0)?, row.json(1)?))
}

/// A row of `said`: something that was said, and to whom.
#[must_use]
pub fn said(audience: Scope, past: &PastChat) -> Vec<Value> {
    vec![Value::Int(past.number as i64), to_json(&audience).into(), to_json(&StoredSpeech::from(past)).into()]
}

/// Reads a row of `said`.
///
/// # Errors
/// It is not such a row.
pub fn read_said(row: &Row) -> Result<(Scope, PastChat), Fault> {
    Ok((row.json(1)?, row.json::<StoredSpeech>(2)?.into()))
}

/// A row of `heard`: the last batch of a hub's that was heard.
#[must_use]
pub fn heard(hub: u32, batch: BatchNumber) -> Vec<Value> {
    vec![hub.into(), batch.epoch.into(), Value::Int(batch.number as i64)]
}

/// Reads a row of `heard`.
///
/// # Errors
/// It is not such a row.
pub fn read_heard(row: &Row) -> Result<(u32, BatchNumber), Fault> {
    Ok((row.number(0)? as u32, BatchNumber { epoch: row.millis(1)?, number: row.number(2)? }))
}

/// A row of `retired`: a hub whose storage is damaged, and when that was found.
#[must_use]
pub fn retired(hub: u32, at: Millis) -> Vec<Value> {
    vec![hub.into(), at.into()]
}

/// Reads a row of `retired`.
///
/// # Errors
/// It is not such a row.
pub fn read_retired(row: &Row) -> Result<(u32, Millis), Fault> {
    Ok((row.number(0)? as u32, row.millis(1)?))
}
