//! What the rows of a Character hold. Each function that writes a row gives the values of its
//! columns, in the order of its table's list of columns; the one that reads it takes them in
//! the same order. Each table has one row, as its first column says, or none.

use super::{record::Record, social::Social};
use crate::{
    calls::character::Visit,
    effect::to_json,
    row::{Fault, Row, Value},
};

/// The columns of `character`.
pub const RECORD: &str = "only, record";

/// The columns of `presence`.
pub const PRESENCE: &str = "only, presence";

/// The columns of `social`.
pub const SOCIAL: &str = "only, social";

/// The row of `character`: its record.
#[must_use]
pub fn record(record: &Record) -> Vec<Value> {
    vec![Value::Int(1), to_json(record).into()]
}

/// Reads the row of `character`.
///
/// # Errors
/// It is none.
pub fn read_record(row: &Row) -> Result<Record, Fault> {
    row.json(1)
}

/// The row of `presence`: its stay in the world.
#[must_use]
pub fn presence(visit: Visit) -> Vec<Value> {
    vec![Value::Int(1), to_json(&visit).into()]
}

/// Reads the row of `presence`.
///
/// # Errors
/// It is none.
pub fn read_presence(row: &Row) -> Result<Visit, Fault> {
    row.json(1)
}

/// The row of `social`: what it is among others.
#[must_use]
pub fn social(social: &Social) -> Vec<Value> {
    vec![Value::Int(1), to_json(social).into()]
}

/// Reads the row of `social`.
///
/// # Errors
/// It is none.
pub fn read_social(row: &Row) -> Result<Social, Fault> {
    row.json(1)
}
