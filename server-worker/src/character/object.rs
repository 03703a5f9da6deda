//! The shell of a Character.

use super::logic;
use crate::runtime::shell::Shell;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// One character.
#[durable_object(fetch)]
pub struct Character(Shell<logic::Character>);

// The memory is replaced only by a finished decision; a panic while it is
// borrowed leaves rows that it is rebuilt from.
impl std::panic::UnwindSafe for Character {}
impl std::panic::RefUnwindSafe for Character {}

impl DurableObject for Character {
    fn new(state: State, env: Env) -> Self {
        Self(Shell::new(state, env))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        self.0.fetch(request).await
    }
}
