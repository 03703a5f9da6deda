//! Parties over REST: what the selected character does, whether it is in the world or not.

use super::{
    bodies::{Done, Invite, NoBody, PartyBody, PartyFounded},
    http::Input,
};
use crate::{
    config::Config,
    service::{self, Actor},
    systems::party::{PartyAnswer, PartyRequest, look_at_party, party_request},
};
use shardlink_shared::{
    ErrorCode,
    ids::PartyId,
    protocol::party::{PartyCreate, PartyReference, PartyUpdate},
};
use worker::Env;

/// The session's selected character.
async fn actor<B>(input: &Input<B>, env: &Env) -> service::Result<Actor> {
    let identity = input.identity()?;
    let selected = service::authenticate(env, identity, None).await?.character;
    Ok(Actor { owner: identity.player, character: selected.ok_or(ErrorCode::NoCharacter)? })
}

async fn ask<B>(input: &Input<B>, env: &Env, config: &Config, request: PartyRequest) -> service::Result<PartyAnswer> {
    party_request(env, config.party_size, actor(input, env).await?, request).await
}

pub async fn create(input: Input<PartyCreate>, env: &Env, config: &Config) -> service::Result<PartyFounded> {
    let request = PartyRequest::Create(input.body.party_name.clone());
    let PartyAnswer::Update(PartyUpdate { party_id, party_name, .. }) = ask(&input, env, config, request).await?
    else {
        return Err(ErrorCode::Internal.into());
    };
    Ok(PartyFounded { success: true, party_id, party_name })
}

pub async fn invite(input: Input<Invite>, env: &Env, config: &Config) -> service::Result<Done> {
    let request = PartyRequest::Invite(input.body.party_id, input.body.invitee_id);
    ask(&input, env, config, request).await?;
    Ok(Done { success: true, message: "Invited." })
}

pub async fn leave(input: Input<PartyReference>, env: &Env, config: &Config) -> service::Result<Done> {
    let request = PartyRequest::Leave(input.body.party_id);
    ask(&input, env, config, request).await?;
    Ok(Done { success: true, message: "Left." })
}

pub async fn get(input: Input<NoBody>, env: &Env, _: &Config) -> service::Result<PartyBody> {
    let party: PartyId = input.id.as_deref().and_then(|id| id.parse().ok()).ok_or(ErrorCode::NotFound)?;
    let actor = actor(&input, env).await.map_err(|refusal| match refusal.code {
        // A session without a selected character is in no party.
        ErrorCode::NoCharacter => ErrorCode::NotFound.into(),
        _ => refusal,
    })?;
    look_at_party(env, actor, party).await.map(PartyBody::from)
}
