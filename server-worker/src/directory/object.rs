//! The shell of a Directory.

use super::{logic, store};
use crate::runtime::row_shell::RowShell;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// One of the 64 Directories.
#[durable_object(alarm)]
pub struct Directory(RowShell<store::Schema>);

// A panic leaves nothing half done here: the only memory is the alarm's time.
impl std::panic::UnwindSafe for Directory {}
impl std::panic::RefUnwindSafe for Directory {}

impl DurableObject for Directory {
    fn new(state: State, env: Env) -> Self {
        Self(RowShell::new(state, env))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        self.0.fetch(request, |db, now, call| logic::answer(&store::Names(db), now, call)).await
    }

    async fn alarm(&self) -> Result<Response> {
        self.0.alarm(async || logic::settle_due(&store::Names(&self.0.db()?), &self.0.env).await).await
    }
}
