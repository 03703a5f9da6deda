//! Rows between an object and its SQLite: the values that a row has, and how a column is
//! read back. What an object's rows hold is mapped by its `rows.rs`, which is compiled and
//! tested natively; the SQL around it is `store.rs`'s, through `runtime/db.rs`.

use serde::de::DeserializeOwned;
use shardlink_shared::time::Millis;
use std::{fmt, str::FromStr};

/// Something went wrong in storage: ours to mend, INTERNAL on the wire.
#[derive(Debug)]
pub struct Fault(pub String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes what is stored from what is sent, and the other way round. Every field is named both
/// ways: one that the wire gains is stored only if it is written here, and one that is stored is
/// told only if the wire has it.
macro_rules! both_ways {
    ($stored:ident, $sent:ident { $($field:ident),* $(,)? }) => {
        #[allow(clippy::useless_conversion)] // Most fields have one type on both sides.
        impl From<$sent> for $stored {
            fn from($sent { $($field),* }: $sent) -> Self {
                Self { $($field: $field.into()),* }
            }
        }

        #[allow(clippy::useless_conversion)] // Likewise.
        impl From<$stored> for $sent {
            fn from($stored { $($field),* }: $stored) -> Self {
                Self { $($field: $field.into()),* }
            }
        }
    };
}
pub(crate) use both_ways;

/// What stands in a column, and what is bound to a statement. The runtime binds integers
/// as floats, so they must stay below 2^53; ids are texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// An integer below 2^53.
    Int(i64),
    /// Bytes.
    Blob(Vec<u8>),
    /// Nothing.
    Null,
}

impl Value {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Int(_) => "a number",
            Self::Blob(_) => "a blob",
            Self::Null => "null",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Millis> for Value {
    fn from(moment: Millis) -> Self {
        Self::Int(moment.0 as i64)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row of an answer.
#[derive(Debug)]
pub struct Row(pub Vec<Value>);

impl Row {
    fn expected(&self, column: usize, what: &str) -> Fault {
        Fault(format!("column {column} is no {what} but {}", self.0.get(column).map_or("absent", Value::kind)))
    }

    /// A column that is a text.
    ///
    /// # Errors
    /// It is none.
    pub fn text(&self, column: usize) -> Result<String, Fault> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(text.clone()),
            _ => Err(self.expected(column, "text")),
        }
    }

    /// A column that is an integer from 0.
    ///
    /// # Errors
    /// It is none.
    pub fn number(&self, column: usize) -> Result<u64, Fault> {
        match self.0.get(column) {
            Some(Value::Int(number)) if *number >= 0 => Ok(*number as u64),
            _ => Err(self.expected(column, "number")),
        }
    }

    /// A column that is a moment.
    ///
    /// # Errors
    /// It is none.
    pub fn millis(&self, column: usize) -> Result<Millis, Fault> {
        self.number(column).map(Millis)
    }

    /// A column that is a moment, or empty.
    ///
    /// # Errors
    /// It is neither.
    pub fn optional_millis(&self, column: usize) -> Result<Option<Millis>, Fault> {
        if self.is_null(column) { Ok(None) } else { self.millis(column).map(Some) }
    }

    /// A column that is bytes.
    ///
    /// # Errors
    /// It is none.
    pub fn blob(&self, column: usize) -> Result<Vec<u8>, Fault> {
        match self.0.get(column) {
            Some(Value::Blob(bytes)) => Ok(bytes.clone()),
            _ => Err(self.expected(column, "blob")),
        }
    }

    /// A column that is this many bytes.
    ///
    /// # Errors
    /// It is not; `what` says what it should be.
    pub fn bytes<const N: usize>(&self, column: usize, what: &str) -> Result<[u8; N], Fault> {
        self.blob(column)?.try_into().map_err(|_| Fault(format!("{what} has {N} bytes")))
    }

    /// Whether a column is empty.
    #[must_use]
    pub fn is_null(&self, column: usize) -> bool {
        matches!(self.0.get(column), None | Some(Value::Null))
    }

    /// A column whose text reads as a `T`, such as an id.
    ///
    /// # Errors
    /// It does not.
    pub fn parse<T: FromStr>(&self, column: usize) -> Result<T, Fault> {
        self.text(column)?.parse().map_err(|_| Fault(format!("column {column} does not parse")))
    }

    /// A column that holds JSON of a `T`.
    ///
    /// # Errors
    /// It does not.
    pub fn json<T: DeserializeOwned>(&self, column: usize) -> Result<T, Fault> {
        serde_json::from_str(&self.text(column)?).map_err(|error| Fault(format!("column {column}: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_another_kind_is_a_fault_that_names_it() {
        let row = Row(vec!["one".into(), Value::Int(-1), Value::Null, vec![1, 2].into()]);
        assert_eq!(row.text(0).unwrap(), "one");
        assert_eq!(row.number(0).unwrap_err().0, "column 0 is no number but a text");
        assert!(row.number(1).is_err(), "numbers begin at 0");
        assert_eq!(row.optional_millis(2).unwrap(), None);
        assert!(row.optional_millis(0).is_err());
        assert_eq!(row.bytes::<2>(3, "a pair").unwrap(), [1, 2]);
        assert_eq!(row.bytes::<3>(3, "a triple").unwrap_err().0, "a triple has 3 bytes");
        assert_eq!(row.text(9).unwrap_err().0, "column 9 is no text but absent");
    }
}
