//! The one door to an object's SQLite: parameters and rows, transactions and
//! migrations. `one()`, `to_array()` and `next()` of the binding hang a request
//! when they fail, so only `raw()` is used.

use super::clock;
use crate::{effect::to_json, letters::Letter};
use serde::{Serialize, de::DeserializeOwned};
use shardlink_shared::time::Millis;
use std::{cell::Cell, panic::AssertUnwindSafe};
use wasm_bindgen::{JsCast, JsValue, prelude::*};
use worker::{SqlStorage, SqlStorageValue, State};

/// Something went wrong in storage: ours to mend, INTERNAL on the wire.
#[derive(Debug)]
pub struct Fault(pub String);

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<worker::Error> for Fault {
    fn from(error: worker::Error) -> Self {
        Self(error.to_string())
    }
}

/// A parameter. Integers are bound as floats by the runtime, so they must stay
/// below 2^53; ids are texts.
pub enum Param {
    /// A text.
    Text(String),
    /// An integer below 2^53.
    Int(i64),
    /// Bytes.
    Blob(Vec<u8>),
    /// Nothing.
    Null,
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Millis> for Param {
    fn from(moment: Millis) -> Self {
        Self::Int(moment.0 as i64)
    }
}

impl From<u32> for Param {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<Vec<u8>> for Param {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl<T: Into<Self>> From<Option<T>> for Param {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<Param> for SqlStorageValue {
    fn from(param: Param) -> Self {
        match param {
            Param::Text(text) => Self::String(text),
            Param::Int(number) => Self::Float(number as f64),
            Param::Blob(bytes) => Self::Blob(bytes),
            Param::Null => Self::Null,
        }
    }
}

/// A row of an answer.
pub struct Row(Vec<SqlStorageValue>);

impl Row {
    /// A column that is a text.
    pub fn text(&self, column: usize) -> Result<String, Fault> {
        match self.0.get(column) {
            Some(SqlStorageValue::String(text)) => Ok(text.clone()),
            other => Err(Fault(format!("column {column} is no text but {}", kind(other)))),
        }
    }

    /// A column that is an integer from 0.
    pub fn number(&self, column: usize) -> Result<u64, Fault> {
        match self.0.get(column) {
            Some(SqlStorageValue::Integer(number)) if *number >= 0 => Ok(*number as u64),
            Some(SqlStorageValue::Float(number)) if *number >= 0.0 => Ok(*number as u64),
            other => Err(Fault(format!("column {column} is no number but {}", kind(other)))),
        }
    }

    /// A column that is a moment.
    pub fn millis(&self, column: usize) -> Result<Millis, Fault> {
        self.number(column).map(Millis)
    }

    /// A column that is bytes.
    pub fn blob(&self, column: usize) -> Result<Vec<u8>, Fault> {
        match self.0.get(column) {
            Some(SqlStorageValue::Blob(bytes)) => Ok(bytes.clone()),
            other => Err(Fault(format!("column {column} is no blob but {}", kind(other)))),
        }
    }

    /// Whether a column is empty.
    pub fn is_null(&self, column: usize) -> bool {
        matches!(self.0.get(column), None | Some(SqlStorageValue::Null))
    }

    /// A column whose text reads as a `T`, such as an id.
    pub fn parse<T: std::str::FromStr>(&self, column: usize) -> Result<T, Fault> {
        self.text(column)?.parse().map_err(|_| Fault(format!("column {column} does not parse")))
    }

    /// A column that holds JSON of a `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T, Fault> {
        serde_json::from_str(&self.text(column)?).map_err(|error| Fault(format!("column {column}: {error}")))
    }
}

fn kind(value: Option<&SqlStorageValue>) -> &'static str {
    match value {
        None => "absent",
        Some(SqlStorageValue::Null) => "null",
        Some(SqlStorageValue::Boolean(_)) => "a boolean",
        Some(SqlStorageValue::Integer(_) | SqlStorageValue::Float(_)) => "a number",
        Some(SqlStorageValue::String(_)) => "a text",
        Some(SqlStorageValue::Blob(_)) => "a blob",
    }
}

#[wasm_bindgen]
extern "C" {
    type SyncStorage;

    /// Runs the closure in a transaction; an exception rolls it back.
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(this: &SyncStorage, closure: &mut dyn FnMut() -> Result<(), JsValue>) -> Result<(), JsValue>;
}

/// An object's database.
pub struct Db {
    sql: SqlStorage,
    storage: SyncStorage,
    /// The time in its row, as far as is known here.
    time: Cell<Millis>,
}

impl Db {
    /// The database of an object.
    pub fn of(state: &State) -> Self {
        let storage = state.storage();
        let raw: &JsValue = storage.as_raw().as_ref();
        Self { sql: storage.sql(), storage: raw.clone().unchecked_into(), time: Cell::default() }
    }

    /// Runs a statement that changes rows. The time goes with it into the same
    /// transaction, so that an object's next life never says an earlier one.
    pub fn execute(&self, sql: &str, params: Vec<Param>) -> Result<(), Fault> {
        self.run(sql, params)?;
        let now = clock::said();
        if self.time.get() < now {
            self.run("INSERT OR REPLACE INTO time (only, said) VALUES (1, ?)", vec![now.into()])?;
            self.time.set(now);
        }
        Ok(())
    }

    fn run(&self, sql: &str, params: Vec<Param>) -> Result<(), Fault> {
        self.query(sql, params, |_| Ok(())).map(|_| ())
    }

    /// Runs a query and reads each row.
    pub fn query<T>(
        &self,
        sql: &str,
        params: Vec<Param>,
        read: impl Fn(&Row) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let params: Vec<SqlStorageValue> = params.into_iter().map(Into::into).collect();
        let cursor = self.sql.exec(sql, params)?;
        let mut rows = Vec::new();
        for row in cursor.raw() {
            rows.push(read(&Row(row?))?);
        }
        Ok(rows)
    }

    /// The letters that have not been answered, from the table `letters (number, letter)`.
    pub fn letters<T: DeserializeOwned>(&self) -> Result<Vec<(u64, Letter<T>)>, Fault> {
        self.query("SELECT number, letter FROM letters ORDER BY number", vec![], |row| {
            Ok((row.number(0)?, row.json(1)?))
        })
    }

    /// Stores a letter.
    pub fn keep_letter<T: Serialize>(&self, number: u64, letter: &Letter<T>) -> Result<(), Fault> {
        self.execute(
            "INSERT OR REPLACE INTO letters (number, letter) VALUES (?, ?)",
            vec![Param::Int(number as i64), to_json(letter).into()],
        )
    }

    /// Removes a letter.
    pub fn drop_letter(&self, number: u64) -> Result<(), Fault> {
        self.execute("DELETE FROM letters WHERE number = ?", vec![Param::Int(number as i64)])
    }

    /// Runs all or nothing.
    pub fn transaction(&self, mut all: impl FnMut() -> Result<(), Fault>) -> Result<(), Fault> {
        // Unwinding rolls the transaction back, and what `all` reads is not
        // used after a fault.
        let mut all = AssertUnwindSafe(&mut all);
        let mut closure = move || {
            let all: &mut AssertUnwindSafe<_> = &mut all;
            (all.0)().map_err(|fault: Fault| JsValue::from_str(&fault.0))
        };
        self.storage.transaction_sync(&mut closure).map_err(|error| {
            // The time's row is what it was before, too.
            self.time.set(Millis::default());
            Fault(error.as_string().unwrap_or_else(|| format!("{error:?}")))
        })
    }

    /// Looks for damage in all of the file, also where nothing has been read yet. Takes
    /// about a millisecond for each MiB.
    ///
    /// # Errors
    /// What SQLite found, as damage.
    pub fn check(&self) -> Result<(), Fault> {
        let found = self.query("PRAGMA quick_check(1)", vec![], |row| row.text(0))?;
        match found.first() {
            Some(found) if found != "ok" => Err(Fault(format!("{found}: SQLITE_CORRUPT"))),
            _ => Ok(()),
        }
    }

    /// Brings the schema to the last of the numbered migrations, in one transaction, and
    /// the process's time to what the object has said: called first by every object.
    ///
    /// # Errors
    /// A schema that is newer than this build refuses to start.
    pub fn migrate(&self, migrations: &[&str]) -> Result<(), Fault> {
        self.run("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY) STRICT", vec![])?;
        self.run(
            "CREATE TABLE IF NOT EXISTS time (only INTEGER PRIMARY KEY CHECK (only = 1), said INTEGER NOT NULL) STRICT",
            vec![],
        )?;
        if let Some(said) = self.query("SELECT said FROM time", vec![], |row| row.millis(0))?.pop() {
            self.time.set(said);
            clock::never_before(said);
        }
        let done = self.query("SELECT count(*) FROM migrations", vec![], |row| row.number(0))?;
        let done = done.first().copied().unwrap_or(0) as usize;
        if done > migrations.len() {
            return Err(Fault(format!("the schema has {done} migrations, this build knows {}", migrations.len())));
        }
        if done == migrations.len() {
            return Ok(());
        }
        self.transaction(|| {
            for (index, migration) in migrations.iter().enumerate().skip(done) {
                self.execute(migration, vec![])?;
                self.execute("INSERT INTO migrations (number) VALUES (?)", vec![Param::Int(index as i64 + 1)])?;
            }
            Ok(())
        })
    }
}
