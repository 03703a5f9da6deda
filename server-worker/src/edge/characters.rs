//! Characters over REST.

use super::{
    bodies::{Characters, Created, Done, Select, Selected, TicketBody},
    http,
};
use crate::{
    calls::hub::{EnterWorld, object_name},
    config::Config,
    runtime::call::call,
    service,
};
use shardlink_shared::{ErrorCode, ids::CharacterId};
use worker::{Env, Request};

pub async fn list(request: Request, env: &Env, config: &Config) -> service::Result<Characters> {
    let identity = http::identity(&request, config)?;
    Ok(Characters { characters: service::list_characters(env, identity).await? })
}

pub async fn create(mut request: Request, env: &Env, config: &Config) -> service::Result<Created> {
    let identity = http::identity(&request, config)?;
    let create = http::body(&mut request).await?;
    let character = service::create_character(env, identity, create).await?;
    Ok(Created { success: true, character })
}

pub async fn select(mut request: Request, env: &Env, config: &Config) -> service::Result<Selected> {
    let identity = http::identity(&request, config)?;
    let Select { character_id } = http::body(&mut request).await?;
    let socket = service::select_character(env, identity, character_id).await?;
    if let Some(hub) = socket {
        // The session may hold a socket already: the character enters on it.
        // If that hub cannot be reached, the ticket is still a way in.
        let enter = EnterWorld { session: identity.session, character: character_id };
        let _ = call(env, &object_name(hub), enter).await;
    }
    let character = service::sheet(env, identity.player, character_id).await?;
    let (ticket, hub) = service::ticket(env, config, identity, Some(character_id)).await?;
    Ok(Selected { success: true, character, hub, ticket })
}

pub async fn delete(request: Request, env: &Env, config: &Config, id: Option<&str>) -> service::Result<Done> {
    let identity = http::identity(&request, config)?;
    let id: CharacterId = id.and_then(|id| id.parse().ok()).ok_or(ErrorCode::NotYourCharacter)?;
    service::delete_character(env, identity, id).await?;
    Ok(Done { success: true, message: "Character deleted." })
}

pub async fn ticket(request: Request, env: &Env, config: &Config) -> service::Result<TicketBody> {
    let identity = http::identity(&request, config)?;
    let authenticated = service::authenticate(env, identity, None).await?;
    let (ticket, hub) = service::ticket(env, config, identity, authenticated.character).await?;
    Ok(TicketBody { ticket, hub })
}
