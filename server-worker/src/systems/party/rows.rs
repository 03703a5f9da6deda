//! What the rows of a Party hold. Each function that writes a row gives the values of its
//! columns, in the order of its table's list of columns; the one that reads it takes them
//! in the same order.

use super::{logic::Served, state::State};
use crate::{
    calls::BatchNumber,
    effect::to_json,
    row::{Fault, Row, Value},
    systems::chat::said::StoredSpeech,
};
use shardlink_shared::protocol::chat::PastChat;

/// The columns of `party`; the first says that there is one row.
pub const STATE: &str = "only, state";

/// The columns of `served`, without its position, which SQLite gives it.
pub const SERVED: &str = "key, served";

/// The columns of `said`.
pub const SAID: &str = "number, past";

/// The columns of `heard`.
pub const HEARD: &str = "hub, epoch, number";

/// The row of `party`.
#[must_use]
pub fn state(state: &State) -> Vec<Value> {
    vec![Value::Int(1), to_json(state).into()]
}

/// Reads the row of `party`.
///
/// # Errors
/// It is none.
pub fn read_state(row: &Row) -> Result<State, Fault> {
    row.json(1)
}

/// What stands for a request in `served`. Keys have 64 bits, and a number in a row 53.
#[must_use]
pub fn served_key(key: u64) -> Value {
    key.to_string().into()
}

/// A row of `served`.
#[must_use]
pub fn served(served: &Served) -> Vec<Value> {
    vec![served_key(served.key), to_json(served).into()]
}

/// Reads a row of `served`.
///
/// # Errors
/// It is none.
pub fn read_served(row: &Row) -> Result<Served, Fault> {
    row.json(1)
}

/// A row of `said`: something that was said.
#[must_use]
pub fn said(past: &PastChat) -> Vec<Value> {
    vec![Value::Int(past.number as i64), to_json(&StoredSpeech::from(past)).into()]
}

/// Reads a row of `said`.
///
/// # Errors
/// It is none.
pub fn read_said(row: &Row) -> Result<PastChat, Fault> {
    row.json::<StoredSpeech>(1).map(Into::into)
}

/// A row of `heard`: the last batch of a hub's that was heard.
#[must_use]
pub fn heard(hub: u32, batch: BatchNumber) -> Vec<Value> {
    vec![hub.into(), batch.epoch.into(), Value::Int(batch.number as i64)]
}

/// Reads a row of `heard`.
///
/// # Errors
/// It is none.
pub fn read_heard(row: &Row) -> Result<(u32, BatchNumber), Fault> {
    Ok((row.number(0)? as u32, BatchNumber { epoch: row.millis(1)?, number: row.number(2)? }))
}
