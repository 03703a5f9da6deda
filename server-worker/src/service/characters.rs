//! Making, choosing and deleting characters.

use super::{Platform, Result};
use crate::{
    account::logic::Unfinished,
    calls::{
        account::{self, Authenticated, Settlement},
        character::{self, Entered, Visit},
        directory::{self, Kind},
        hub,
    },
    character::logic::Made,
    hub::sockets::connection::Identity,
    systems::{self, Told},
    text::names::{character_keys, check_character_name},
};
use shardlink_shared::{
    ErrorCode,
    ids::{CharacterId, PlayerId},
    protocol::{character::CharacterCreate, trade::Inventory},
    rules::character::roll_stats,
    sheet::Sheet,
    text::CharacterName,
};

/// The account's characters, oldest first, without those whose storage is damaged: the
/// log names them, and the others can be played.
///
/// # Errors
/// SESSION_EXPIRED; STORAGE_CORRUPT if none can be read.
pub async fn list_characters(on: &impl Platform, identity: Identity) -> Result<Vec<Sheet>> {
    let question = account::ListCharacters { session: identity.session };
    let ids = on.ask(&account::object_name(identity.player), question).await?;
    let mut sheets = Vec::with_capacity(ids.len());
    let mut damaged = None;
    for id in ids {
        match sheet(on, identity.player, id).await {
            Ok(sheet) => sheets.push(sheet),
            Err(refusal) if refusal.code == ErrorCode::StorageCorrupt => damaged = Some(refusal),
            Err(refusal) => return Err(refusal),
        }
    }
    match damaged {
        Some(refusal) if sheets.is_empty() => Err(refusal),
        _ => Ok(sheets),
    }
}

/// The sheet of a character that the account is known to have.
///
/// # Errors
/// NOT_YOUR_CHARACTER.
pub async fn sheet(on: &impl Platform, owner: PlayerId, id: CharacterId) -> Result<Sheet> {
    on.ask(&character::object_name(id), character::Get { owner }).await
}

/// What a character of the session's account holds.
///
/// # Errors
/// SESSION_EXPIRED, NOT_YOUR_CHARACTER.
pub async fn inventory(on: &impl Platform, identity: Identity, id: CharacterId) -> Result<Inventory> {
    // The account is asked first: addressing a character that does not exist would make it.
    let owns = account::Owns { session: identity.session, character: id };
    on.ask(&account::object_name(identity.player), owns).await?;
    on.ask(&character::object_name(id), character::GetInventory { owner: identity.player }).await
}

/// Makes a character.
///
/// # Errors
/// SESSION_EXPIRED, INVALID_FIELD, NAME_RESERVED, NAME_TAKEN, TOO_MANY_CHARACTERS.
pub async fn create_character(on: &impl Platform, identity: Identity, create: CharacterCreate) -> Result<Sheet> {
    let CharacterCreate { name, race, class, faction } = create;
    check_character_name(&name)?;
    let account = account::object_name(identity.player);
    let reserve = account::ReserveCharacter { session: identity.session, name: name.clone() };
    let id = on.ask(&account, reserve).await?;
    let stats = on.draw(|entropy| roll_stats(race, class, entropy));
    let sheet = Sheet::new(id, name, race, class, faction, stats, on.now());
    match build_character(on, identity.player, &sheet).await {
        Ok(()) => Ok(sheet),
        Err(refusal) => {
            if refusal.code == ErrorCode::NameTaken {
                // Nothing was made, so the slot is freed at once and not by the alarm. So is the
                // name, which may be free itself but look like one that is taken.
                let _ = on.ask(&account, account::AbandonCharacter { character: id }).await;
                let _ = release_keys(on, &sheet.name, id).await;
                return Err(refusal.at("name"));
            }
            Err(refusal)
        }
    }
}

async fn build_character(on: &impl Platform, owner: PlayerId, sheet: &Sheet) -> Result<()> {
    let (kind, id) = (Kind::Character, sheet.id.get());
    let keys = character_keys(&sheet.name);
    for key in keys.iter().cloned() {
        on.ask(&directory::object_name(kind, &key), directory::Claim { kind, key, id, owner }).await?;
    }
    on.ask(&character::object_name(sheet.id), character::Create { owner, sheet: sheet.clone() }).await?;
    on.ask(&account::object_name(owner), account::CommitCharacter { character: sheet.id }).await?;
    for key in keys {
        on.ask(&directory::object_name(kind, &key), directory::Commit { kind, key, id }).await?;
    }
    record_id(on, owner, sheet.id).await?;
    // The character is made, whether or not this arrives: if it does not, the Character asks by
    // itself.
    let _ = on.ask(&character::object_name(sheet.id), character::Confirm { owner }).await;
    Ok(())
}

/// Enters a character's id among those that others may name. If a making was cut short before
/// that, the Character does it when it settles.
///
/// # Errors
/// INTERNAL or OVERLOADED if the Directory does not answer.
pub async fn record_id(on: &impl Platform, owner: PlayerId, character: CharacterId) -> Result<()> {
    let (kind, key) = (Kind::CharacterId, character.to_string());
    let object = directory::object_name(kind, &key);
    on.ask(&object, directory::Record { kind, key, id: character.get(), owner }).await
}

/// Whether the account of a character that was made a while ago lists it; if so, others
/// may name it from here on at the latest.
pub async fn settle(on: &impl Platform, made: &Made) -> Settlement {
    let question = account::Settle { kind: Kind::Character, key: made.name.key(), id: made.id.get() };
    match on.ask(&account::object_name(made.owner), question).await {
        Ok(Settlement::Keep) if record_id(on, made.owner, made.id).await.is_err() => Settlement::Wait,
        answer => answer.unwrap_or(Settlement::Wait),
    }
}

/// Deletes a character and frees its name.
///
/// # Errors
/// SESSION_EXPIRED, NOT_YOUR_CHARACTER, CHARACTER_ONLINE.
pub async fn delete_character(on: &impl Platform, identity: Identity, id: CharacterId) -> Result<()> {
    let account = account::object_name(identity.player);
    let name = on.ask(&account, account::BeginDelete { session: identity.session, character: id }).await?;
    let deleted = delete_offline(on, identity.player, id).await;
    match &deleted {
        Ok(()) => release_name(on, &name, id).await?,
        // Refused for certain: the character stays.
        Err(refusal) if refusal.code == ErrorCode::CharacterOnline => {}
        // It may be gone or not: the account's alarm finishes what was begun.
        Err(_) => return deleted,
    }
    on.ask(&account, account::FinishDelete { character: id, deleted: deleted.is_ok() }).await?;
    deleted
}

/// Deletes a character's record unless it is in the world. The hub that it was last heard to be
/// in is asked, since that may have crashed without saying that the character left.
async fn delete_offline(on: &impl Platform, owner: PlayerId, id: CharacterId) -> Result<()> {
    let object = character::object_name(id);
    let delete = character::Delete { owner, even_online: false };
    let refusal = match on.ask(&object, delete.clone()).await {
        Err(refusal) if refusal.code == ErrorCode::CharacterOnline => refusal,
        other => return other,
    };
    let Some(visit) = on.ask(&object, character::Whereabouts { owner }).await? else {
        // It has left meanwhile.
        return on.ask(&object, delete).await;
    };
    let holds = hub::Holds { character: id, connection: visit.connection };
    if on.ask(&hub::object_name(visit.hub), holds).await? {
        return Err(refusal);
    }
    let location = on.ask(&object, character::Get { owner }).await?.location_id;
    on.ask(&object, character::Leave { visit, location }).await?;
    on.ask(&object, delete).await
}

/// Undoes with the other objects what a crash cut short: a making or a deletion.
/// Returns whether it is done. Every step may have been done before.
pub async fn undo(on: &impl Platform, unfinished: &Unfinished) -> bool {
    let Unfinished { player, character, name } = unfinished;
    delete_offline(on, *player, *character).await.is_ok() && release_name(on, name, *character).await.is_ok()
}

pub(super) async fn release_name(on: &impl Platform, name: &CharacterName, id: CharacterId) -> Result<()> {
    release_keys(on, name, id).await?;
    release(on, Kind::CharacterId, id.to_string(), id).await
}

async fn release_keys(on: &impl Platform, name: &CharacterName, id: CharacterId) -> Result<()> {
    for key in character_keys(name) {
        release(on, Kind::Character, key, id).await?;
    }
    Ok(())
}

async fn release(on: &impl Platform, kind: Kind, key: String, id: CharacterId) -> Result<()> {
    on.ask(&directory::object_name(kind, &key), directory::Release { kind, key, id: id.get() }).await
}

/// Selects a character, and returns what is known of the session then.
///
/// # Errors
/// SESSION_EXPIRED, NOT_YOUR_CHARACTER.
pub async fn select_character(on: &impl Platform, identity: Identity, id: CharacterId) -> Result<Authenticated> {
    let select = account::SelectCharacter { session: identity.session, character: id };
    on.ask(&account::object_name(identity.player), select).await
}

/// A character that enters the world, and all that its hub has to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entrance {
    /// Its sheet.
    pub sheet: Sheet,
    /// What it is told of what is going on for it: its party, its invitations, and so on.
    pub told: Vec<Told>,
}

/// Marks a character as online in a hub. Its party knows before this is answered.
///
/// # Errors
/// NOT_YOUR_CHARACTER.
pub async fn enter(on: &impl Platform, owner: PlayerId, id: CharacterId, visit: Visit) -> Result<Entrance> {
    let entered: Entered = on.ask(&character::object_name(id), character::Enter { owner, visit }).await?;
    let told = systems::Request::introduce(on, &entered).await;
    Ok(Entrance { sheet: entered.sheet, told })
}
