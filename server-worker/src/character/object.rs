//! The shell of a Character.

use super::logic;
use crate::{
    runtime::{db::Fault, shell::Shell},
    service,
};
use std::rc::Rc;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// One character.
#[durable_object(alarm)]
pub struct Character(Rc<Shell<logic::Character>>);

impl Character {
    /// Asks the account whether it lists this character.
    async fn settle(&self) -> std::result::Result<(), Fault> {
        if let Some(made) = self.0.step(|character, context| character.unsettled(context.now))? {
            let settlement = service::settle(&self.0.env, &made).await;
            self.0.step(|character, context| character.settle(context, settlement))?;
        }
        Ok(())
    }
}

impl DurableObject for Character {
    fn new(state: State, env: Env) -> Self {
        Self(Rc::new(Shell::new(state, env)))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let response = self.0.fetch(request).await;
        self.0.run_errands().await;
        response
    }

    async fn alarm(&self) -> Result<Response> {
        self.0.alarm_fired();
        if let Err(fault) = self.settle().await {
            self.0.report(&fault);
        }
        self.0.spawn_errands();
        Response::empty()
    }
}
