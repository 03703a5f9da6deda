//! What the rows of an Account hold. Each function that writes a row gives the values of
//! its columns, in the order of its table's list of columns; the one that reads it takes
//! them in the same order.

use super::{
    logic::{Profile, Session, Slot, Stage},
    made::Made,
};
use crate::{
    effect::to_json,
    row::{Fault, Row, Value},
};
use shardlink_shared::{crypto::token::SessionId, text::CharacterName, time::Millis};

/// The columns of `profile`; the first says that there is one row.
pub const PROFILE: &str = "only, player, username, verifier, created, deleting, silenced";

/// The columns of `sessions`.
pub const SESSION: &str = "id, began, used, character, hub";

/// The columns of `used_handshakes`.
pub const HANDSHAKE: &str = "nonce, expires";

/// The columns of `known_networks`.
pub const NETWORK: &str = "mark, at";

/// The columns of `made`; the first says that there is one row.
pub const MADE: &str = "only, made";

/// The columns of `slots`.
pub const SLOT: &str = "id, name, stage, since, created";

/// A row of `profile`.
#[must_use]
pub fn profile(profile: &Profile) -> Vec<Value> {
    vec![
        Value::Int(1),
        profile.player.to_string().into(),
        to_json(&profile.username).into(),
        to_json(&profile.verifier).into(),
        profile.created.into(),
        profile.deleting.into(),
        profile.silenced.into(),
    ]
}

/// Reads a row of `profile`.
///
/// # Errors
/// It is none.
pub fn read_profile(row: &Row) -> Result<Profile, Fault> {
    Ok(Profile {
        player: row.parse(1)?,
        username: row.json(2)?,
        verifier: row.json(3)?,
        created: row.millis(4)?,
        deleting: row.optional_millis(5)?,
        silenced: row.optional_millis(6)?,
    })
}

/// A row of `sessions`.
#[must_use]
pub fn session(id: SessionId, session: &Session) -> Vec<Value> {
    vec![
        id.0.to_vec().into(),
        session.began.into(),
        session.used.into(),
        session.character.map(|character| character.to_string()).into(),
        session.hub.into(),
    ]
}

/// Reads a row of `sessions`.
///
/// # Errors
/// It is none.
pub fn read_session(row: &Row) -> Result<(SessionId, Session), Fault> {
    let session = Session {
        began: row.millis(1)?,
        used: row.millis(2)?,
        character: if row.is_null(3) { None } else { Some(row.parse(3)?) },
        hub: if row.is_null(4) { None } else { Some(row.number(4)? as u32) },
    };
    Ok((SessionId(row.bytes(0, "a session's id")?), session))
}

/// A row of `slots`.
#[must_use]
pub fn slot(slot: &Slot) -> Vec<Value> {
    let (stage, since) = match slot.stage {
        Stage::Creating(since) => ("creating", since),
        Stage::Active => ("active", slot.created),
        Stage::Deleting(since) => ("deleting", since),
    };
    vec![slot.id.to_string().into(), slot.name.as_str().into(), stage.into(), since.into(), slot.created.into()]
}

/// Reads a row of `slots`.
///
/// # Errors
/// It is none.
pub fn read_slot(row: &Row) -> Result<Slot, Fault> {
    let since = row.millis(3)?;
    Ok(Slot {
        id: row.parse(0)?,
        name: CharacterName::parse(&row.text(1)?).map_err(|error| Fault(format!("a name {error}")))?,
        stage: match row.text(2)?.as_str() {
            "creating" => Stage::Creating(since),
            "active" => Stage::Active,
            "deleting" => Stage::Deleting(since),
            other => return Err(Fault(format!("no stage of a character: {other}"))),
        },
        created: row.millis(4)?,
    })
}

/// A row of `used_handshakes`.
#[must_use]
pub fn handshake(nonce: [u8; 8], expires: Millis) -> Vec<Value> {
    vec![nonce.to_vec().into(), expires.into()]
}

/// Reads a row of `used_handshakes`.
///
/// # Errors
/// It is none.
pub fn read_handshake(row: &Row) -> Result<([u8; 8], Millis), Fault> {
    Ok((row.bytes(0, "a handshake's nonce")?, row.millis(1)?))
}

/// A row of `known_networks`.
#[must_use]
pub fn network(mark: [u8; 16], at: Millis) -> Vec<Value> {
    vec![mark.to_vec().into(), at.into()]
}

/// Reads a row of `known_networks`.
///
/// # Errors
/// It is none.
pub fn read_network(row: &Row) -> Result<([u8; 16], Millis), Fault> {
    Ok((row.bytes(0, "a network's mark")?, row.millis(1)?))
}

/// The row of `made`.
#[must_use]
pub fn made(made: &Made) -> Vec<Value> {
    vec![Value::Int(1), to_json(made).into()]
}

/// Reads the row of `made`.
///
/// # Errors
/// It is none.
pub fn read_made(row: &Row) -> Result<Made, Fault> {
    row.json(1)
}
