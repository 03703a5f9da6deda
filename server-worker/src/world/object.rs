//! The shell of a World.

use super::logic;
use crate::runtime::{clock, shell::Shell};
use std::{cell::Cell, rc::Rc};
use worker::{DurableObject, Env, Request, Response, Result, State, console_error, durable_object};

thread_local! {
    /// The number of clock jumps that the hubs have been woken for. It is the process's, so
    /// that it outlives World's sleep.
    static WOKEN_FOR: Cell<u64> = const { Cell::new(0) };
}

/// A realm.
#[durable_object(alarm)]
pub struct World(Rc<Shell<logic::World>>);

impl World {
    /// Wakes the hubs if the clock has jumped since they were woken last.
    fn notice_jumps(&self) {
        clock::now();
        let jumps = clock::jumps();
        if WOKEN_FOR.replace(jumps) == jumps {
            return;
        }
        match self.0.step(logic::World::clock_jumped) {
            Ok(0) => {}
            Ok(hubs) => console_error!("World: the clock has jumped, or the process stood still: {hubs} hubs woken"),
            Err(fault) => drop(self.0.report(&fault)),
        }
    }
}

impl DurableObject for World {
    fn new(state: State, env: Env) -> Self {
        Self(Rc::new(Shell::new(state, env)))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        // This comes before the call, so that World answers knowing its hubs; and after
        // loading, which may have shown that the clock is behind.
        self.notice_jumps();
        let response = self.0.fetch(request).await;
        self.notice_jumps();
        self.0.spawn_errands();
        response
    }

    async fn alarm(&self) -> Result<Response> {
        self.0.alarm_fired();
        if let Err(fault) = self.0.step(logic::World::alarm) {
            self.0.report(&fault);
        }
        self.0.spawn_errands();
        Response::empty()
    }
}
