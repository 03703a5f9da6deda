//! What those who run the realm may do.

use super::{Platform, Result, owner_of};
use crate::{
    calls::{account, hub, world},
    text::content,
};
use shardlink_shared::{ids::CharacterId, protocol::chat::WorldAnnouncement, time::Millis};

/// Silences the account of a character until this time, or lets it speak again. It is so when
/// this returns. If a hub could not be told, this fails, and asking again tells it.
///
/// # Errors
/// NOT_FOUND; OVERLOADED or INTERNAL if an object does not answer.
pub async fn silence(on: &impl Platform, character: CharacterId, until: Option<Millis>) -> Result<()> {
    let owner = owner_of(on, character).await.map_err(|refusal| refusal.at("character_id"))?;
    let sessions = on.ask(&account::object_name(owner), account::Silence { until }).await?;
    for (session, number) in sessions {
        on.ask(&hub::object_name(number), hub::Silence { session, until }).await?;
    }
    Ok(())
}

/// Announces something to everybody.
///
/// # Errors
/// EMPTY if nothing of it can be seen; OVERLOADED or INTERNAL if the world does not answer.
pub async fn announce(on: &impl Platform, announcement: WorldAnnouncement) -> Result<()> {
    let announcement = content::announcement(&announcement)?;
    let key = on.draw(|entropy| entropy.next_u64());
    on.ask(&world::object_name(), world::Announce { key, announcement }).await
}
