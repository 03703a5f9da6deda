//! The shell of an object that answers calls out of its memory: load, decode,
//! decide, store, set the alarm, answer.

use super::{
    alarm::Alarm,
    boot, clock, damage,
    db::{Db, Fault},
    entropy::System,
};
use crate::{
    damage::Class,
    effect::{Context, Errands, Logic, Reply, to_json},
};
use futures_util::future::{Either, select};
use shardlink_shared::Refusal;
use std::{
    cell::RefCell,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::pin,
    rc::Rc,
    time::Duration,
};
use wasm_bindgen_futures::JsFuture;
use worker::{Delay, Env, Request, Response, Result, State, console_error};

/// The longest time that an answer waits for an errand: half of what a call may take.
const AWAITED_FOR: Duration = Duration::from_secs(5);

/// How an object's memory and its rows belong together.
pub trait Store: Logic {
    /// Which class of object it is.
    const CLASS: Class;

    /// The numbered migrations of its schema.
    const MIGRATIONS: &'static [&'static str];

    /// Rebuilds the memory from the rows.
    fn load(db: &Db) -> std::result::Result<Self, Fault>;

    /// Stores one changed row.
    fn store(db: &Db, write: &Self::Write) -> std::result::Result<(), Fault>;
}

/// An object's memory, storage and alarm.
pub struct Shell<L> {
    state: State,
    /// The object's bindings.
    pub env: Env,
    memory: RefCell<Option<L>>,
    alarm: Alarm,
}

// The memory is taken out during a decision: after a panic it is rebuilt from the rows.
impl<L> UnwindSafe for Shell<L> {}
impl<L> RefUnwindSafe for Shell<L> {}

impl<L: Store> Shell<L> {
    /// The shell of an object that has just been constructed.
    pub fn new(state: State, env: Env) -> Self {
        boot::began();
        Self { state, env, memory: RefCell::new(None), alarm: Alarm::default() }
    }

    /// Answers a call from another object.
    pub async fn fetch(&self, mut request: Request) -> Result<Response> {
        let body = request.text().await?;
        let reply = match serde_json::from_str::<L::Call>(&body) {
            Ok(call) => self.step(|logic, context| logic.dispatch(context, call)),
            // The caller is of another build: it is told so, and the log too.
            Err(error) => Err(Fault(format!("undecodable call: {error}"))),
        };
        Response::ok(reply.unwrap_or_else(|fault| Reply(to_json(&Err::<(), _>(self.report(&fault))))).0)
    }

    /// Logs a fault, and returns the refusal for the caller.
    pub fn report(&self, fault: &Fault) -> Refusal {
        damage::report(&self.state, L::CLASS, fault).1
    }

    /// Makes a decision, then stores its rows in one transaction. The output gate keeps the
    /// answer back until they are on disk.
    pub fn step<T>(
        &self,
        decide: impl FnOnce(&mut L, &mut Context<'_, L::Write>) -> T,
    ) -> std::result::Result<T, Fault> {
        let db = Db::of(&self.state);
        // The memory is taken out during the decision: a panic leaves none instead of a
        // half-changed one, and the next call rebuilds it from the rows.
        let mut logic = match self.memory.take() {
            Some(logic) => logic,
            None => {
                db.migrate(L::MIGRATIONS)?;
                L::load(&db)?
            }
        };
        let mut entropy = System;
        let now = clock::now();
        let mut context = Context::new(now, &mut entropy);
        let decided = decide(&mut logic, &mut context);
        let deadline = logic.next_deadline();
        if !context.writes.is_empty() {
            // If this fails the memory is ahead of the rows, and is not put back.
            db.transaction(|| context.writes.iter().try_for_each(|write| L::store(&db, write)))?;
        }
        if logic.is_finished(now) {
            self.give_back();
            return Ok(decided);
        }
        self.memory.replace(Some(logic));
        self.alarm.set(&self.state, deadline);
        Ok(decided)
    }

    /// Deletes all storage, the schema too: a file of 4 KiB is left. The next call, if there
    /// ever is one, finds no memory and makes the schema anew.
    fn give_back(&self) {
        self.alarm.set(&self.state, None);
        // This is called now and not in a task, so that no call comes in between: see
        // `Alarm::set`.
        match self.state.storage().as_raw().delete_all() {
            Ok(promise) => self.state.wait_until(async move {
                if let Err(error) = JsFuture::from(promise).await {
                    console_error!("deleteAll: {error:?}");
                }
            }),
            Err(error) => console_error!("deleteAll: {error:?}"),
        }
    }

    /// To be called first by the object's alarm.
    pub fn alarm_fired(&self) {
        self.alarm.fired();
    }
}

impl<L: Store + Errands + 'static> Shell<L> {
    /// Begins all errands that are due, each by itself, and waits for those that the answer
    /// waits for, but not so long that the caller gives up. What an errand leads to may be
    /// further errands.
    pub async fn run_errands(self: &Rc<Self>) {
        for errand in self.taken_errands() {
            if L::is_awaited(&errand) {
                let shell = Rc::clone(self);
                let task = Box::pin(async move {
                    shell.run_errand(errand).await;
                    shell.spawn_errands();
                });
                // An errand that takes longer goes on by itself.
                if let Either::Right((_, task)) = select(task, pin!(Delay::from(AWAITED_FOR))).await {
                    self.state.wait_until(task);
                }
            } else {
                self.spawn(errand);
            }
        }
    }

    /// Begins all errands that are due, and waits for none.
    pub fn spawn_errands(self: &Rc<Self>) {
        self.taken_errands().into_iter().for_each(|errand| self.spawn(errand));
    }

    fn spawn(self: &Rc<Self>, errand: L::Errand) {
        let shell = Rc::clone(self);
        self.state.wait_until(async move {
            shell.run_errand(errand).await;
            shell.spawn_errands();
        });
    }

    fn taken_errands(&self) -> Vec<L::Errand> {
        // An object without memory has just failed to store; its alarm tries again.
        let Some(mut logic) = self.memory.take() else { return Vec::new() };
        let errands = logic.take_errands(clock::now());
        self.memory.replace(Some(logic));
        errands
    }

    async fn run_errand(&self, errand: L::Errand) {
        let outcome = L::run(&self.env, &errand).await;
        if let Err(fault) = self.step(|logic, context| logic.finish(context, errand, outcome)) {
            self.report(&fault);
        }
    }
}
