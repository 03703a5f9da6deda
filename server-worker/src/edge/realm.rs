//! The world and the server, as they are now.

use super::{
    bodies::{Canon, Event, Events, EventsQuery, NoBody, Ready, StatusBody},
    http::Input,
    kept::Kept,
    readiness::Readiness,
};
use crate::{
    calls::world::{GetEvents, GetState, GetStatus, object_name},
    config::Config,
    runtime::{
        call::{call, file_of},
        clock,
    },
    service,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    protocol::world::{ShardStatus, WorldState},
};
use std::{cell::RefCell, sync::LazyLock};
use worker::Env;

/// What the realm is made of. No object is asked: it is compiled in.
pub static CANON: LazyLock<Kept<Canon>> = LazyLock::new(|| Kept::of(&Canon::of_this_build()));

pub async fn state(_: Input<NoBody>, env: &Env, _: &Config) -> service::Result<WorldState> {
    call(env, &object_name(), GetState {}).await
}

pub async fn shards(_: Input<NoBody>, _: &Env, _: &Config) -> service::Result<ShardStatus> {
    Ok(ShardStatus::beginning())
}

pub async fn events(input: Input<EventsQuery>, env: &Env, _: &Config) -> service::Result<Events> {
    let EventsQuery { limit, cursor } = input.body;
    // One more event is asked for than is answered: it tells whether there is another page.
    let mut found = call(env, &object_name(), GetEvents { before: cursor, limit: limit + 1 }).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_cursor = found.last().filter(|_| more).map(|(number, _)| number.to_string());
    let events = found.into_iter().map(|(number, happening)| Event {
        id: number.to_string(),
        event_type: happening.event_type,
        title: happening.title,
        description: happening.description,
        timestamp: happening.at,
        faction: happening.faction,
    });
    Ok(Events { events: events.collect(), next_cursor })
}

pub async fn status(_: Input<NoBody>, env: &Env, _: &Config) -> service::Result<StatusBody> {
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

thread_local! {
    static READINESS: RefCell<Readiness> = RefCell::default();
}

/// The configuration has been read by now, so what is left to check is the storage.
pub async fn ready(_: Input<NoBody>, env: &Env, _: &Config) -> service::Result<Ready> {
    match READINESS.with_borrow_mut(|readiness| readiness.known(clock::now())) {
        Some(found) => found?,
        None => {
            let found = service::check_storage(env).await.map_err(|refusal| for_operators(env, refusal));
            READINESS.with_borrow_mut(|readiness| readiness.found(clock::now(), found.clone()));
            found?;
        }
    }
    Ok(Ready { ready: true })
}

/// What is wrong with the realm, in words for those who run it.
fn for_operators(env: &Env, refusal: Refusal) -> Refusal {
    if refusal.code != ErrorCode::StorageCorrupt {
        return refusal;
    }
    let file = file_of::<GetStatus>(env, &object_name());
    refusal.saying(format!(
        "The storage of World is damaged: nobody can enter the realm. Stop the server, restore {file} from a \
         backup and start it again."
    ))
}
