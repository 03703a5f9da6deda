//! What the rows of a Throttle hold.

use super::logic::Count;
use crate::row::{Fault, Row, Value};

/// The columns of `counts`.
pub const COLUMNS: &str = "key, since, count";

/// A row of `counts`, in the order of [`COLUMNS`].
#[must_use]
pub fn count(key: &str, count: Count) -> Vec<Value> {
    vec![key.into(), count.since.into(), count.count.into()]
}

/// Reads a row of `counts`.
///
/// # Errors
/// It is none.
pub fn read_count(row: &Row) -> Result<Count, Fault> {
    Ok(Count { since: row.millis(1)?, count: row.number(2)? as u32 })
}
