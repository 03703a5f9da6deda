//! The shell of an object that may have millions of rows, and so keeps none in memory: each
//! call reads the rows that it needs.

use super::{
    alarm::Alarm,
    clock, damage,
    db::{Db, Fault},
};
use crate::{
    damage::Class,
    effect::{Reply, to_json},
};
use serde::de::DeserializeOwned;
use shardlink_shared::{Refusal, time::Millis};
use std::{cell::Cell, marker::PhantomData};
use worker::{Env, Request, Response, Result, State};

/// The rows of such an object.
pub trait Rows {
    /// Which class of object it is.
    const CLASS: Class;

    /// The numbered migrations of its schema.
    const MIGRATIONS: &'static [&'static str];

    /// When it next wants to be woken, if ever.
    fn next_deadline(db: &Db) -> std::result::Result<Option<Millis>, Fault>;
}

/// An object's storage and alarm.
pub struct RowShell<R> {
    state: State,
    /// The object's bindings.
    pub env: Env,
    alarm: Alarm,
    migrated: Cell<bool>,
    rows: PhantomData<R>,
}

impl<R: Rows> RowShell<R> {
    /// The shell of an object that has just been constructed.
    pub fn new(state: State, env: Env) -> Self {
        Self { state, env, alarm: Alarm::default(), migrated: Cell::new(false), rows: PhantomData }
    }

    /// The database, its schema up to date.
    pub fn db(&self) -> std::result::Result<Db, Fault> {
        let db = Db::of(&self.state);
        if !self.migrated.replace(true) {
            db.migrate(R::MIGRATIONS).inspect_err(|_| self.migrated.set(false))?;
        }
        Ok(db)
    }

    /// Answers a call from another object.
    pub async fn fetch<C: DeserializeOwned>(
        &self,
        mut request: Request,
        answer: impl FnOnce(&Db, Millis, C) -> std::result::Result<Reply, Fault>,
    ) -> Result<Response> {
        let body = request.text().await?;
        let reply = serde_json::from_str(&body)
            .map_err(|error| Fault(format!("undecodable call: {error}")))
            .and_then(|call| {
                let db = self.db()?;
                let reply = answer(&db, clock::now(), call)?;
                self.alarm.set(&self.state, R::next_deadline(&db)?);
                Ok(reply)
            });
        let reply = reply.unwrap_or_else(|fault| Reply(to_json(&Err::<(), _>(self.report(&fault)))));
        Response::ok(reply.0)
    }

    /// Runs the alarm's work. Before it the alarm is armed again, so that a crash during the
    /// work is followed by another try; after it the alarm is set to the next deadline.
    pub async fn alarm(&self, work: impl AsyncFnOnce() -> std::result::Result<(), Fault>) -> Result<Response> {
        self.alarm.fired();
        self.alarm.set(&self.state, Some(clock::now() + 60_000));
        let done = work().await.and_then(|()| R::next_deadline(&self.db()?));
        match done {
            Ok(deadline) => self.alarm.set(&self.state, deadline),
            Err(fault) => drop(self.report(&fault)),
        }
        Response::empty()
    }

    /// Logs a fault, and returns the refusal for the caller.
    fn report(&self, fault: &Fault) -> Refusal {
        damage::report(&self.state, R::CLASS, fault).1
    }
}
