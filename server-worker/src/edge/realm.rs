//! The world and the server, as they are now.

use super::bodies::StatusBody;
use crate::{
    calls::world::{GetStatus, object_name},
    runtime::{call::call, clock},
    service,
};
use shardlink_shared::protocol::world::WorldState;
use worker::Env;

pub async fn state(env: &Env) -> service::Result<WorldState> {
    let status = call(env, &object_name(), GetStatus {}).await?;
    Ok(WorldState::beginning(status.population.players))
}

pub async fn status(env: &Env) -> service::Result<StatusBody> {
    let status = call(env, &object_name(), GetStatus {}).await?;
    Ok(StatusBody {
        status: "online",
        version: env!("CARGO_PKG_VERSION"),
        active_players: status.population.players,
        active_sessions: status.population.players,
        websocket_connections: status.population.sockets,
        uptime: clock::now().since(status.started) / 1000,
    })
}
