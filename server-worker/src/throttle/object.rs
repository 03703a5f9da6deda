//! The shell of a Throttle.

use super::{logic, store};
use crate::{
    calls::throttle::{Check, Take, ThrottleCall},
    effect::{Reply, reply},
    runtime::{
        clock,
        db::{Db, Fault},
        row_shell::RowShell,
    },
};
use shardlink_shared::time::Millis;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// One of the 64 Throttles.
#[durable_object(alarm)]
pub struct Throttle(RowShell<store::Counts>);

// A panic leaves nothing half done here: there is no memory but the alarm's time.
impl std::panic::UnwindSafe for Throttle {}
impl std::panic::RefUnwindSafe for Throttle {}

fn answer(db: &Db, now: Millis, call: ThrottleCall) -> std::result::Result<Reply, Fault> {
    Ok(match call {
        ThrottleCall::Check(check) => reply::<Check>(logic::check(now, store::find(db, &check.key)?, check.limit)),
        ThrottleCall::Take(take) => {
            let row = store::find(db, &take.key)?;
            let allowed = logic::check(now, row, take.limit);
            if allowed.is_ok() {
                store::put(db, &take.key, logic::count(now, row))?;
            }
            reply::<Take>(allowed)
        }
    })
}

impl DurableObject for Throttle {
    fn new(state: State, env: Env) -> Self {
        Self(RowShell::new(state, env))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        self.0.fetch(request, answer).await
    }

    async fn alarm(&self) -> Result<Response> {
        self.0.alarm(async || store::forget(&self.0.db()?, clock::now())).await
    }
}
