//! The configuration out of the runtime's bindings.

use crate::config::Config;
use shardlink_shared::{ErrorCode, Refusal};
use worker::{Env, console_error};

/// Reads the configuration.
///
/// # Errors
/// INTERNAL; the log names the variable.
pub fn read(env: &Env) -> Result<Config, Refusal> {
    Config::read(|name| env.var(name).ok().map(|value| value.to_string())).map_err(|error| {
        console_error!("configuration: {error}");
        Refusal::new(ErrorCode::Internal).saying("The server is not configured. Its log says what is missing.")
    })
}
