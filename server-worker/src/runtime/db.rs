//! The one door to an object's SQLite: statements, transactions and migrations. `one()`,
//! `to_array()` and `next()` of the binding hang a request when they fail, so only `raw()`
//! is used.

use super::clock;
use crate::{effect::to_json, letters::Letter};
use serde::{Serialize, de::DeserializeOwned};
use shardlink_shared::time::Millis;
use std::{cell::Cell, panic::AssertUnwindSafe};
use wasm_bindgen::{JsCast, JsValue, prelude::*};
use worker::{SqlStorage, SqlStorageValue, State};

pub use crate::row::{Fault, Row, Value, Value as Param};

impl From<worker::Error> for Fault {
    fn from(error: worker::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<Value> for SqlStorageValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Text(text) => Self::String(text),
            Value::Int(number) => Self::Float(number as f64),
            Value::Blob(bytes) => Self::Blob(bytes),
            Value::Null => Self::Null,
        }
    }
}

impl From<SqlStorageValue> for Value {
    fn from(value: SqlStorageValue) -> Self {
        match value {
            SqlStorageValue::String(text) => Self::Text(text),
            SqlStorageValue::Integer(number) => Self::Int(number),
            SqlStorageValue::Float(number) => Self::Int(number as i64),
            // SQLite has no booleans: one would come back as the text that it was stored as.
            SqlStorageValue::Boolean(truth) => Self::Text(truth.to_string()),
            SqlStorageValue::Blob(bytes) => Self::Blob(bytes),
            SqlStorageValue::Null => Self::Null,
        }
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
    /// The time in the table `time`, as far as is known here.
    time: Cell<Millis>,
}

impl Db {
    /// The database of an object.
    pub fn of(state: &State) -> Self {
        let storage = state.storage();
        let raw: &JsValue = storage.as_raw().as_ref();
        Self { sql: storage.sql(), storage: raw.clone().unchecked_into(), time: Cell::default() }
    }

    /// Runs a statement that changes rows. The time is stored in the same transaction, so that
    /// the object never uses an earlier one after it was loaded again.
    pub fn execute(&self, sql: &str, params: Vec<Param>) -> Result<(), Fault> {
        self.run(sql, params)?;
        let now = clock::said();
        if self.time.get() < now {
            self.run("INSERT OR REPLACE INTO time (only, said) VALUES (1, ?)", vec![now.into()])?;
            self.time.set(now);
        }
        Ok(())
    }

    /// Inserts a row of these columns, or replaces the row that has its key.
    pub fn put(&self, table: &str, columns: &str, values: Vec<Value>) -> Result<(), Fault> {
        let places = vec!["?"; values.len()].join(", ");
        self.execute(&format!("INSERT OR REPLACE INTO {table} ({columns}) VALUES ({places})"), values)
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
            rows.push(read(&Row(row?.into_iter().map(Into::into).collect()))?);
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
        // Unwinding rolls the transaction back, and nothing that `all` has read is used after a
        // fault.
        let mut all = AssertUnwindSafe(&mut all);
        let mut closure = move || {
            let all: &mut AssertUnwindSafe<_> = &mut all;
            (all.0)().map_err(|fault: Fault| JsValue::from_str(&fault.0))
        };
        self.storage.transaction_sync(&mut closure).map_err(|error| {
            // The row of the time was rolled back too.
            self.time.set(Millis::default());
            Fault(error.as_string().unwrap_or_else(|| format!("{error:?}")))
        })
    }

    /// Looks for damage in the whole file, also where nothing has been read yet. It takes about
    /// a millisecond for each MiB.
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

    /// Brings the schema to the last of the numbered migrations, in one transaction, and raises
    /// the process's time to what the object has stored. Every object calls it first.
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
