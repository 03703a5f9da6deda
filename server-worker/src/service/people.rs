//! Who acts, and who is meant: characters that others may name.

use super::{Platform, Result};
use crate::calls::{
    character,
    directory::{self, Kind, Named},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::{CharacterId, PlayerId},
    text::CharacterName,
};

/// Who acts: a character, for its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Whose it is.
    pub owner: PlayerId,
    /// The character.
    pub character: CharacterId,
}

/// What others may know of a character, by its id. Only a character that the Directory knows is
/// asked.
///
/// # Errors
/// NOT_FOUND.
pub async fn find(on: &impl Platform, character: CharacterId) -> Result<character::Found> {
    owner_of(on, character).await?;
    on.ask(&character::object_name(character), character::Find {}).await
}

/// The account that a character belongs to.
///
/// # Errors
/// NOT_FOUND.
pub async fn owner_of(on: &impl Platform, character: CharacterId) -> Result<PlayerId> {
    let (kind, key) = (Kind::CharacterId, character.to_string());
    let named = on.ask(&directory::object_name(kind, &key), directory::Find { kind, key: key.clone() }).await?;
    named.map(|named| named.owner).ok_or_else(no_character)
}

/// The character that has a name.
///
/// # Errors
/// NOT_FOUND.
pub async fn find_by_name(on: &impl Platform, name: &CharacterName) -> Result<CharacterId> {
    let (kind, key) = (Kind::Character, name.key());
    let named = on.ask(&directory::object_name(kind, &key), directory::Find { kind, key: key.clone() }).await?;
    let id = named.and_then(|named: Named| CharacterId::new(named.id));
    id.ok_or_else(no_character)
}

fn no_character() -> Refusal {
    Refusal::new(ErrorCode::NotFound).saying("There is no such character.")
}
