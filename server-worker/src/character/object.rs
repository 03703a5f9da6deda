//! The shell of a Character.

use super::logic;
use crate::{
    calls::{
        account::{Settle, Settlement, object_name},
        directory::Kind,
    },
    runtime::{call::call, db::Fault, shell::Shell},
};
use worker::{DurableObject, Env, Request, Response, Result, State, console_error, durable_object};

/// One character.
#[durable_object(alarm)]
pub struct Character(Shell<logic::Character>);

// The memory is replaced only by a finished decision; a panic while it is
// borrowed leaves rows that it is rebuilt from.
impl std::panic::UnwindSafe for Character {}
impl std::panic::RefUnwindSafe for Character {}

impl Character {
    /// Asks the account whether it lists this character.
    async fn settle(&self) -> std::result::Result<(), Fault> {
        let unsettled = self.0.step(|character, context| {
            let record = character.unsettled(context.now)?;
            let (key, id) = (record.sheet.name.key(), record.sheet.id.get());
            Some((record.owner, Settle { kind: Kind::Character, key, id }))
        })?;
        if let Some((owner, question)) = unsettled {
            let answer = call(&self.0.env, &object_name(owner), question).await;
            let settlement = answer.unwrap_or(Settlement::Wait);
            self.0.step(|character, context| character.settle(context, settlement))?;
        }
        Ok(())
    }
}

impl DurableObject for Character {
    fn new(state: State, env: Env) -> Self {
        Self(Shell::new(state, env))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        self.0.fetch(request).await
    }
    async fn alarm(&self) -> Result<Response> {
        self.0.alarm_fired();
        if let Err(fault) = self.settle().await {
            console_error!("Character: {fault}");
        }
        Response::empty()
    }
}
