//! What players say to one another across hubs, and whom they do not want to hear.

use super::{
    Actor, Platform, Result,
    parties::{find, find_by_name, owner_of},
};
use crate::{
    calls::{character, hub},
    hub::outbox::Whispered,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    protocol::chat::{Chat, Mute},
};

/// Whispers to somebody, wherever they are; the whisper with who heard it. Whoever has
/// muted the sender does not hear it, and the sender does not learn that.
///
/// # Errors
/// NOT_FOUND if there is no such character, RECIPIENT_OFFLINE if it is not in the world.
pub async fn whisper(on: &impl Platform, chat: Chat, to: Whispered) -> Result<Chat> {
    let (recipient, field) = match to {
        Whispered::Id(character) => (Ok(character), "recipient_id"),
        Whispered::Name(name) => (find_by_name(on, &name).await, "recipient_name"),
    };
    let at_fault = |refusal: Refusal| refusal.at(field);
    let recipient = recipient.map_err(at_fault)?;
    let found = find(on, recipient).await.map_err(at_fault)?;
    let offline = || Refusal::new(ErrorCode::RecipientOffline).at(field);
    let visit = found.visit.ok_or_else(offline)?;
    let chat = Chat { recipient_id: Some(recipient), recipient_name: Some(found.name), ..chat };
    let whisper = hub::Whisper { chat: chat.clone(), connection: visit.connection };
    if on.ask(&hub::object_name(visit.hub), whisper).await? { Ok(chat) } else { Err(offline()) }
}

/// Hears no more of a character, or hears it again.
///
/// # Errors
/// NOT_FOUND, TOO_MANY_MUTED.
pub async fn mute(on: &impl Platform, actor: Actor, mute: Mute) -> Result<Mute> {
    if mute.muted {
        owner_of(on, mute.character_id).await.map_err(|refusal| refusal.at("character_id"))?;
    }
    let call = character::Mute { owner: actor.owner, character: mute.character_id, muted: mute.muted };
    on.ask(&character::object_name(actor.character), call).await?;
    Ok(mute)
}
