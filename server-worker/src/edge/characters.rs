//! Characters over REST.

use super::{
    bodies::{Characters, Created, Done, NoBody, Select, Selected, TicketBody},
    http::Input,
};
use crate::{
    calls::hub::{EnterWorld, object_name},
    config::Config,
    runtime::call::call,
    service,
};
use shardlink_shared::{
    ErrorCode,
    ids::CharacterId,
    protocol::{character::CharacterCreate, trade::Inventory},
};
use worker::Env;

pub async fn list(input: Input<NoBody>, env: &Env, _: &Config) -> service::Result<Characters> {
    Ok(Characters { characters: service::list_characters(env, input.identity()?).await? })
}

pub async fn create(input: Input<CharacterCreate>, env: &Env, _: &Config) -> service::Result<Created> {
    let identity = input.identity()?;
    let character = service::create_character(env, identity, input.body).await?;
    Ok(Created { success: true, character })
}

pub async fn select(input: Input<Select>, env: &Env, config: &Config) -> service::Result<Selected> {
    let identity = input.identity()?;
    let Select { character_id } = input.body;
    let found = service::select_character(env, identity, character_id).await?;
    if let Some(hub) = found.hub {
        // If the session holds a socket already, the character enters the world on it. If that
        // hub cannot be reached, the ticket is still a way in.
        let enter = EnterWorld { session: identity.session, character: character_id };
        let _ = call(env, &object_name(hub), enter).await;
    }
    let character = service::sheet(env, identity.player, character_id).await?;
    let (ticket, hub) = service::ticket(env, config, identity, &found).await?;
    Ok(Selected { success: true, character, hub, ticket })
}

/// The character that the address names: no number is nobody's.
fn named<B>(input: &Input<B>) -> service::Result<CharacterId> {
    let id = input.id.as_deref().and_then(|id| id.parse().ok());
    id.ok_or(ErrorCode::NotYourCharacter.into())
}

pub async fn inventory(input: Input<NoBody>, env: &Env, _: &Config) -> service::Result<Inventory> {
    service::inventory(env, input.identity()?, named(&input)?).await
}

pub async fn delete(input: Input<NoBody>, env: &Env, _: &Config) -> service::Result<Done> {
    service::delete_character(env, input.identity()?, named(&input)?).await?;
    Ok(Done { success: true, message: "Character deleted." })
}

pub async fn ticket(input: Input<NoBody>, env: &Env, config: &Config) -> service::Result<TicketBody> {
    let identity = input.identity()?;
    let found = service::authenticate(env, identity, None).await?;
    let (ticket, hub) = service::ticket(env, config, identity, &found).await?;
    Ok(TicketBody { ticket, hub })
}
