//! The shell of an Account.

use super::logic;
use crate::{
    calls::{account::FinishDelete, character, directory},
    runtime::{call::call, shell::Shell},
};
use worker::{DurableObject, Env, Request, Response, Result, State, console_error, durable_object};

/// One account.
#[durable_object(alarm)]
pub struct Account(Shell<logic::Account>);

// The memory is replaced only by a finished decision; a panic while deciding
// leaves rows that it is rebuilt from.
impl std::panic::UnwindSafe for Account {}
impl std::panic::RefUnwindSafe for Account {}

impl Account {
    /// Undoes with the other objects what a crash cut short. Every step may
    /// have been done before.
    async fn undo(&self, unfinished: logic::Unfinished) {
        let logic::Unfinished { player, character, name } = unfinished;
        let object = character::object_name(character);
        let deleted = call(&self.0.env, &object, character::Delete { owner: player }).await.is_ok()
            && call(
                &self.0.env,
                &directory::object_name(directory::Kind::Character, &name.key()),
                directory::Release { kind: directory::Kind::Character, key: name.key(), id: character.get() },
            )
            .await
            .is_ok();
        if deleted {
            let finish = FinishDelete { character, deleted };
            if let Err(fault) = self.0.step(|account, context| account.finish_delete(context, &finish)) {
                console_error!("Account: {fault}");
            }
        }
        // Otherwise the alarm, which is armed again, tries again.
    }
}

impl DurableObject for Account {
    fn new(state: State, env: Env) -> Self {
        Self(Shell::new(state, env))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        self.0.fetch(request).await
    }

    async fn alarm(&self) -> Result<Response> {
        self.0.alarm_fired();
        match self.0.step(logic::Account::expire) {
            Ok(unfinished) => {
                for unfinished in unfinished {
                    self.undo(unfinished).await;
                }
            }
            Err(fault) => console_error!("Account: {fault}"),
        }
        Response::empty()
    }
}
