//! The shell of a Throttle.

use super::{logic, store};
use crate::runtime::{clock, row_shell::RowShell};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// One of the 64 Throttles.
#[durable_object(alarm)]
pub struct Throttle(RowShell<store::Schema>);

// A panic leaves nothing half done here: there is no memory but the alarm's time.
impl std::panic::UnwindSafe for Throttle {}
impl std::panic::RefUnwindSafe for Throttle {}

impl DurableObject for Throttle {
    fn new(state: State, env: Env) -> Self {
        Self(RowShell::new(state, env))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        self.0.fetch(request, |db, now, call| logic::answer(&store::Counts(db), now, call)).await
    }

    async fn alarm(&self) -> Result<Response> {
        self.0.alarm(async || store::forget(&self.0.db()?, clock::now())).await
    }
}
