//! The shell of a World.

use super::logic;
use crate::runtime::shell::Shell;
use std::rc::Rc;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

/// A realm.
#[durable_object(fetch)]
pub struct World(Rc<Shell<logic::World>>);

impl DurableObject for World {
    fn new(state: State, env: Env) -> Self {
        Self(Rc::new(Shell::new(state, env)))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let response = self.0.fetch(request).await;
        self.0.spawn_errands();
        response
    }
}
