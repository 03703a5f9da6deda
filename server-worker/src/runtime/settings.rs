//! The configuration, read from the runtime's bindings.

use crate::config::Config;
use shardlink_shared::{ErrorCode, Refusal};
use std::{cell::OnceCell, rc::Rc};
use worker::{Env, console_error};

thread_local! {
    // Bindings do not change while the code runs: a deployment starts it anew.
    static READ: OnceCell<Rc<Config>> = const { OnceCell::new() };
}

/// Reads the configuration.
///
/// # Errors
/// NOT_CONFIGURED; the log names the variable.
pub fn read(env: &Env) -> Result<Rc<Config>, Refusal> {
    if let Some(config) = READ.with(|read| read.get().cloned()) {
        return Ok(config);
    }
    match Config::read(|name| env.var(name).ok().map(|value| value.to_string())) {
        Ok(config) => Ok(READ.with(|read| read.get_or_init(|| Rc::new(config)).clone())),
        Err(error) => {
            console_error!("configuration: {error}");
            Err(ErrorCode::NotConfigured.into())
        }
    }
}
