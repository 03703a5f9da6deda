//! The shell of a Throttle.

use super::{logic, store};
use crate::runtime::{clock, row_shell::RowShell};
use std::cell::RefCell;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// One of the 64 Throttles.
#[durable_object(alarm)]
pub struct Throttle(RowShell<store::Schema>, RefCell<logic::Judging>);

// A panic leaves nothing half done here: an attempt that is being judged is one entry or none.
impl std::panic::UnwindSafe for Throttle {}
impl std::panic::RefUnwindSafe for Throttle {}

impl DurableObject for Throttle {
    fn new(state: State, env: Env) -> Self {
        Self(RowShell::new(state, env), RefCell::default())
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let judging = &self.1;
        self.0
            .fetch(request, |db, now, call| logic::answer(&store::Counts(db), &mut judging.borrow_mut(), now, call))
            .await
    }

    async fn alarm(&self) -> Result<Response> {
        self.0.alarm(async || store::forget(&self.0.db()?, clock::now())).await
    }
}
