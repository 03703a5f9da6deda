//! The shell of an Account.

use super::logic;
use crate::{calls::account::FinishDelete, runtime::shell::Shell, service};
use std::rc::Rc;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// One account.
#[durable_object(alarm)]
pub struct Account(Rc<Shell<logic::Account>>);

impl Account {
    /// Finishes with other objects what a crash cut short. Every step may have been done
    /// before. The alarm is set again, and tries again whatever cannot be done now.
    async fn finish(&self, work: logic::Work) {
        match work {
            logic::Work::Delete(deletion) => {
                if service::finish_account_deletion(&self.0.env, deletion).await.is_ok()
                    && let Err(fault) = self.0.step(logic::Account::erase)
                {
                    self.0.report(&fault);
                }
            }
            logic::Work::Undo(unfinished) => {
                for unfinished in unfinished {
                    if !service::undo(&self.0.env, &unfinished).await {
                        continue;
                    }
                    let finish = FinishDelete { character: unfinished.character, deleted: true };
                    if let Err(fault) = self.0.step(|account, context| account.finish_delete(context, &finish)) {
                        self.0.report(&fault);
                    }
                }
            }
        }
    }
}

impl DurableObject for Account {
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
        match self.0.step(logic::Account::expire) {
            Ok(work) => {
                self.0.spawn_errands();
                self.finish(work).await;
            }
            Err(fault) => drop(self.0.report(&fault)),
        }
        Response::empty()
    }
}
