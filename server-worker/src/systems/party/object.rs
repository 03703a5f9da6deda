//! The shell of a Party.

use super::logic;
use crate::runtime::shell::Shell;
use std::rc::Rc;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// One party.
#[durable_object(alarm)]
pub struct Party(Rc<Shell<logic::Party>>);

impl DurableObject for Party {
    fn new(state: State, env: Env) -> Self {
        Self(Rc::new(Shell::new(state, env)))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let response = self.0.fetch(request).await;
        self.0.spawn_errands();
        response
    }

    async fn alarm(&self) -> Result<Response> {
        self.0.alarm_fired();
        if let Err(fault) = self.0.step(logic::Party::expire) {
            self.0.report(&fault);
        }
        self.0.spawn_errands();
        Response::empty()
    }
}
